/** Views of the book of a run: one day of it, or a range of days. */
import { TidewatchError } from '../../errors.js';
import type { MonitorBook } from './monitor-book.js';

const DAY_MS = 86_400_000;

/** Rows with from ≤ ts < to. */
export function bookWithin(
  { timeline, daily }: MonitorBook,
  from: number | undefined,
  to: number | undefined,
): Pick<MonitorBook, 'timeline' | 'daily'> {
  const spanOf = (ts: readonly number[]): [number, number] => [
    from === undefined ? 0 : firstAtOrAfter(ts, from),
    to === undefined ? ts.length : firstAtOrAfter(ts, to),
  ];
  const cut = (values: unknown, [first, end]: [number, number]): unknown =>
    Array.isArray(values)
      ? values.slice(first, end)
      : Object.fromEntries(
          Object.entries(values as object).map(([name, column]) => [name, cut(column, [first, end])]),
        );
  return {
    timeline: cut(timeline, spanOf(timeline.ts)) as MonitorBook['timeline'],
    daily: cut(daily, spanOf(daily.ts)) as MonitorBook['daily'],
  };
}

/** @param at a time of the day, UTC ms; the last traded day (or the last of all) when left out */
export function bookOfDay(book: MonitorBook, at: number | undefined) {
  const { timeline, daily, weights, basket, betas, regimes } = book;
  const ts = at === undefined ? (daily.ts.at(-1) ?? timeline.ts.at(-1)) : Math.floor(at / DAY_MS) * DAY_MS;
  const row = ts === undefined ? -1 : timeline.ts.indexOf(ts);
  if (ts === undefined || row < 0) {
    throw new TidewatchError('no_data', 'the run has no such day', {
      hint: 'choose a day between the first and the last of the run',
      details: { first: timeline.ts[0] ?? null, last: timeline.ts.at(-1) ?? null },
    });
  }
  const traded = daily.ts.indexOf(ts);
  const held = daily.held_regime[traded];
  const numberAt = (values: readonly (number | null)[]): number | null => values[traded] ?? null;
  const targetDay = lastAtOrBefore(basket.ts, ts);
  const detail = targetOf(targetDay);
  const longsFirst = weights.ts
    .flatMap((day, i) => (day === ts ? [{ asset_id: weights.asset_id[i]!, weight: weights.weight[i]! }] : []))
    .sort((a, b) => b.weight - a.weight || (a.asset_id < b.asset_id ? -1 : 1));
  return {
    ts,
    previous: timeline.ts[row - 1] ?? null,
    next: timeline.ts[row + 1] ?? null,
    regime: regimes[timeline.regime[row]!]!,
    held_regime: held === undefined || held === null ? null : regimes[held]!,
    score: timeline.score[row] ?? null,
    contributions: Object.fromEntries(
      Object.entries(timeline.contributions).map(([name, values]) => [name, values[row] ?? null]),
    ),
    traded: traded >= 0,
    exit_reason: daily.exit_reason[traded] ?? '',
    rebalanced: daily.rebalanced[traded] ?? false,
    equity: numberAt(daily.equity),
    drawdown: numberAt(daily.drawdown),
    numbers: Object.fromEntries(
      Object.entries(daily.numbers).map(([name, values]) => [name, numberAt(values)]),
    ),
    unfunded_gross: numberAt(daily.unfunded_gross),
    target_day: longsFirst.length === 0 ? null : targetDay,
    book: longsFirst.map(({ asset_id, weight }) => ({ asset_id, weight, ...detail(asset_id) })),
  };

  function targetOf(day: number | null) {
    const inBasket = new Map(
      basket.ts.flatMap((each, i) =>
        each === day ? [[basket.asset_id[i]!, basket.basket_weight[i]!] as const] : [],
      ),
    );
    const betaOf = new Map(
      betas.ts.flatMap((each, i) =>
        each === day
          ? [[betas.asset_id[i]!, [betas.beta_btc[i]!, betas.beta_eth[i]!] as const] as const]
          : [],
      ),
    );
    return (asset: string) => ({
      basket_weight: inBasket.get(asset) ?? null,
      beta_btc: betaOf.get(asset)?.[0] ?? null,
      beta_eth: betaOf.get(asset)?.[1] ?? null,
    });
  }
}

function firstAtOrAfter(ts: readonly number[], time: number): number {
  const found = ts.findIndex((each) => each >= time);
  return found < 0 ? ts.length : found;
}

function lastAtOrBefore(ts: readonly number[], time: number): number | null {
  return ts.findLast((each) => each <= time) ?? null;
}
