/**
 * CoinGecko: dominance and market caps (pipelines spec §7.6, regime spec §8). Values are stamped with the provider's own
 * time, never with that of the request.
 */
import { z } from 'zod';
import { decimal } from './candle-rows.js';
import { amount, lastOfEach, moment, type Provider, positive } from './provider.js';
import { VenueError } from './venue-error.js';

const global = z.object({
  data: z.object({
    // a currency that nobody asks for may be damaged
    total_market_cap: z.record(z.string(), z.unknown()),
    market_cap_percentage: z.record(z.string(), z.unknown()),
    updated_at: decimal.refine((seconds) => seconds > 1e9 && seconds < 4.1e9, 'must be a time in seconds'),
  }),
});
const list = z.array(z.unknown());
const name = z.string().min(1);
const market = z.object({
  id: name,
  symbol: name,
  name,
  current_price: positive.nullish(),
  market_cap: amount.nullable(),
  market_cap_rank: positive.nullable(),
  circulating_supply: amount.nullable(),
  last_updated: z.iso.datetime().nullable(),
});

const change = z.object({
  id: name,
  price_change_percentage_24h_in_currency: decimal.nullish(),
  price_change_percentage_7d_in_currency: decimal.nullish(),
});

const CHART_LISTS = ['prices', 'market_caps', 'total_volumes'] as const;
/** The points of the three lists, each with the name of its own. */
const chart = z
  .object({ prices: list, market_caps: list, total_volumes: list })
  .transform((lists) => CHART_LISTS.flatMap((of) => lists[of].map((point) => [of, point])));
const chartPoint = z.tuple([z.enum(CHART_LISTS), z.tuple([moment, amount.nullable()])]);

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
const MARKETS = '/api/v3/coins/markets';
const FEWER = 'fewer coins came than were asked for';
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
    const numberIn = (values: Readonly<Record<string, unknown>>, key: string): number | undefined =>
      decimal.safeParse(values[key]).data;
    let usdt = numberIn(data.market_cap_percentage, 'usdt');
    if (!isShare(usdt)) {
      // left out of the list at times: from the caps themselves
      const [tether] = await this.marketCaps(1, signal, 'tether');
      const total = numberIn(data.total_market_cap, 'usd');
      usdt = tether?.marketCap && total ? (100 * tether.marketCap) / total : undefined;
    }
    const btc = numberIn(data.market_cap_percentage, 'btc');
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
    const daily = (rows: readonly z.infer<typeof chartPoint>[]) => {
      const found = { prices: new Map(), market_caps: new Map(), total_volumes: new Map() } as Record<
        (typeof CHART_LISTS)[number],
        Map<number, number>
      >;
      for (const each of CHART_LISTS) {
        const points = lastOfEach(
          rows.flatMap(([of, point]) => (of === each ? [point] : [])),
          ([time]) => time,
        );
        for (const [time, value] of points.sort((a, b) => a[0] - b[0])) {
          const day = Math.floor(time / DAY);
          const isMidnight = time - day * DAY < MIDNIGHT_MS && day >= from && day <= to;
          if (isMidnight && value !== null && value > 0 && !found[each].has(day)) found[each].set(day, value);
        }
      }
      const days = [...new Set(CHART_LISTS.flatMap((each) => [...found[each].keys()]))].sort((a, b) => a - b);
      return days.map((day) => ({
        day,
        price: found.prices.get(day) ?? null,
        marketCap: found.market_caps.get(day) ?? null,
        volume: found.total_volumes.get(day) ?? null,
      }));
    };
    const points = await this.provider.rows(
      {
        path: `/api/v3/coins/${encodeURIComponent(id)}/market_chart/range`,
        parameters: {
          vs_currency: 'usd',
          from: (from * DAY) / 1000,
          to: (to * DAY + MIDNIGHT_MS) / 1000,
        },
        list: chart,
        row: chartPoint,
        lacks: (rows) => {
          const days = daily(rows);
          const whole = days.filter(({ price, marketCap, volume }) => price && marketCap && volume).length;
          const first = days[0]?.day ?? from;
          return whole === to - first + 1 ? undefined : `${whole} of ${to - first + 1} days are there`;
        },
      },
      signal,
    );
    return daily(points);
  }

  /** Returns of the last day and week in percent, of those named that the provider knows both of. */
  async priceChanges(
    ids: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, { readonly return1d: number; readonly return7d: number }>> {
    const found = new Map<string, { return1d: number; return7d: number }>();
    for (let from = 0; from < ids.length; from += PAGE) {
      const asked = ids.slice(from, from + PAGE);
      const rows = await this.provider.rows(
        {
          path: MARKETS,
          parameters: {
            vs_currency: 'usd',
            ids: asked.join(','),
            per_page: PAGE,
            page: 1,
            price_change_percentage: '1h,24h,7d',
          },
          list,
          row: change.refine(({ id }) => asked.includes(id), 'was not asked for'),
          lacks: (given) => {
            const whole = given.filter(
              (each) =>
                each.price_change_percentage_24h_in_currency != null &&
                each.price_change_percentage_7d_in_currency != null,
            );
            return new Set(whole.map(({ id }) => id)).size < asked.length ? FEWER : undefined;
          },
        },
        signal,
      );
      for (const row of rows) {
        const { price_change_percentage_24h_in_currency: day, price_change_percentage_7d_in_currency: week } =
          row;
        if (day != null && week != null) found.set(row.id, { return1d: day, return7d: week });
      }
    }
    return found;
  }

  /**
   * The largest `count` coins, the largest first, or those named.
   * @throws VenueError `bad_payload` too where a page brings only coins of those before it
   */
  async marketCaps(count: number, signal?: AbortSignal, ids?: string): Promise<readonly MarketCap[]> {
    const found = new Map<string, z.infer<typeof market>>();
    const perPage = Math.min(PAGE, count);
    const asked = ids?.split(',');
    for (let page = 1; found.size < count; page += 1) {
      const wanted = asked?.length ?? perPage;
      const rows = await this.provider.rows(
        {
          path: MARKETS,
          parameters: { vs_currency: 'usd', order: 'market_cap_desc', per_page: perPage, page, ids },
          list,
          row: market.refine(({ id }) => asked?.includes(id) ?? true, 'was not asked for'),
          lacks: (given) => {
            const coins = new Set(given.map(({ id }) => id)).size;
            if (coins < wanted) return FEWER;
            const half = given.find(isHalfKnown);
            return half && `of ${half.id} only a part is there`;
          },
        },
        signal,
      );
      const before = found.size;
      for (const row of rows) found.set(row.id, row);
      // the end; a page that is only shorter is not, as long as there are more
      if (rows.length === 0 || asked !== undefined) break;
      if (found.size === before) {
        throw new VenueError('bad_payload', 'coingecko', `page ${page} repeats the ones before it`);
      }
    }
    return [...found.values()]
      .sort((a, b) => (b.market_cap ?? -1) - (a.market_cap ?? -1))
      .slice(0, count)
      .map((row) => ({
        id: row.id,
        symbol: row.symbol,
        name: row.name,
        marketCap: row.market_cap,
        rank: row.market_cap_rank,
        circulatingSupply: row.circulating_supply,
        updatedAt: row.last_updated === null ? null : Date.parse(row.last_updated),
      }));
  }
}

/** Where price, cap and supply go together, one alone that is missing is a slip. */
function isHalfKnown(row: z.infer<typeof market>): boolean {
  const values = [row.current_price, row.market_cap, row.circulating_supply];
  return values.filter((value) => !value).length === 1;
}

function isShare(value: number | undefined): value is number {
  return value !== undefined && value > 0 && value < 100;
}
