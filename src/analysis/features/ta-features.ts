/**
 * The uptrend engine's TA record as a feature set: one column per field of `TaRecord`, a row per bar from the
 * timeframe's minimum of bars on (spec uptrend-engine §1.3). Gaps split segments but drop no row: nothing in the record
 * is a difference across two bars only.
 */
import { UptrendTa } from '../uptrend/ta.js';
import { TA_LINES } from '../uptrend/ta-record.js';
import { type FeatureCursor, type FeatureSet, featureSetOf } from './feature-set.js';
import type { Market } from './feature-table.js';

const WINDOW = 1000;

function taCursor({ timeframe }: Market): FeatureCursor {
  const ta = new UptrendTa(timeframe, { window: WINDOW });
  const values = (): Float64Array => Float64Array.from(TA_LINES, (line) => ta.line(line));
  return {
    next: (bar) => {
      ta.next(bar);
      return values();
    },
    replaceLast: (bar) => {
      ta.replaceLast(bar);
      return values();
    },
    snapshot: () => ta.snapshot(),
    restore: (snapshot) => ta.restore(snapshot),
  };
}

/** The feature set `ta`. */
export function taFeatureSet(): FeatureSet {
  return featureSetOf({
    name: 'ta',
    features: TA_LINES.map((name) => ({ name, warmUp: WINDOW, availability: 'bar_close' })),
    needs: [],
    compute: ({ bars }) => {
      const columns = new UptrendTa(bars.timeframe, { window: WINDOW }).batch(bars);
      return TA_LINES.map((line) => columns[line]);
    },
    cursor: taCursor,
  });
}
