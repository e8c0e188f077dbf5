/**
 * CoinGlass v4: funding, open interest and liquidations over many exchanges (pipelines spec §7.7, majors-vs-alts spec
 * §13). Funding comes in percent there and is turned into a fraction here, once.
 */
import { z } from 'zod';
import { decimal } from './candle-rows.js';
import type { Provider } from './provider.js';

const rows = <T extends z.ZodType>(row: T) =>
  z.object({ code: z.union([z.literal('0'), z.literal(0)]), data: z.array(row) });
const closes = rows(z.object({ time: decimal, close: decimal }));
const liquidations = rows(
  z.object({
    time: decimal,
    aggregated_long_liquidation_usd: decimal.optional(),
    aggregated_short_liquidation_usd: decimal.optional(),
    long_liquidation_usd: decimal.optional(),
    short_liquidation_usd: decimal.optional(),
  }),
);

const marginLists = rows(
  z.object({
    symbol: z.string(),
    stablecoin_margin_list: z.array(z.object({ exchange: z.string(), funding_rate: decimal.nullish() })),
  }),
);

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
    const parameters = { exchange, symbol: pair, ...window(range) };
    const { data } = await this.provider.get('/api/futures/funding-rate/history', parameters, closes, signal);
    return data.map(({ time, close }) => ({ ts: time, value: fromPercent(close) })).sort(byTime);
  }

  /** Percent, weighted by open interest over exchanges: the unit of the older score that reads it. */
  async weightedFunding(
    coin: string,
    range: CoinglassRange,
    signal?: AbortSignal,
  ): Promise<readonly TimedValue[]> {
    const path = '/api/futures/funding-rate/oi-weight-history';
    const { data } = await this.provider.get(path, { symbol: coin, ...window(range) }, closes, signal);
    return data.map(({ time, close }) => ({ ts: time, value: close })).sort(byTime);
  }

  /** Percent, the mean over contracts margined in stablecoins on all exchanges, as of now; null without one. */
  async fundingNow(coin: string, signal?: AbortSignal): Promise<number | null> {
    const path = '/api/futures/funding-rate/exchange-list';
    const { data } = await this.provider.get(path, { symbol: coin }, marginLists, signal);
    const rates = data
      .filter(({ symbol }) => symbol === coin)
      .flatMap(({ stablecoin_margin_list: list }) => list.flatMap(({ funding_rate: rate }) => rate ?? []));
    return rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  }

  /** USD, all exchanges together. */
  async openInterest(
    coin: string,
    range: CoinglassRange,
    signal?: AbortSignal,
  ): Promise<readonly TimedValue[]> {
    const path = '/api/futures/open-interest/aggregated-history';
    const { data } = await this.provider.get(path, { symbol: coin, ...window(range) }, closes, signal);
    return data.map(({ time, close }) => ({ ts: time, value: close })).sort(byTime);
  }

  /** USD of longs and of shorts that were closed. */
  async liquidations(
    coin: string,
    exchanges: readonly string[],
    range: CoinglassRange,
    signal?: AbortSignal,
  ): Promise<readonly { readonly ts: number; readonly long: number; readonly short: number }[]> {
    const path = '/api/futures/liquidation/aggregated-history';
    const parameters = { symbol: coin, exchange_list: exchanges.join(','), ...window(range) };
    const { data } = await this.provider.get(path, parameters, liquidations, signal);
    return data
      .map((row) => ({
        ts: row.time,
        long: row.aggregated_long_liquidation_usd ?? row.long_liquidation_usd ?? Number.NaN,
        short: row.aggregated_short_liquidation_usd ?? row.short_liquidation_usd ?? Number.NaN,
      }))
      .sort(byTime);
  }
}

function window({ interval, from, to }: CoinglassRange): Record<string, string | number> {
  return { interval, start_time: from, end_time: to, limit: 1000 };
}

function byTime(a: { readonly ts: number }, b: { readonly ts: number }): number {
  return a.ts - b.ts;
}

/** By its decimal digits: 0.0061 % is 0.000061, not 0.00006099999999999999. */
function fromPercent(percent: number): number {
  const digits = String(percent);
  return digits.includes('e') ? percent / 100 : Number(`${digits}e-2`);
}
