/**
 * CoinGecko: dominance and market caps (pipelines spec §7.6, regime spec §8). Values are stamped with the provider's own
 * time, never with that of the request.
 */
import { z } from 'zod';
import type { Provider } from './provider.js';

const global = z.object({
  data: z.object({
    total_market_cap: z.record(z.string(), z.number()),
    market_cap_percentage: z.record(z.string(), z.number()),
    updated_at: z.number(),
  }),
});
const markets = z.array(
  z.object({
    id: z.string(),
    symbol: z.string(),
    name: z.string(),
    market_cap: z.number().nullable(),
    market_cap_rank: z.number().nullable(),
    circulating_supply: z.number().nullable(),
    last_updated: z.iso.datetime().nullable(),
  }),
);

const changes = z.array(
  z.object({
    id: z.string(),
    price_change_percentage_24h_in_currency: z.number().nullish(),
    price_change_percentage_7d_in_currency: z.number().nullish(),
  }),
);

const points = z.array(z.tuple([z.number(), z.number().nullable()]));
const chart = z.object({ prices: points, market_caps: points, total_volumes: points });

/** What was at 00:00 UTC of a day. */
export interface DailyCap {
  /** Days since 1970, UTC. */
  readonly day: number;
  /** USD; null where the provider has none. */
  readonly price: number | null;
  readonly marketCap: number | null;
  /** USD of the 24 hours before. */
  readonly volume: number | null;
}

export interface Dominance {
  /** UTC ms, the provider's. */
  readonly updatedAt: number;
  /** Percent by driver; a driver without a value between 0 and 100 is left out. */
  readonly values: Readonly<Partial<Record<'BTC.d' | 'USDT.d', number>>>;
}

export interface MarketCap {
  readonly id: string;
  readonly symbol: string;
  readonly name: string;
  /** USD. */
  readonly marketCap: number | null;
  /** By capitalisation, 1 the largest; null where the provider does not say. */
  readonly rank: number | null;
  readonly circulatingSupply: number | null;
  /** UTC ms; null where the provider does not say. */
  readonly updatedAt: number | null;
}

/** Coins of one page at most. */
const PAGE = 250;
const DAY = 86_400_000;
/** Points of a chart drift around the grid; the one that stands for midnight comes within this. */
const MIDNIGHT_MS = 600_000;
/** Without a paid key. */
export const COINGECKO_KEEPS_DAYS = 365;

/** Every method throws a `VenueError` that says what the provider refused and whether waiting helps. */
export class CoinGecko {
  constructor(private readonly provider: Provider) {}

  async dominance(signal?: AbortSignal): Promise<Dominance> {
    const { data } = await this.provider.get('/api/v3/global', {}, global, signal);
    let usdt: number | undefined = data.market_cap_percentage.usdt;
    if (!isShare(usdt)) {
      // left out of the list at times: from the caps themselves
      const [tether] = await this.marketCaps(1, signal, 'tether');
      const total = data.total_market_cap.usd;
      usdt = tether?.marketCap && total ? (100 * tether.marketCap) / total : undefined;
    }
    const btc = data.market_cap_percentage.btc;
    return {
      updatedAt: data.updated_at * 1000,
      values: {
        ...(isShare(btc) ? { 'BTC.d': btc } : {}),
        ...(isShare(usdt) ? { 'USDT.d': usdt } : {}),
      },
    };
  }

  /**
   * Price, cap and volume of a coin at each midnight.
   * @param from first and
   * @param to last day, both included
   */
  async dailyCaps(id: string, from: number, to: number, signal?: AbortSignal): Promise<readonly DailyCap[]> {
    const parameters = {
      vs_currency: 'usd',
      from: (from * DAY) / 1000,
      to: (to * DAY + MIDNIGHT_MS) / 1000,
    };
    const path = `/api/v3/coins/${encodeURIComponent(id)}/market_chart/range`;
    const answer = await this.provider.get(path, parameters, chart, signal);
    const at = (list: z.infer<typeof points>): Map<number, number> => {
      const found = new Map<number, number>();
      for (const [time, value] of [...list].sort((a, b) => a[0] - b[0])) {
        const day = Math.floor(time / DAY);
        const isMidnight = time - day * DAY < MIDNIGHT_MS && day >= from && day <= to;
        if (isMidnight && value !== null && value > 0 && !found.has(day)) found.set(day, value);
      }
      return found;
    };
    const prices = at(answer.prices);
    const caps = at(answer.market_caps);
    const volumes = at(answer.total_volumes);
    const days = [...new Set([...prices.keys(), ...caps.keys(), ...volumes.keys()])].sort((a, b) => a - b);
    return days.map((day) => ({
      day,
      price: prices.get(day) ?? null,
      marketCap: caps.get(day) ?? null,
      volume: volumes.get(day) ?? null,
    }));
  }

  /** Returns of the last day and week in percent, of those named that the provider knows both of. */
  async priceChanges(
    ids: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, { readonly return1d: number; readonly return7d: number }>> {
    const found = new Map<string, { return1d: number; return7d: number }>();
    for (let from = 0; from < ids.length; from += PAGE) {
      const parameters = {
        vs_currency: 'usd',
        ids: ids.slice(from, from + PAGE).join(','),
        per_page: PAGE,
        page: 1,
        price_change_percentage: '1h,24h,7d',
      };
      for (const row of await this.provider.get('/api/v3/coins/markets', parameters, changes, signal)) {
        const { price_change_percentage_24h_in_currency: day, price_change_percentage_7d_in_currency: week } =
          row;
        if (day != null && week != null) found.set(row.id, { return1d: day, return7d: week });
      }
    }
    return found;
  }

  /** The largest `count` coins, or those named. */
  async marketCaps(count: number, signal?: AbortSignal, ids?: string): Promise<readonly MarketCap[]> {
    const found: MarketCap[] = [];
    for (let page = 1; found.length < count; page += 1) {
      const parameters = {
        vs_currency: 'usd',
        order: 'market_cap_desc',
        per_page: Math.min(PAGE, count),
        page,
        ids,
      };
      const rows = await this.provider.get('/api/v3/coins/markets', parameters, markets, signal);
      for (const row of rows) {
        found.push({
          id: row.id,
          symbol: row.symbol,
          name: row.name,
          marketCap: row.market_cap,
          rank: row.market_cap_rank,
          circulatingSupply: row.circulating_supply,
          updatedAt: row.last_updated === null ? null : Date.parse(row.last_updated),
        });
      }
      if (rows.length < PAGE) break;
    }
    return found.slice(0, count);
  }
}

function isShare(value: number | undefined): value is number {
  return value !== undefined && value > 0 && value < 100;
}
