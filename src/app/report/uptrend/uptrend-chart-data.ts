/**
 * What the uptrend chart's script receives: every bar of the run as integer columns in short text, and the levels in
 * force at the last bar. Pure. About 30 bytes a bar.
 */
import { TRACE_EMAS, TRACE_SCORES } from '../../../backtest/uptrend-trace.js';
import { TIMEFRAME_MS } from '../../../market/timeframe.js';
import type { UptrendRun } from '../../uptrend/uptrend-service.js';
import { encodeIntegers, priceDecimals } from '../column-encoding.js';
import { ladder } from '../level-of-detail.js';
import type { UptrendChartData } from './chart-shape.js';
import { levelLinesOf } from './level-lines-of.js';

/** Scores are thousandths; this stands for none. */
const NO_SCORE = -1;

export function uptrendChartData(
  run: UptrendRun,
  thresholds: UptrendChartData['thresholds'],
): UptrendChartData {
  const { series, trace, simulated } = run;
  const rows = trace.length;
  const bars = (column: Float64Array): Float64Array =>
    Float64Array.from({ length: rows }, (_, at) => column[trace.row[at]!]!);
  const high = bars(series.high);
  const decimals = Math.max(1, priceDecimals(high));
  const prices = (column: Float64Array): Float64Array =>
    bars(column).map((value) => Math.round(value * 10 ** decimals));
  const [opens, highs, lows, closes] = [series.open, series.high, series.low, series.close].map(prices) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const time = bars(series.time);
  const barLength = TIMEFRAME_MS[series.timeframe];
  const score = (column: Float64Array): string =>
    encodeIntegers(
      differences(
        column.subarray(0, rows).map((value) => (Number.isNaN(value) ? NO_SCORE : Math.round(value * 1000))),
      ),
    );
  return {
    rows,
    decimals,
    buckets: ladder(barLength, time[rows - 1]! - time[0]! + barLength),
    columns: {
      time: encodeIntegers(differences(differences(time.map((ms) => ms / 1000)))),
      open: encodeIntegers(opens.map((value, at) => (at === 0 ? value : value - closes[at - 1]!))),
      close: encodeIntegers(closes.map((value, at) => value - opens[at]!)),
      high: encodeIntegers(highs.map((value, at) => value - Math.max(opens[at]!, closes[at]!))),
      low: encodeIntegers(lows.map((value, at) => Math.min(opens[at]!, closes[at]!) - value)),
      state: encodeIntegers(differences(Float64Array.from(trace.state.subarray(0, rows)))),
      flags: encodeIntegers(differences(Float64Array.from(trace.flags.subarray(0, rows)))),
      ...Object.fromEntries(
        TRACE_EMAS.map((name) => [
          name,
          encodeIntegers(
            differences(
              differences(
                trace.numbers[name]
                  .subarray(0, rows)
                  .map((value) => Math.round(value * 10 ** (decimals - 1))),
              ),
            ),
          ),
        ]),
      ),
      ...Object.fromEntries(TRACE_SCORES.map((name) => [name, score(trace.numbers[name])])),
      ...(simulated === null
        ? {}
        : {
            equity: encodeIntegers(differences(simulated.equity.map((value) => Math.round(value * 10_000)))),
          }),
    },
    levels: levelLinesOf(run.levels),
    thresholds,
  };
}

function differences(values: Float64Array): Float64Array {
  return values.map((value, at) => (at === 0 ? value : value - values[at - 1]!));
}
