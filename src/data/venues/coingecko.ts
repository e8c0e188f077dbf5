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
  readonly rank: number | null;
  readonly circulatingSupply: number | null;
  /** UTC ms; null where the provider does not say. */
  readonly updatedAt: number | null;
}

/** Coins of one page at most. */
const PAGE = 250;

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
