/**
 * Dominance within the day, which nobody has measured here: a simulation, for one question only, what ten-minute steps
 * do to a channel of minutes (regime spec §19.3).
 *
 * Within a day supplies are taken as constant, so a share moves as its own capitalisation against all: with weights of
 * the day before (bitcoin b, tether s, the rest following the ALT index) the market returns m = b·r_btc + (1−b−s)·r_alt,
 * ln BTC.d moves by r_btc − m and ln USDT.d by −m. What is left to the published value of the day's end is spread
 * evenly over the day's minutes, so that every day ends where it was measured.
 *
 * It says nothing of what real dominance minutes are worth: the simulated ones are made of the very prices they would
 * be compared with.
 */
import type { DominanceSample } from '../../analysis/drivers/dominance.js';
import type { BarColumns } from '../../market/series.js';
import { barClose, bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import type { DominanceDays } from './sample-bars.js';
import type { SpanDrivers } from './study-drivers.js';

const DAY = TIMEFRAME_MS['1d'];
/** The provider renews its values every ten minutes; they are asked every five. */
export const PROVIDER_MS = 10 * 60_000;
const POLL_MS = 5 * 60_000;

/** One entry per bar of the path. */
export interface DominancePaths {
  /** Opens of minutes, UTC ms. */
  readonly time: Float64Array;
  /** Percent at the close of each minute. */
  readonly btc: Float64Array;
  readonly usdt: Float64Array;
}

/** Minutes on which both BTC and ALT have a bar, over whole days and the parts of days at both ends. */
export function simulateDominance({ btc, alt }: SpanDrivers, days: DominanceDays): DominancePaths {
  const altRow = new Map(Array.from(alt.time, (ts, row) => [ts, row]));
  const rows = [...btc.time.keys()].filter((row) => altRow.has(btc.time[row]!));
  const time = Float64Array.from(rows, (row) => btc.time[row]!);
  const paths = {
    time,
    btc: new Float64Array(rows.length),
    usdt: new Float64Array(rows.length),
  };
  const dayRow = new Map(Array.from(days.time, (ts, row) => [ts, row]));
  for (let from = 0; from < rows.length; ) {
    const day = bucketOpen(time[from]!, '1d');
    let to = from;
    while (to < rows.length && time[to]! < day + DAY) to++;
    const yesterday = dayRow.get(day - DAY);
    const today = dayRow.get(day);
    if (yesterday === undefined || today === undefined) {
      throw new Error(`no dominance for ${new Date(day).toISOString()}`);
    }
    const shareBtc = days.btc[yesterday]! / 100;
    const shareUsdt = days.usdt[yesterday]! / 100;
    const logBtc = new Float64Array(to - from);
    const logUsdt = new Float64Array(to - from);
    let sumBtc = 0;
    let sumUsdt = 0;
    for (let row = from; row < to; row++) {
      const here = rows[row]!;
      const there = altRow.get(time[row]!)!;
      const r = row === 0 ? 0 : Math.log(btc.close[here]! / btc.close[rows[row - 1]!]!);
      const before = row === 0 ? there : altRow.get(time[row - 1]!)!;
      const a = Math.log(alt.close[there]! / alt.close[before]!);
      const market = shareBtc * r + (1 - shareBtc - shareUsdt) * a;
      sumBtc += r - market;
      sumUsdt -= market;
      logBtc[row - from] = sumBtc;
      logUsdt[row - from] = sumUsdt;
    }
    const bridge = (begin: number, end: number, moved: number, row: number): number => {
      const share = (time[row]! - day + TIMEFRAME_MS['1m']) / DAY;
      return share * (Math.log(end / begin) - moved);
    };
    // a day that is not whole has no measured end to meet
    const isWhole = to - from === DAY / TIMEFRAME_MS['1m'];
    for (let row = from; row < to; row++) {
      const extraBtc = isWhole ? bridge(days.btc[yesterday]!, days.btc[today]!, sumBtc, row) : 0;
      const extraUsdt = isWhole ? bridge(days.usdt[yesterday]!, days.usdt[today]!, sumUsdt, row) : 0;
      paths.btc[row] = days.btc[yesterday]! * Math.exp(logBtc[row - from]! + extraBtc);
      paths.usdt[row] = days.usdt[yesterday]! * Math.exp(logUsdt[row - from]! + extraUsdt);
    }
    from = to;
  }
  return paths;
}

/** What a poll of the provider gets: the value of its last renewal. @param offset of the renewals, ms */
export function polledSamples(
  { time }: DominancePaths,
  value: Float64Array,
  offset: number,
): DominanceSample[] {
  const samples: DominanceSample[] = [];
  let row = 0;
  const first = barClose(time[0]!, '1m');
  const last = barClose(time.at(-1)!, '1m');
  for (let ts = Math.ceil(first / POLL_MS) * POLL_MS; ts < last; ts += POLL_MS) {
    const renewed = Math.floor((ts - offset) / PROVIDER_MS) * PROVIDER_MS + offset;
    if (renewed < first) continue;
    while (row + 1 < time.length && barClose(time[row + 1]!, '1m') <= renewed) row++;
    samples.push({ ts, value: value[row]!, provider_updated_at: renewed });
  }
  return samples;
}

/** The path itself as minutes: open the close before. */
export function minutesOf({ time }: DominancePaths, value: Float64Array): BarColumns {
  const open = value.map((_, row) => value[Math.max(0, row - 1)]!);
  return {
    time,
    open,
    high: value.map((close, row) => Math.max(close, open[row]!)),
    low: value.map((close, row) => Math.min(close, open[row]!)),
    close: value,
    volume: new Float64Array(time.length),
  };
}
