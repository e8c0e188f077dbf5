/** What the uptrend engine marks on bars, for a chart: all of it, one by one or counted. */
import type { z } from 'zod';
import { UPTREND_MARKERS, type UptrendDigest } from '../../analysis/uptrend/uptrend-digest.js';
import { lowerBound } from '../../market/series.js';
import { MOST_POINTS } from './series-schemas.js';
import type { uptrendSeriesAnswer } from './uptrend-schemas.js';

type Markers = z.infer<typeof uptrendSeriesAnswer>['uptrend']['markers'];

/** Everything marked in [from, to); one entry per row and kind, with a count, when there is too much. */
export function markersWithin(
  { markers }: UptrendDigest,
  times: Float64Array,
  from: number,
  to: number,
): Markers {
  const time = markers.time.subarray(0, markers.length);
  const first = lowerBound(time, from);
  const end = lowerBound(time, to);
  const exact = end - first <= MOST_POINTS;
  const list: Markers = {
    exact,
    kinds: [...UPTREND_MARKERS],
    ts: [],
    kind: [],
    state: [],
    price: [],
    value: [],
    count: [],
  };
  /** Entry of each kind in the present row. */
  const entries = new Int32Array(UPTREND_MARKERS.length);
  let row = -1;
  for (let at = first; at < end; at += 1) {
    const kind = markers.kind[at]!;
    if (!exact) {
      const before = row;
      while (row + 1 < times.length && times[row + 1]! <= time[at]!) row += 1;
      if (row !== before) entries.fill(-1);
      const entry = entries[kind]!;
      if (entry >= 0) {
        list.count[entry]! += 1;
        const value = markers.value[at]!;
        if (value > (list.value[entry] ?? Number.POSITIVE_INFINITY)) list.value[entry] = value;
        continue;
      }
      entries[kind] = list.ts.length;
    }
    list.ts.push(time[at]!);
    list.kind.push(kind);
    list.state.push(markers.state[at]!);
    list.price.push(markers.price[at]!);
    list.value.push(Number.isNaN(markers.value[at]!) ? null : markers.value[at]!);
    list.count.push(1);
  }
  return list;
}
