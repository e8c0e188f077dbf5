/** From the book of a run to what the report's script draws. Numbers keep six significant digits. */
import type { MonitorBook } from '../../monitor/monitor-book.js';
import type { MajorsChartData } from './chart-shape.js';
import { featureLabel, regimeLabel, regimeSide } from './majors-words.js';

const round = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(6)));
const rounded = (values: readonly number[]): number[] => values.map((value) => Number(value.toPrecision(6)));

export function majorsChartData(book: MonitorBook): MajorsChartData {
  const { timeline, daily, rule } = book;
  const numbers = (name: string): number[] => (daily.numbers[name] ?? []).map((value) => round(value) ?? 0);
  const maybe = (name: string): (number | null)[] =>
    (daily.numbers[name] ?? daily.ts.map(() => null)).map(round);
  const { assets, books, index } = heldBooks(book);
  return {
    time: timeline.ts.map((ts) => ts / 1000),
    score: timeline.score.map(round),
    regime: timeline.regime,
    regimes: book.regimes.map((name) => ({
      label: regimeLabel(name),
      side: regimeSide(name),
      strong: name.startsWith('STRONG'),
    })),
    thresholds: [
      rule.threshold_low,
      rule.threshold_high,
      ...(rule.n_regimes === 5 ? [rule.threshold_strong_low, rule.threshold_strong_high] : []),
    ],
    contributions: Object.entries(timeline.contributions).map(([key, values]) => ({
      label: featureLabel(key),
      values: values.map(round),
    })),
    firstTraded: Math.max(0, timeline.ts.indexOf(daily.ts[0] ?? Number.NaN)),
    equity: rounded(daily.equity),
    drawdown: rounded(daily.drawdown),
    net: numbers('r_ls_net'),
    pnl: numbers('pnl'),
    cost: numbers('cost'),
    funding: numbers('funding'),
    gross: numbers('total_gross'),
    netExposure: maybe('net_exposure'),
    errorBtc: maybe('beta_err_btc'),
    errorEth: maybe('beta_err_eth'),
    exit: daily.exit_reason,
    assets,
    books,
    book: index,
  };
}

/** Weights are kept for days on end: each distinct book once. */
function heldBooks({ weights, daily }: MonitorBook): {
  assets: string[];
  books: number[][];
  index: number[];
} {
  const assets = [...new Set(weights.asset_id)].sort();
  const place = new Map(assets.map((asset, at) => [asset, at]));
  const byDay = new Map<number, number[]>();
  weights.ts.forEach((ts, row) => {
    const pairs = byDay.get(ts) ?? [];
    if (pairs.length === 0) byDay.set(ts, pairs);
    pairs.push(place.get(weights.asset_id[row]!)!, Number(weights.weight[row]!.toPrecision(6)));
  });
  const books: number[][] = [];
  const known = new Map<string, number>();
  const index = daily.ts.map((ts) => {
    const pairs = byDay.get(ts);
    if (pairs === undefined) return -1;
    const key = pairs.join();
    const held = known.get(key);
    if (held !== undefined) return held;
    books.push(pairs);
    known.set(key, books.length - 1);
    return books.length - 1;
  });
  return { assets, books, index };
}
