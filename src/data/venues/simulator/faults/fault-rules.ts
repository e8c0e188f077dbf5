/**
 * Which faults a run injects, as data: aimed at a venue, endpoint or symbol, by chance or at named requests. The text
 * form is what the command line and a failing test's replay line carry:
 *
 *   mix=0.05                          every kind, 5 % of what it can meet shared among the kinds
 *   rate_limited=0.1,empty_page=0.02  kinds with their rates
 *   late_bar@bybit/bars=0.3           only at this venue and endpoint (either may be `*`)
 *   reset_mid_body#2+5                the second and the fifth request that it can meet
 *   ip_banned:30000#1                 with its `ms` (or `rows`) set
 */
import { TidewatchError } from '../../../../errors.js';
import { ENDPOINTS, type Endpoint, VENUE_IDS, type VenueId } from '../venue-ids.js';
import { FAULT_KINDS, type FaultKind, faultShape } from './fault-catalogue.js';

/** When a fault is injected, and where. */
export interface FaultRule {
  readonly kind: FaultKind;
  /** Every venue, endpoint and symbol that the kind can meet when left out. */
  readonly venue?: VenueId;
  readonly endpoint?: Endpoint;
  /** The venue's own spelling. */
  readonly symbol?: string;
  /** Chance per request, bar, frame, connection or tick; 1 when left out. */
  readonly rate?: number;
  /** Instead of chance: the n-th things that match, counted from 1. */
  readonly at?: readonly number[];
  /** Fires at most this often. */
  readonly times?: number;
  /** Virtual time from which, and before which, it may fire. */
  readonly from?: number;
  readonly until?: number;
  /** Size of the fault in time or rows; that of the catalogue when left out. */
  readonly ms?: number;
  readonly rows?: number;
}

/** Kinds that end a client's attempt for good when they repeat: left out of random mixes. */
const NEVER_IN_A_MIX: readonly FaultKind[] = ['region_blocked', 'forbidden', 'funding_interval_change'];

/** Every kind with an equal share of `rate`, so that about this share of requests meets some fault. */
export function mixedFaults(
  rate: number,
  options: { readonly without?: readonly FaultKind[] } = {},
): readonly FaultRule[] {
  const left = FAULT_KINDS.filter(
    (kind) => !NEVER_IN_A_MIX.includes(kind) && !options.without?.includes(kind),
  );
  const share = (kind: FaultKind): number => {
    const { layer } = faultShape(kind);
    return rate / left.filter((other) => faultShape(other).layer === layer).length;
  };
  return left.map((kind) => ({ kind, rate: share(kind) }));
}

/** @throws TidewatchError `bad_parameter` */
export function parseFaults(text: string): readonly FaultRule[] {
  if (text === '' || text === 'none') return [];
  return text.split(',').flatMap((part) => {
    const mix = /^mix=(.+)$/.exec(part);
    return mix ? mixedFaults(rateOf(mix[1]!, part)) : [parseRule(part)];
  });
}

function parseRule(part: string): FaultRule {
  const match = /^(\w+)(?::(-?\d+))?(?:@([\w*]+)(?:\/([\w*]+))?)?(?:=([\d.]+)|#([\d+]+))?$/.exec(part);
  const [, name, setting, venue, endpoint, rate, at] = match ?? [];
  const kind = FAULT_KINDS.find((each) => each === name);
  if (!kind) throw bad(part, `"${name ?? part}" is no kind of fault`, `use one of ${FAULT_KINDS.join(' ')}`);
  const known = <T extends string>(given: string | undefined, all: readonly T[]): T | undefined => {
    if (given === undefined || given === '*') return undefined;
    const found = all.find((each) => each === given);
    if (!found) throw bad(part, `"${given}" is unknown`, `use one of ${all.join(' ')}, or *`);
    return found;
  };
  const at1 = known(venue, VENUE_IDS);
  const on = known(endpoint, ENDPOINTS);
  return {
    kind,
    ...(at1 === undefined ? {} : { venue: at1 }),
    ...(on === undefined ? {} : { endpoint: on }),
    ...(rate === undefined ? {} : { rate: rateOf(rate, part) }),
    ...(at === undefined ? {} : { at: at.split('+').map(Number) }),
    ...(setting === undefined
      ? {}
      : faultShape(kind).rows === undefined
        ? { ms: Number(setting) }
        : { rows: Number(setting) }),
  };
}

function rateOf(text: string, part: string): number {
  const rate = Number(text);
  if (rate > 0 && rate <= 1) return rate;
  throw bad(part, `the rate "${text}" is not above 0 and at most 1`, 'write a share such as 0.05');
}

function bad(part: string, why: string, hint: string): TidewatchError {
  return new TidewatchError('bad_parameter', `the fault "${part}" cannot be read: ${why}`, {
    hint,
    details: { part },
  });
}
