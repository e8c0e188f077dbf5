/**
 * Where funding changes its unit: an exchange's rate is a fraction per interval, and a feed that turns to percent makes
 * every rate a hundred times larger (in the study's daily table from 2026-01-13 on). A block of events whose typical rate
 * is twenty times that of the events before it is such a break.
 *
 * Known limits: fewer than ten new events cannot tell a break of the unit from a wild day; they are stored with a warning.
 */
import { TidewatchError } from '../../errors.js';
import { upperMedian } from '../upper-median.js';
import type { FundingEvent } from '../venues/venue.js';

/** Typical size of a fraction per interval that no market has held for long. */
const WILD_RATE = 0.001;
/** Below this a market only wakes up from a quiet time. */
const LEAST_BROKEN = 0.0002;
const BLOCK_EVENTS = 15;
const BREAK_FACTOR = 20;
/** Events from which on there is something to compare with. */
export const ENOUGH_EVENTS = 10;
/** Sizes that are kept to compare with. */
export const MEMORY_EVENTS = 90;

/** Position of the first event of a block that is in another unit than the events before it; −1 for none. */
export function firstBroken(events: readonly FundingEvent[], memory: readonly number[]): number {
  const before = [...memory];
  for (let at = 0; at < events.length; at += BLOCK_EVENTS) {
    const sizes = events.slice(at, at + BLOCK_EVENTS).map(({ rate }) => Math.abs(rate));
    const typical = upperMedian(sizes);
    const usual = before.length >= ENOUGH_EVENTS ? upperMedian(before.slice(-MEMORY_EVENTS)) : undefined;
    if (usual === undefined ? typical > WILD_RATE : typical > Math.max(LEAST_BROKEN, BREAK_FACTOR * usual)) {
      return at;
    }
    before.push(...sizes);
  }
  return -1;
}

/**
 * @param warnings takes a warning where the events are too few to tell
 * @throws TidewatchError `implausible_value`
 */
export function refuseUnit(
  venue: string,
  instrument: string,
  events: readonly FundingEvent[],
  warnings: { code: string; message: string }[],
): void {
  if (events.length === 0) return;
  const typical = upperMedian(events.map(({ rate }) => Math.abs(rate)));
  const first = new Date(events[0]!.ts).toISOString();
  const last = new Date(events.at(-1)!.ts).toISOString();
  const what = `funding of ${instrument} from ${first} to ${last} is typically ${typical}`;
  if (events.length < ENOUGH_EVENTS) {
    warnings.push({
      code: 'implausible_value',
      message: `${what}, far above what came before; stored as it is`,
    });
    return;
  }
  throw new TidewatchError('implausible_value', `${what} · these are no fractions per interval`, {
    hint: `${venue} may have turned to percent; nothing of these days was stored`,
    details: { venue, instrument, from: events[0]!.ts, to: events.at(-1)!.ts, typical },
  });
}
