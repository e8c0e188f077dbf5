/** Facts of a payload that tables show, whatever its state. */
import type { UptrendPayload } from '../../analysis/uptrend/payload.js';
import { UPTREND_FLAGS, type UptrendFlag } from '../../backtest/uptrend-trace.js';

/** The flags that are set, in the order of the product's lists. */
export function flagsOf(payload: UptrendPayload): UptrendFlag[] {
  return UPTREND_FLAGS.filter((flag) => payload[flag] === true);
}

/** Trend strength with the boost of levels, from the scores or from the check of the bar; null where none was made. */
export function trendStrengthOf({ scores, diagnostics }: UptrendPayload): number | null {
  const check = diagnostics?.buy_check ?? diagnostics?.s2_retest_check;
  return scores?.ts_with_boost ?? check?.ts_with_boost ?? null;
}
