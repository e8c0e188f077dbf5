/** What the uptrend chart's script receives: integer columns as short text, markers, levels. Pure. */

import type { Level } from '../../../analysis/uptrend/levels.js';
import { UPTREND_STATES } from '../../../analysis/uptrend/payload-schema.js';
import { TRACE_EMAS, type UptrendTrace } from '../../../backtest/uptrend-trace.js';
import { TIMEFRAME_MS } from '../../../market/timeframe.js';
import type { UptrendRun } from '../../uptrend/uptrend-service.js';
import { encodeIntegers } from '../column-encoding.js';
import type { LevelLine, SignalKind, UptrendChartData } from './chart-shape.js';

/** Bars drawn one by one; older ones are left out of the picture, not of the numbers. */
export const CHART_ROWS = 12_000;
const SHOWN_LEVELS = 10;
/** Scores are thousandths; this stands for none. */
const NO_SCORE = -1;
const MERGE_GAP = 6;

export function uptrendChartData(
  symbol: string,
  { series, trace, levels, simulated }: UptrendRun,
  thresholds: UptrendChartData['thresholds'],
): UptrendChartData {
  const omitted = Math.max(0, trace.length - CHART_ROWS);
  const rows = trace.length - omitted;
  const price = (column: Float64Array) => (at: number) => column[trace.row[omitted + at]!]!;
  let highest = 0;
  for (let at = 0; at < rows; at++) highest = Math.max(highest, price(series.high)(at));
  const decimals = Math.min(15, Math.max(0, 6 - Math.floor(Math.log10(highest))));
  const scale = 10 ** decimals;
  const encoded = (of: (at: number) => number): string => {
    let before = 0;
    return encodeIntegers(
      Array.from({ length: rows }, (_, at) => {
        const value = of(at);
        const difference = value - before;
        before = value;
        return difference;
      }),
    );
  };
  const prices = (of: (at: number) => number): string => encoded((at) => Math.round(of(at) * scale));
  const score = (column: Float64Array): string =>
    encoded((at) => {
      const value = column[omitted + at]!;
      return Number.isNaN(value) ? NO_SCORE : Math.round(value * 1000);
    });
  const { numbers } = trace;
  return {
    symbol,
    barLength: TIMEFRAME_MS[series.timeframe],
    rows,
    decimals,
    omitted,
    columns: {
      time: encoded((at) => price(series.time)(at) / 1000),
      open: prices(price(series.open)),
      high: prices(price(series.high)),
      low: prices(price(series.low)),
      close: prices(price(series.close)),
      state: encoded((at) => trace.state[omitted + at]!),
      flags: encoded((at) => trace.flags[omitted + at]!),
      ...Object.fromEntries(TRACE_EMAS.map((name) => [name, prices((at) => numbers[name][omitted + at]!)])),
      ox: score(numbers.ox),
      dx: score(numbers.dx),
      edx: score(numbers.edx),
      ts: score(numbers.ts),
      entry_ts: score(numbers.entry_ts),
      ...(simulated === null
        ? {}
        : { equity: encoded((at) => Math.round(simulated.equity[omitted + at]! * 10_000)) }),
    },
    markers: markersOf(trace, omitted),
    levels: levelLinesOf(levels),
    thresholds,
  };
}

/** One marker a bar: exit over emergency over reclaim over trim over buy; runs of the same are one with its count. */
export function markersOf(trace: UptrendTrace, from = 0): UptrendChartData['markers'] {
  const markers: UptrendChartData['markers'] = [];
  const lastOf = new Map<SignalKind, { marker: UptrendChartData['markers'][number]; at: number }>();
  for (let at = from; at < trace.length; at++) {
    const kind = signalAt(trace, at);
    if (kind === null) continue;
    const known = lastOf.get(kind);
    const row = at - from;
    if (known && row - known.at <= MERGE_GAP && known.marker[3] === trace.state[at] && kind !== 'exit') {
      known.marker[2] += 1;
      known.at = row;
      continue;
    }
    const marker: UptrendChartData['markers'][number] = [row, kind, 1, trace.state[at]!];
    markers.push(marker);
    lastOf.set(kind, { marker, at: row });
  }
  return markers;
}

const DOWNTREND = UPTREND_STATES.indexOf('S0');

function signalAt(trace: UptrendTrace, at: number): SignalKind | null {
  if (trace.has(at, 'exit_position') && at > 0 && trace.state[at - 1] !== DOWNTREND) return 'exit';
  if (trace.has(at, 'emergency_exit')) {
    return at > 0 && trace.has(at - 1, 'emergency_exit') ? null : 'emergency';
  }
  if (trace.has(at, 'reclaimed_ema333')) return 'reclaim';
  if (trace.has(at, 'trim_flag')) return 'trim';
  if (trace.has(at, 'first_dip_buy_flag')) return 'dip';
  return trace.has(at, 'buy_signal') || trace.has(at, 'buy_flag') ? 'buy' : null;
}

/** The ten strongest, highest price first; levels of equal price share a line. */
function levelLinesOf(levels: readonly Level[]): LevelLine[] {
  const strongest = [...levels].sort((a, b) => b.strength - a.strength).slice(0, SHOWN_LEVELS);
  const lines: LevelLine[] = [];
  for (const level of strongest.sort((a, b) => b.price - a.price)) {
    const name =
      level.fib_level === undefined ? (level.source ?? 'S/R') : `fib ${level.fib_level.replace('%', '')}`;
    const label = `${name} · ${level.strength}`;
    const same = lines.at(-1);
    if (same && Math.abs(same.price - level.price) <= 1e-9 * level.price) same.label += `  ${label}`;
    else lines.push({ price: level.price, label });
  }
  return lines;
}
