/**
 * CoinGecko public API (pipelines spec §7.6, regime spec §8): /global, /coins/markets, market_chart and simple price.
 *
 * Kept from the real API: values that change every ten minutes and carry their own `updated_at`, points of a chart that
 * drift around the grid with a last one "now", 365 days of history, thirty calls a minute, error bodies with a code.
 * Capitalisation is price × a fixed supply; USDT and the rest of the market are constants.
 */
import type { Row } from '../bar.js';
import { type Coin, coinOf, volume24h } from '../coins.js';
import {
  type Answer,
  type Ask,
  type Dialect,
  json,
  type Refusal,
  refusal,
  refused,
  type Scene,
  type VenueProtocol,
} from '../protocol.js';
import { noise } from '../stable-noise.js';
import { numberOf } from './request-values.js';

const DAY = 86_400_000;
const REFRESH = 600_000;
const TETHER_CAP = 150_000_000_000;
const REST_CAP = 400_000_000_000;
const MOST_DAYS = 365;

interface Point extends Row {
  readonly price: number;
  readonly cap: number;
  readonly volume: number;
}

interface Listed extends Row {
  readonly fields: Readonly<Record<string, unknown>>;
}

const error = (status: number, code: number, message: string, headers = {}): Refusal =>
  refusal(status, { status: { error_code: code, error_message: message } }, headers);
const TOO_LONG = refusal(401, {
  error: {
    status: {
      error_code: 10012,
      error_message:
        'Your request exceeds the allowed time range. Public API users are limited to querying historical data within the past 365 days.',
    },
  },
});

const dialect: Dialect = {
  rateLimited: (wait) =>
    error(
      429,
      429,
      "You've exceeded the Rate Limit. Please visit the pricing page to subscribe to a higher plan.",
      wait === undefined ? {} : { 'retry-after': String(wait) },
    ),
  banned: () => error(429, 10006, 'Monthly API credits exhausted.'),
  serverError: () => error(500, 500, 'Internal Server Error'),
  maintenance: () => error(503, 503, 'Service Unavailable'),
  invalidParameter: () => refusal(422, { error: 'invalid value for parameter' }),
};

/** The moment up to which the provider's numbers are fresh. */
const asOf = (now: number): number => Math.floor(now / REFRESH) * REFRESH;
const cap = ({ market, supply }: Coin, now: number): number => market.price(asOf(now)) * supply;

/** All capitalisation in USD, and the share of a part of it in percent. */
function sharesOf(coins: readonly Coin[], now: number) {
  const total = coins.reduce((sum, coin) => sum + cap(coin, now), TETHER_CAP + REST_CAP);
  return { total, share: (value: number): number => Number(((100 * value) / total).toFixed(6)) };
}

/** What /global says of bitcoin and tether at any time: for samples of days on which nobody could ask. */
export function dominanceAt(coins: readonly Coin[], now: number): { 'BTC.d': number; 'USDT.d': number } {
  const { share } = sharesOf(coins, now);
  const bitcoin = coins.find(({ id }) => id === 'bitcoin');
  return { 'BTC.d': bitcoin ? share(cap(bitcoin, now)) : 0, 'USDT.d': share(TETHER_CAP) };
}

function global(scene: Scene): Answer {
  const coins = scene.markets.map(coinOf);
  const { total, share } = sharesOf(coins, scene.now);
  return json('caps', {
    data: {
      active_cryptocurrencies: 18_234,
      upcoming_icos: 0,
      ongoing_icos: 49,
      ended_icos: 3376,
      markets: 1432,
      total_market_cap: {
        btc: total / (coins.find(({ id }) => id === 'bitcoin')?.market.price(asOf(scene.now)) ?? 1e5),
        usd: total,
      },
      total_volume: { usd: coins.reduce((sum, coin) => sum + volume24h(coin, scene.now), 0) },
      market_cap_percentage: Object.fromEntries([
        ...coins.map((coin) => [coin.symbol, share(cap(coin, scene.now))]),
        ['usdt', share(TETHER_CAP)],
      ]),
      market_cap_change_percentage_24h_usd: -0.4211,
      updated_at: asOf(scene.now) / 1000,
    },
  });
}

/** The last day by its hourly prices. */
function dayOf({ market }: Coin, now: number) {
  const prices = Array.from({ length: 25 }, (_, hour) => market.price(asOf(now) - hour * 3_600_000));
  const changeSince = (before: number): number => Number((100 * (prices[0]! / before - 1)).toFixed(5));
  return {
    high_24h: Math.max(...prices),
    low_24h: Math.min(...prices),
    price_change_percentage_24h: changeSince(prices[24]!),
    price_change_percentage_24h_in_currency: changeSince(prices[24]!),
    price_change_percentage_7d_in_currency: changeSince(market.price(asOf(now) - 7 * DAY)),
  };
}

function markets({ query }: Ask, scene: Scene): Answer {
  const ids = query.get('ids')?.split(',');
  const perPage = Math.min(numberOf(query, 'per_page', 100), 250);
  const page = numberOf(query, 'page', 1);
  const updated = new Date(asOf(scene.now)).toISOString();
  const rows = scene.markets
    .map(coinOf)
    .map((coin) => ({ coin, value: cap(coin, scene.now) }))
    .map(({ coin, value }) => ({
      id: coin.id,
      symbol: coin.symbol,
      name: coin.name,
      current_price: coin.market.price(asOf(scene.now)),
      market_cap: value,
      total_volume: volume24h(coin, scene.now),
      circulating_supply: coin.supply,
      ...dayOf(coin, scene.now),
    }));
  rows.push({
    id: 'tether',
    symbol: 'usdt',
    name: 'Tether',
    current_price: 1,
    market_cap: TETHER_CAP,
    total_volume: 1e11,
    circulating_supply: TETHER_CAP,
    high_24h: 1,
    low_24h: 1,
    price_change_percentage_24h: 0,
    price_change_percentage_24h_in_currency: 0,
    price_change_percentage_7d_in_currency: 0,
  });
  const ranked = rows
    .sort((a, b) => b.market_cap - a.market_cap)
    .map((row, i) => ({
      ...row,
      market_cap_rank: i + 1,
      fully_diluted_valuation: row.market_cap,
      total_supply: row.circulating_supply,
      max_supply: null,
      last_updated: updated,
    }));
  const asked = ids ? ranked.filter(({ id }) => ids.includes(id)) : ranked;
  const found = asked.slice((page - 1) * perPage, page * perPage);
  return {
    page: {
      endpoint: 'caps',
      symbol: ids?.length === 1 ? ids[0]! : '',
      interval: 0,
      rows: found.map((fields): Listed => ({ time: asOf(scene.now), fields })),
      newestFirst: false,
      writeRow: (row) => JSON.stringify((row as Listed).fields),
      prefix: '[',
      suffix: ']',
    },
  };
}

function chart(coin: Coin, from: number, to: number, scene: Scene): Answer {
  const span = to - from;
  if (from < scene.now - MOST_DAYS * DAY - DAY) return refused('caps', TOO_LONG);
  const step = span <= DAY ? 300_000 : span <= 90 * DAY ? 3_600_000 : DAY;
  const at = (time: number): Point => {
    const price = coin.market.price(time);
    return { time, price, cap: price * coin.supply, volume: volume24h(coin, time) };
  };
  const rows: Point[] = [];
  const first = Math.max(from, coin.market.listed);
  for (let grid = Math.ceil(first / step) * step; grid <= to - 30_000; grid += step)
    rows.push(at(grid + Math.floor(noise(9, `${coin.id} ${grid}`) * 20_000)));
  if (to >= scene.now) rows.push(at(scene.now));
  const list = (value: (point: Point) => number): string =>
    JSON.stringify(rows.map((point) => [point.time, value(point)]));
  return {
    page: {
      endpoint: 'caps',
      symbol: coin.id,
      interval: 0,
      rows,
      newestFirst: false,
      writeRow: (row) => `[${row.time},${(row as Point).price}]`,
      prefix: '{"prices":[',
      suffix: `],"market_caps":${list((point) => point.cap)},"total_volumes":${list((point) => point.volume)}}`,
    },
  };
}

function answer(ask: Ask, scene: Scene): Answer {
  const { query } = ask;
  const path = ask.path.replace(/^\/api\/v3/, '');
  if (path === '/ping') return json('time', { gecko_says: '(V3) To the Moon!' });
  if (path === '/global') return global(scene);
  if (path === '/coins/markets') return markets(ask, scene);
  if (path === '/simple/price') {
    const ids = query.get('ids')?.split(',') ?? [];
    const coins = scene.markets.map(coinOf).filter(({ id }) => ids.includes(id));
    return json(
      'quotes',
      Object.fromEntries(
        coins.map((coin) => [
          coin.id,
          { usd: coin.market.price(asOf(scene.now)), usd_market_cap: cap(coin, scene.now) },
        ]),
      ),
    );
  }
  const [, id, range] = /^\/coins\/([\w-]+)\/market_chart(\/range)?$/.exec(path) ?? [];
  const coin = scene.markets.map(coinOf).find((each) => each.id === id);
  if (!coin) return refused('caps', refusal(404, { error: 'coin not found' }));
  if (range)
    return chart(
      coin,
      numberOf(query, 'from', 0) * 1000,
      numberOf(query, 'to', scene.now / 1000) * 1000,
      scene,
    );
  const days = query.get('days') === 'max' ? MOST_DAYS + 2 : numberOf(query, 'days', 1);
  return chart(coin, scene.now - days * DAY, scene.now, scene);
}

export const coingecko: VenueProtocol = {
  id: 'coingecko',
  kind: 'perp',
  fundingHours: 0,
  symbolOf: (market) => coinOf(market).id,
  answer,
  dialect,
  limits: { windowMs: 60_000, budget: 30, banMs: 60_000, weight: () => 1, headers: () => ({}) },
};
