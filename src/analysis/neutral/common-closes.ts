/** Closes of several assets on the days that all of them have: what correlations and betas compare. */
import type { PanelView } from './alt-universe.js';

export interface CommonCloses {
  /** Days found. */
  readonly count: number;
  /** One array per asset, the first `count` values oldest first. */
  readonly closes: readonly Float64Array[];
}

/**
 * The latest days up to day index t, at most `most` of them and none before index `earliest`, on which every asset has a
 * price. Asset indices must be of the panel.
 */
export function commonCloses(
  { panel, from }: PanelView,
  assets: readonly number[],
  t: number,
  most: number,
  earliest = from,
): CommonCloses {
  const days = panel.days.length;
  const { close } = panel;
  const first = Math.max(from, earliest);
  const found = new Int32Array(most);
  let count = 0;
  for (let at = t; at >= first && count < most; at -= 1) {
    let isCommon = true;
    for (let i = 0; i < assets.length && isCommon; i += 1) {
      isCommon = !Number.isNaN(close[assets[i]! * days + at]);
    }
    if (isCommon) found[count++] = at;
  }
  const closes = assets.map((a) => {
    const values = new Float64Array(count);
    for (let i = 0; i < count; i += 1) values[i] = close[a * days + found[count - 1 - i]!]!;
    return values;
  });
  return { count, closes };
}
