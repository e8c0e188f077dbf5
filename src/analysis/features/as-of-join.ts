/**
 * What was known of a channel at each moment: the value of the newest time among the rows available by then, and its
 * change from the time before it (a difference; of open interest the logarithm of the ratio), both as published by then.
 * Nothing is filled: a moment before the first row, or one at which the newest value has reached the channel's `maxAge`,
 * has NaN.
 *
 * Method: rows in order of availability, two memories (newest time, the one before), one pass over both lists. A
 * revision replaces the remembered value of its time and leaves its age as it was.
 */
import type { Channel } from './channel.js';

/**
 * Newest known value of a channel and its change, one of each per moment asked for, in the channel's unit.
 */
export interface KnownValues {
  /** NaN where nothing, or nothing fresh, was known. */
  readonly level: Float64Array;
  /** Against the value of the time before it. */
  readonly change: Float64Array;
}

/** @param moments UTC ms, not decreasing */
export function joinAsOf(channel: Channel, moments: Float64Array): KnownValues {
  const { kind, time, availableAt, value, maxAge } = channel;
  const level = new Float64Array(moments.length).fill(Number.NaN);
  const change = new Float64Array(moments.length).fill(Number.NaN);
  const order = byAvailability(availableAt);
  let next = 0;
  let newest = Number.NaN;
  let newestTime = Number.NEGATIVE_INFINITY;
  let since = Number.NEGATIVE_INFINITY;
  let before = Number.NaN;
  let beforeTime = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < moments.length; row++) {
    const moment = moments[row]!;
    for (; next < order.length && availableAt[order[next]!]! <= moment; next++) {
      const at = order[next]!;
      const speaksOf = time[at]!;
      if (speaksOf > newestTime) {
        before = newest;
        beforeTime = newestTime;
        newest = value[at]!;
        newestTime = speaksOf;
        since = availableAt[at]!;
      } else if (speaksOf === newestTime) newest = value[at]!;
      else if (speaksOf >= beforeTime) {
        before = value[at]!;
        beforeTime = speaksOf;
      }
    }
    if (!(moment - since < maxAge)) continue;
    level[row] = newest;
    change[row] = kind === 'open_interest' ? Math.log(newest / before) : newest - before;
  }
  return { level, change };
}

/** Row numbers by availability; equal ones keep their order. */
function byAvailability(availableAt: Float64Array): ArrayLike<number> {
  const order = Uint32Array.from(availableAt.keys());
  const isSorted = availableAt.every((at, row) => row === 0 || at >= availableAt[row - 1]!);
  return isSorted ? order : order.sort((a, b) => availableAt[a]! - availableAt[b]! || a - b);
}
