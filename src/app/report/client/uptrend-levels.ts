/**
 * The bars of the uptrend chart one by one, and in buckets: open first, high max, low min, averages and equity last,
 * scores mean, flags any, state that of most bars. No DOM.
 */
import { openOfBucket } from '../bucket-open.js';
import type { UptrendChartData } from '../uptrend/chart-shape.js';
import { decodeIntegers } from './decode-columns.js';
import type { TimedRows } from './range-choice.js';

export interface UptrendLevel extends TimedRows {
  /** ms */
  readonly bucket: number;
  /** First bar of every row. */
  readonly firstBar: Int32Array;
  /** Prices in quote currency, scores 0..1 and NaN where there is none, equity 1 at the start. */
  readonly columns: Readonly<Record<string, Float64Array>>;
}

const AVERAGED_COLUMNS = ['ox', 'dx', 'edx', 'ts'];
const EMA_COLUMNS = ['ema20', 'ema30', 'ema60', 'ema144', 'ema250', 'ema333'];
const STATE_COUNT = 5;

function summed(values: Float64Array): Float64Array {
  for (let row = 1; row < values.length; row += 1) values[row]! += values[row - 1]!;
  return values;
}

/** Every bar one by one. */
export function decodeBars(data: UptrendChartData): UptrendLevel {
  const { rows, decimals } = data;
  const raw = (name: string): Float64Array => decodeIntegers(data.columns[name]!, rows);
  const [open, high, low, close] = ['open', 'high', 'low', 'close'].map(raw) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let row = 0; row < rows; row += 1) {
    if (row > 0) open[row]! += close[row - 1]!;
    close[row]! += open[row]!;
    high[row]! += Math.max(open[row]!, close[row]!);
    low[row] = Math.min(open[row]!, close[row]!) - low[row]!;
  }
  const scaled = (values: Float64Array, digits: number): Float64Array => {
    const unit = 10 ** digits;
    return values.map((value) => value / unit);
  };
  const score = (name: string): Float64Array =>
    summed(raw(name)).map((value) => (value < 0 ? Number.NaN : value / 1000));
  return {
    bucket: data.buckets[0]!,
    rows,
    time: summed(summed(raw('time'))),
    firstBar: Int32Array.from({ length: rows }, (_, row) => row),
    columns: {
      open: scaled(open, decimals),
      high: scaled(high, decimals),
      low: scaled(low, decimals),
      close: scaled(close, decimals),
      state: summed(raw('state')),
      flags: summed(raw('flags')),
      ...Object.fromEntries(
        EMA_COLUMNS.map((name) => [name, scaled(summed(summed(raw(name))), decimals - 1)]),
      ),
      ...Object.fromEntries([...AVERAGED_COLUMNS, 'entry_ts'].map((name) => [name, score(name)])),
      ...(data.columns.equity === undefined ? {} : { equity: scaled(summed(raw('equity')), 4) }),
    },
  };
}

/** @param bucket ms, a multiple of the bar */
export function bucketBars(bars: UptrendLevel, bucket: number): UptrendLevel {
  const starts: number[] = [];
  let open = Number.NEGATIVE_INFINITY;
  for (let bar = 0; bar < bars.rows; bar += 1) {
    const of = openOfBucket(bars.time[bar]! * 1000, bucket);
    if (of === open) continue;
    open = of;
    starts.push(bar);
  }
  const rows = starts.length;
  const endOf = (row: number): number => (row + 1 < rows ? starts[row + 1]! : bars.rows);
  const columns = Object.entries(bars.columns).map(([name, values]) => {
    const take = ruleOf(name);
    return [name, Float64Array.from(starts, (from, row) => take(values, from, endOf(row)))] as const;
  });
  return {
    bucket,
    rows,
    time: Float64Array.from(starts, (bar) => openOfBucket(bars.time[bar]! * 1000, bucket) / 1000),
    firstBar: Int32Array.from(starts),
    columns: Object.fromEntries(columns),
  };
}

function ruleOf(name: string): (values: Float64Array, from: number, to: number) => number {
  if (name === 'open') return (values, from) => values[from]!;
  if (name === 'state') return mostCommon;
  if (name === 'low') return folded(Math.min);
  // a score that is missing loses against any other
  if (name === 'high' || name === 'entry_ts') return folded((a, b) => (a >= b || Number.isNaN(b) ? a : b));
  if (name === 'flags') return folded((a, b) => a | b);
  if (AVERAGED_COLUMNS.includes(name)) return meanOfPresent;
  return (values, _, to) => values[to - 1]!;
}

function folded(
  join: (a: number, b: number) => number,
): (values: Float64Array, from: number, to: number) => number {
  return (values, from, to) => {
    let result = values[from]!;
    for (let at = from + 1; at < to; at += 1) result = join(result, values[at]!);
    return result;
  };
}

function mostCommon(values: Float64Array, from: number, to: number): number {
  const counts = new Int32Array(STATE_COUNT);
  let best = values[from]!;
  for (let at = from; at < to; at += 1) {
    const state = values[at]!;
    counts[state]! += 1;
    if (counts[state]! > counts[best]!) best = state;
  }
  return best;
}

function meanOfPresent(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  let present = 0;
  for (let at = from; at < to; at += 1) {
    if (Number.isNaN(values[at]!)) continue;
    sum += values[at]!;
    present += 1;
  }
  return present === 0 ? Number.NaN : sum / present;
}
