/**
 * GeckoTerminal (pipelines spec §7.9): pools of a token and OHLCV of a pool on one network, `solana`.
 *
 * Kept from the real API: newest first in seconds, paging by before_timestamp with the boundary row repeated, about six
 * months of depth, volume in USD, no parameter `to`. A pool is a perpetual's bars under an invented address.
 */
import type { Bar } from '../bar.js';
import { type Coin, coinOf, volume24h } from '../coins.js';
import {
  type Answer,
  type Ask,
  type Dialect,
  json,
  refusal,
  refused,
  type Scene,
  type VenueProtocol,
} from '../protocol.js';
import { selectBars } from '../select-bars.js';
import { numberOf } from './request-values.js';

const DEPTH = 180 * 86_400_000;
const UNITS: Readonly<Record<string, { ms: number; aggregates: readonly number[] }>> = {
  minute: { ms: 60_000, aggregates: [1, 5, 15] },
  hour: { ms: 3_600_000, aggregates: [1, 4, 12] },
  day: { ms: 86_400_000, aggregates: [1] },
};

const NOT_FOUND = refusal(404, { errors: [{ status: '404', title: 'Not Found' }], meta: { ref_id: 'x' } });

const dialect: Dialect = {
  rateLimited: (wait) =>
    refusal(
      429,
      { status: { error_code: 429, error_message: 'Rate limit exceeded' } },
      wait === undefined ? {} : { 'retry-after': String(wait) },
    ),
  banned: (_until, wait) =>
    refusal(
      429,
      { status: { error_code: 429, error_message: 'Rate limit exceeded' } },
      { 'retry-after': String(wait) },
    ),
  serverError: () => refusal(500, { errors: [{ status: '500', title: 'Internal Server Error' }] }),
  maintenance: () => refusal(503, { errors: [{ status: '503', title: 'Service Unavailable' }] }),
  invalidParameter: () => refusal(400, { errors: [{ status: '400', title: 'Bad Request' }] }),
};

function ohlcv(coin: Coin, unit: string, { query }: Ask, scene: Scene): Answer {
  const { ms, aggregates } = UNITS[unit]!;
  const aggregate = numberOf(query, 'aggregate', 1);
  if (!aggregates.includes(aggregate)) return refused('bars', dialect.invalidParameter());
  const interval = ms * aggregate;
  const { market, token, pool } = coin;
  const found = selectBars(
    market,
    interval,
    {
      from: scene.now - DEPTH,
      to: numberOf(query, 'before_timestamp', scene.now / 1000) * 1000,
      limit: Math.min(numberOf(query, 'limit', 100), 1000),
      keep: 'newest',
    },
    scene.now,
  );
  const meta = {
    base: { address: token, name: coin.name, symbol: market.base, coingecko_coin_id: coin.id },
    quote: {
      address: 'So11111111111111111111111111111111111111112',
      name: 'Wrapped SOL',
      symbol: 'SOL',
      coingecko_coin_id: 'wrapped-solana',
    },
  };
  return {
    page: {
      endpoint: 'bars',
      symbol: pool,
      interval,
      ...(found ? { range: found.range } : {}),
      rows: found?.rows ?? [],
      newestFirst: true,
      writeRow: (row) => {
        const { time, open, high, low, close, volume } = row as Bar;
        const usd = Number(((volume * (open + high + low + close)) / 4).toFixed(4));
        return JSON.stringify([time / 1000, open, high, low, close, usd]);
      },
      prefix: '{"data":{"id":"1b2c3d","type":"ohlcv_request_response","attributes":{"ohlcv_list":[',
      suffix: `]}},"meta":${JSON.stringify(meta)}}`,
    },
  };
}

function poolsOf(coin: Coin, scene: Scene): Answer {
  const price = coin.market.price(scene.now);
  return json('symbols', {
    data: [
      {
        id: `solana_${coin.pool}`,
        type: 'pool',
        attributes: {
          address: coin.pool,
          name: `${coin.market.base} / SOL`,
          pool_created_at: new Date(coin.market.listed).toISOString(),
          base_token_price_usd: String(price),
          fdv_usd: String(Math.round(price * coin.supply)),
          market_cap_usd: null,
          reserve_in_usd: '262000.12',
          volume_usd: { h24: String(volume24h(coin, scene.now)) },
          transactions: { h24: { buys: 1210, sells: 1108 } },
        },
        relationships: { base_token: { data: { id: `solana_${coin.token}`, type: 'token' } } },
      },
    ],
  });
}

function answer(ask: Ask, scene: Scene): Answer {
  const coins = scene.markets.map(coinOf);
  const [, pool, unit] =
    /^\/api\/v2\/networks\/solana\/pools\/(\w+)\/ohlcv\/(minute|hour|day)$/.exec(ask.path) ?? [];
  const [, token] = /^\/api\/v2\/networks\/solana\/tokens\/(\w+)\/pools$/.exec(ask.path) ?? [];
  const coin = coins.find((each) => each.pool === pool || each.token === token);
  if (!coin) return refused(pool ? 'bars' : 'symbols', NOT_FOUND);
  return unit ? ohlcv(coin, unit, ask, scene) : poolsOf(coin, scene);
}

export const geckoterminal: VenueProtocol = {
  id: 'geckoterminal',
  kind: 'perp',
  fundingHours: 0,
  symbolOf: (market) => coinOf(market).pool,
  answer,
  dialect,
  limits: { windowMs: 60_000, budget: 30, banMs: 60_000, weight: () => 1, headers: () => ({}) },
};
