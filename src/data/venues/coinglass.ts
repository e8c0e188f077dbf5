/**
 * CoinGlass v4: funding, open interest and liquidations over many exchanges (pipelines spec §7.7, majors-vs-alts spec
 * §13). Funding comes in percent there and is turned into a fraction here, once.
 */
import { z } from 'zod';
import { decimal } from './candle-rows.js';
import { amount, lastOfEach, moment, type Provider } from './provider.js';

const list = z
  .object({ code: z.union([z.literal('0'), z.literal(0)]), data: z.array(z.unknown()) })
  .transform(({ data }) => data);
const rate = z.object({ time: moment, close: decimal });
const interest = z.object({ time: moment, close: amount });
const liquidation = z.union([
  z
    .object({
      time: moment,
      aggregated_long_liquidation_usd: amount,
      aggregated_short_liquidation_usd: amount,
    })
    .transform((row) => ({
      time: row.time,
      long: row.aggregated_long_liquidation_usd,
      short: row.aggregated_short_liquidation_usd,
    })),
  z
    .object({ time: moment, long_liquidation_usd: amount, short_liquidation_usd: amount })
    .transform((row) => ({
      time: row.time,
      long: row.long_liquidation_usd,
      short: row.short_liquidation_usd,
    })),
]);

const marginList = z.object({
  symbol: z.string(),
  stablecoin_margin_list: z.array(z.unknown()),
});
const exchangeRate = z.object({ exchange: z.string(), funding_rate: decimal.nullish() });

/** Times UTC ms; `interval` as the provider spells it (`h8`, `1d`). */
export interface CoinglassRange {
  readonly interval: string;
  readonly from: number;
  readonly to: number;
}

export interface TimedValue {
  /** UTC ms. */
  readonly ts: number;
  readonly value: number;
}

export class CoinGlass {
  constructor(private readonly provider: Provider) {}

  /** Fractions per interval of the contract. */
  async funding(
    exchange: string,
    pair: string,
    range: CoinglassRange,
    signal?: AbortSignal,
  ): Promise<readonly TimedValue[]> {
    const path = '/api/futures/funding-rate/history';
    const rows = await this.history(path, { exchange, symbol: pair }, range, rate, signal);
    return rows.map(({ time, close }) => ({ ts: time, value: fromPercent(close) }));
  }

  /** Percent, weighted by open interest over exchanges: the unit of the older score that reads it. */
  async weightedFunding(
    coin: string,
    range: CoinglassRange,
    signal?: AbortSignal,
  ): Promise<readonly TimedValue[]> {
    const path = '/api/futures/funding-rate/oi-weight-history';
    const rows = await this.history(path, { symbol: coin }, range, rate, signal);
    return rows.map(({ time, close }) => ({ ts: time, value: close }));
  }

  /** Percent, the mean over contracts margined in stablecoins on all exchanges, as of now; null without one. */
  async fundingNow(coin: string, signal?: AbortSignal): Promise<number | null> {
    const path = '/api/futures/funding-rate/exchange-list';
    const lists = list.transform((data) =>
      data.flatMap((each) => {
        const coins = marginList.safeParse(each);
        return coins.success && coins.data.symbol === coin ? coins.data.stablecoin_margin_list : [];
      }),
    );
    const question = { path, parameters: { symbol: coin }, list: lists, row: exchangeRate };
    const rates = (await this.provider.rows(question, signal)).flatMap(
      ({ funding_rate: each }) => each ?? [],
    );
    return rates.length === 0 ? null : rates.reduce((sum, each) => sum + each, 0) / rates.length;
  }

  /** USD, all exchanges together. */
  async openInterest(
    coin: string,
    range: CoinglassRange,
    signal?: AbortSignal,
  ): Promise<readonly TimedValue[]> {
    const path = '/api/futures/open-interest/aggregated-history';
    const rows = await this.history(path, { symbol: coin }, range, interest, signal);
    return rows.map(({ time, close }) => ({ ts: time, value: close }));
  }

  /** USD of longs and of shorts that were closed. */
  async liquidations(
    coin: string,
    exchanges: readonly string[],
    range: CoinglassRange,
    signal?: AbortSignal,
  ): Promise<readonly { readonly ts: number; readonly long: number; readonly short: number }[]> {
    const path = '/api/futures/liquidation/aggregated-history';
    const parameters = { symbol: coin, exchange_list: exchanges.join(',') };
    const rows = await this.history(path, parameters, range, liquidation, signal);
    return rows.map(({ time, long, short }) => ({ ts: time, long, short }));
  }

  /** Rows of a range, ascending, one of each time. */
  private async history<Row extends { readonly time: number }>(
    path: string,
    parameters: Readonly<Record<string, string>>,
    { interval, from, to }: CoinglassRange,
    row: z.ZodType<Row>,
    signal: AbortSignal | undefined,
  ): Promise<readonly Row[]> {
    const step = stepOf(interval);
    const end = Math.min(to, this.provider.http.parts.timer.now());
    const rows = await this.provider.rows(
      {
        path,
        parameters: { ...parameters, interval, start_time: from, end_time: to, limit: MOST_ROWS },
        list,
        row,
        // a coin may be younger than the range, but what began goes on to its end
        lacks: (given) => {
          const times = [...new Set(given.map(({ time }) => time))].sort((a, b) => a - b);
          if (times.length === 0) return 'it has no rows';
          const holes = times.filter((time, at) => at > 0 && time - times[at - 1]! > step).length;
          const isCut = times.length < MOST_ROWS && times.at(-1)! + 2 * step <= end;
          return holes === 0 && !isCut ? undefined : `of its ${times.length} rows the neighbours are missing`;
        },
      },
      signal,
    );
    return lastOfEach(rows, ({ time }) => time).sort((a, b) => a.time - b.time);
  }
}

/** Rows of one answer at most. */
const MOST_ROWS = 1000;

function stepOf(interval: string): number {
  const [, count, unit] = /^(\d+)([mhdw])$/.exec(interval) ?? [];
  const ms = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }[unit ?? ''];
  return ms === undefined ? Number.POSITIVE_INFINITY : Number(count) * ms;
}

/** By its decimal digits: 0.0061 % is 0.000061, not 0.00006099999999999999. */
function fromPercent(percent: number): number {
  const digits = String(percent);
  return digits.includes('e') ? percent / 100 : Number(`${digits}e-2`);
}
