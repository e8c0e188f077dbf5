/**
 * `doctor --venue`: whether an exchange answers, how far this clock is from its own, and what may be asked of it. One
 * request each, of the venue's time; nothing is tried twice, so that the answer is here within five seconds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { EXCHANGES, type ExchangeId, Venues } from '../../data/venues/open-venues.js';
import type { BucketLimit } from '../../data/venues/rate-budget.js';
import type { Clock } from '../../market/clock.js';
import type { Config } from '../../platform/config-schema.js';
import { parseChoice } from './flags.js';

export interface VenueCheck {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly message: string;
  readonly venue: string;
  readonly reachable: boolean;
  /** Until the answer was there, ms. */
  readonly answer_ms: number;
  /** The venue's clock minus this one; null where it does not answer. */
  readonly skew_ms: number | null;
  /** How far the skew may be off: half the way there and back, and a second where the venue counts in seconds. */
  readonly skew_error_ms: number | null;
  /** Of each group of endpoints, what this product asks at most: 80 % of what the venue documents. */
  readonly limits: readonly { readonly group: string; readonly weight: number; readonly per_ms: number }[];
}

const ANSWER_MS = 5_000;
const SKEW_OK_MS = 1_000;
const SKEW_FAIL_MS = 5_000;

/** @throws TidewatchError `bad_parameter` when there is no such exchange */
export function venuesNamed(name: string): readonly ExchangeId[] {
  const chosen = parseChoice(name, '--venue', ['all', ...EXCHANGES]);
  return chosen === 'all' ? EXCHANGES : [chosen];
}

export function checkVenues(
  ids: readonly ExchangeId[],
  settings: Config['venues'],
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly VenueCheck[]> {
  const hasty = Object.fromEntries(
    ids.map((id) => [id, { ...settings[id], tries: 1, timeout_ms: ANSWER_MS }]),
  );
  const venues = new Venues({ settings: hasty });
  return Promise.all(ids.map((id) => checkVenue(id, venues, clock, signal)));
}

async function checkVenue(
  id: ExchangeId,
  venues: Venues,
  clock: Clock,
  signal: AbortSignal,
): Promise<VenueCheck> {
  const limits = Object.entries(venues.limitsOf(id));
  const base = {
    name: `venue ${id}`,
    venue: id,
    limits: limits.map(([group, { weight, perMs }]) => ({ group, weight, per_ms: perMs })),
  };
  const asked = clock.now();
  const over = new AbortController();
  try {
    const theirs = await Promise.race([
      venues.of(id).serverTime(AbortSignal.any([signal, over.signal])),
      sleep(ANSWER_MS, undefined, { signal: over.signal, ref: false }).then(() => {
        throw new Error(`${id} · no answer within ${ANSWER_MS / 1000} s`);
      }),
    ]);
    const answered = clock.now();
    // a clock that counts in seconds has cut off half a second in the mean
    const cut = theirs % 1000 === 0 ? 500 : 0;
    const skew_ms = Math.round(theirs + cut - (asked + answered) / 2);
    const skew_error_ms = Math.ceil((answered - asked) / 2) + cut;
    const off = Math.abs(skew_ms) - skew_error_ms;
    const status = off > SKEW_FAIL_MS ? 'fail' : off >= SKEW_OK_MS ? 'warn' : 'ok';
    const remedy = status === 'ok' ? '' : ' · set the clock of this machine';
    const clocks = `clock ${Math.abs(skew_ms)} ms off (±${skew_error_ms})`;
    return {
      ...base,
      status,
      message: `${id} answers in ${answered - asked} ms, ${clocks}, at most ${limitText(limits)}${remedy}`,
      reachable: true,
      answer_ms: answered - asked,
      skew_ms,
      skew_error_ms,
    };
  } catch (error) {
    signal.throwIfAborted();
    return {
      ...base,
      status: 'fail',
      message: error instanceof Error ? error.message : String(error),
      reachable: false,
      answer_ms: clock.now() - asked,
      skew_ms: null,
      skew_error_ms: null,
    };
  } finally {
    over.abort();
  }
}

/** Weight per minute of the general group, which most endpoints are of. */
function limitText(limits: readonly (readonly [string, BucketLimit])[]): string {
  const { weight, perMs } = limits.find(([group]) => group === 'default')![1];
  return `weight ${Math.round((weight * 60_000) / perMs)} a minute`;
}
