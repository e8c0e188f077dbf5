/** Closes of several assets on the days that all of them have: what correlations and betas compare. */
import type { PanelView } from './alt-universe.js';

/**
 * The latest days up to day index t, at most `most` of them and none before index `earliest`, on which every asset has a
 * price: day indices, ascending. Asset indices must be of the panel.
 */
export function commonDays(
  { panel, from }: PanelView,
  assets: readonly number[],
  t: number,
  most: number,
  earliest = from,
): Int32Array {
  const days = panel.days.length;
  const { close } = panel;
  const first = Math.max(from, earliest);
  const found = new Int32Array(most);
  // filled from the end
  let next = most;
  for (let at = t; at >= first && next > 0; at -= 1) {
    let isCommon = true;
    for (let i = 0; i < assets.length && isCommon; i += 1) {
      isCommon = !Number.isNaN(close[assets[i]! * days + at]);
    }
    if (isCommon) found[--next] = at;
  }
  return found.subarray(next);
}

/** A result for days that is kept until other days are asked for: the alts of one day mostly share theirs. */
export function onSameDays<Result>(make: (at: Int32Array) => Result): (at: Int32Array) => Result {
  let known: { readonly at: Int32Array; readonly result: Result } | undefined;
  return (at) => {
    if (known === undefined || !areEqual(known.at, at)) known = { at, result: make(at) };
    return known.result;
  };
}

function areEqual(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
