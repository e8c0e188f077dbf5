/**
 * DexScreener (pipelines spec §7.8): tokens by address, search, and a token's pairs, on chain `solana`.
 *
 * Kept from the real API: a bare array from /tokens/v1 with unknown addresses missing, pairs null where there are none,
 * prices as text, creation time in ms, plain text with the 429. Each coin has two pairs; the first is not the liquid one.
 */
import type { Row } from '../bar.js';
import { type Coin, coinOf, volume24h } from '../coins.js';
import {
  type Answer,
  type Ask,
  type Dialect,
  refusal,
  refused,
  type Scene,
  type VenueProtocol,
} from '../protocol.js';

const MOST_ADDRESSES = 30;
const DAY = 86_400_000;
const SPANS = { m5: 300_000, h1: 3_600_000, h6: 6 * 3_600_000, h24: DAY };

const spans = <T>(of: (ms: number) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(SPANS).map(([name, ms]) => [name, of(ms)]));

const dialect: Dialect = {
  rateLimited: (wait) => ({
    status: 429,
    headers: { 'content-type': 'text/plain', ...(wait === undefined ? {} : { 'retry-after': String(wait) }) },
    body: 'Too many requests',
  }),
  banned: (_until, wait) => ({
    status: 429,
    headers: { 'content-type': 'text/plain', 'retry-after': String(wait) },
    body: 'Too many requests',
  }),
  serverError: () => refusal(500, { error: 'Internal Server Error' }),
  maintenance: () => ({
    status: 503,
    headers: { 'content-type': 'text/plain' },
    body: 'Service Unavailable',
  }),
  invalidParameter: () => refusal(400, { error: 'Bad Request' }),
};

interface Pair extends Row {
  readonly fields: Readonly<Record<string, unknown>>;
}

function pairsOf(coin: Coin, now: number): readonly Pair['fields'][] {
  const price = coin.market.price(now);
  const day = volume24h(coin, now);
  const pair = (address: string, dexId: string, share: number) => ({
    chainId: 'solana',
    dexId,
    url: `https://dexscreener.com/solana/${address.toLowerCase()}`,
    pairAddress: address,
    baseToken: { address: coin.token, name: coin.name, symbol: coin.market.base },
    quoteToken: { address: 'So11111111111111111111111111111111111111112', name: 'SOL', symbol: 'SOL' },
    priceNative: String(price / 125),
    priceUsd: String(price),
    txns: spans((ms) => {
      const trades = Math.ceil((2300 * ms) / DAY);
      return { buys: trades, sells: trades };
    }),
    volume: spans((ms) => (day * share * ms) / DAY),
    priceChange: spans((ms) => Number(((price / coin.market.price(now - ms) - 1) * 100).toFixed(2))),
    liquidity: { usd: 1_000_000 * share, base: 1000, quote: 1000 },
    fdv: Math.round(price * coin.supply),
    marketCap: Math.round(price * coin.supply),
    pairCreatedAt: coin.market.listed,
    info: {
      imageUrl: 'https://example.invalid/i.png',
      websites: [{ label: 'Website', url: 'https://example.invalid' }],
      socials: [{ type: 'twitter', url: `https://x.com/${coin.id}` }],
    },
  });
  return [pair(`Thin${coin.pool}`.slice(0, 44), 'raydium', 0.1), pair(coin.pool, 'orca', 0.9)];
}

/** @param token the one that was asked for; empty: several or none */
function listOf(
  pairs: readonly Pair['fields'][],
  token: string,
  scene: Scene,
  [prefix, suffix]: [string, string],
): Answer {
  return {
    page: {
      endpoint: 'quotes',
      symbol: token,
      interval: 0,
      rows: pairs.map((fields): Pair => ({ time: scene.now, fields })),
      newestFirst: false,
      writeRow: (row) => JSON.stringify((row as Pair).fields),
      prefix,
      suffix,
    },
  };
}

const ENVELOPE: [string, string] = ['{"schemaVersion":"1.0.0","pairs":[', ']}'];
/** No pairs of an address. */
const NONE: [string, string] = ['{"schemaVersion":"1.0.0","pairs":null', '}'];

function answer({ path, query }: Ask, scene: Scene): Answer {
  const coins = scene.markets.map(coinOf);
  const found = (pick: (coin: Coin) => boolean): readonly Pair['fields'][] =>
    coins.filter(pick).flatMap((coin) => pairsOf(coin, scene.now));
  const [, batch] = /^\/(?:tokens|token-pairs)\/v1\/solana\/([\w,]+)$/.exec(path) ?? [];
  if (batch) {
    const addresses = batch.split(',').slice(0, MOST_ADDRESSES);
    const pairs = found(({ token }) => addresses.includes(token));
    return listOf(pairs, addresses.length === 1 ? addresses[0]! : '', scene, ['[', ']']);
  }
  const [, address] = /^\/latest\/dex\/tokens\/(\w+)$/.exec(path) ?? [];
  if (address) {
    const pairs = found(({ token }) => token === address);
    return listOf(pairs, address, scene, pairs.length === 0 ? NONE : ENVELOPE);
  }
  if (path === '/latest/dex/search') {
    const text = (query.get('q') ?? '').toLowerCase();
    const pairs = found(
      ({ symbol, name, token }) => symbol === text || name.toLowerCase() === text || token === query.get('q'),
    );
    return listOf(pairs, '', scene, ENVELOPE);
  }
  return refused('symbols', refusal(404, { error: 'Not Found' }));
}

export const dexscreener: VenueProtocol = {
  id: 'dexscreener',
  kind: 'perp',
  fundingHours: 0,
  symbolOf: (market) => coinOf(market).token,
  answer,
  dialect,
  limits: { windowMs: 60_000, budget: 300, banMs: 60_000, weight: () => 1, headers: () => ({}) },
};
