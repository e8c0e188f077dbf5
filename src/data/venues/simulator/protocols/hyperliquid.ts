/**
 * Hyperliquid: POST /info and the stream `/ws` (pipelines spec §7.4).
 *
 * Kept from the real venue: only the newest 5,000 candles, ascending with the forming one last; hourly funding, 500
 * settlements a page, some milliseconds late; 422 text for an unknown type, 500 null for an unknown coin, 429 null
 * without Retry-After; candle messages that repeat the same `t` and never say "final"; an idle cut left to the client.
 * Markets whose base reads `dex:coin` are those of a builder's DEX. Left out: /exchange, user data.
 */
import type { Bar, Funding } from '../bar.js';
import { decimalText } from '../decimals.js';
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
import { selectBars } from '../select-bars.js';
import type { SimulatedMarket } from '../simulated-market.js';
import { noise } from '../stable-noise.js';
import { assetContext, candle, hyperliquidStream, marketOf } from './hyperliquid-stream.js';
import { INTERVALS } from './request-values.js';

const MOST_CANDLES = 5000;
const FUNDING_PAGE = 500;
const MARGIN_TABLES = [[20, { description: '', marginTiers: [{ lowerBound: '0.0', maxLeverage: 20 }] }]];

const UNKNOWN_TYPE: Refusal = {
  status: 422,
  headers: { 'content-type': 'text/plain' },
  body: 'Failed to deserialize the JSON body into the target type',
};
const UNKNOWN_COIN = refusal(500, null);

const dialect: Dialect = {
  rateLimited: (wait) => refusal(429, null, wait === undefined ? {} : { 'retry-after': String(wait) }),
  banned: (_until, wait) => refusal(429, null, { 'retry-after': String(wait) }),
  serverError: () => refusal(500, null),
  maintenance: () => ({
    status: 503,
    headers: { 'content-type': 'text/plain' },
    body: 'Service temporarily unavailable',
  }),
  invalidParameter: () => UNKNOWN_TYPE,
};

function candleSnapshot(request: unknown, scene: Scene): Answer {
  const { coin, interval, startTime, endTime } = (request ?? {}) as Record<string, unknown>;
  const length = INTERVALS[String(interval)];
  if (length === undefined || typeof startTime !== 'number') return refused('bars', UNKNOWN_TYPE);
  const market = marketOf(scene, coin);
  if (!market) return refused('bars', UNKNOWN_COIN);
  const found = selectBars(
    market,
    length,
    {
      from: startTime,
      to: typeof endTime === 'number' ? endTime : scene.now,
      limit: MOST_CANDLES,
      keep: 'newest',
      reach: MOST_CANDLES,
    },
    scene.now,
  );
  return {
    page: {
      endpoint: 'bars',
      symbol: market.base,
      interval: length,
      ...(found ? { range: found.range } : {}),
      rows: found?.rows ?? [],
      newestFirst: false,
      writeRow: (row) => JSON.stringify(candle(market.base, market, length, String(interval), row as Bar)),
      prefix: '[',
      suffix: ']',
    },
  };
}

function fundingHistory(body: Record<string, unknown>, scene: Scene): Answer {
  const { coin, startTime, endTime } = body;
  if (typeof startTime !== 'number') return refused('funding', UNKNOWN_TYPE);
  const market = marketOf(scene, coin);
  if (!market) return refused('funding', UNKNOWN_COIN);
  const end = Math.min(typeof endTime === 'number' ? endTime : scene.now, scene.now);
  const rows = market
    .funding(startTime - 1000, end, 1)
    .map((row) => ({ ...row, time: row.time + Math.floor(noise(11, `${market.base} ${row.time}`) * 90) }))
    .filter(({ time }) => time >= startTime && time <= end)
    .slice(0, FUNDING_PAGE);
  return {
    page: {
      endpoint: 'funding',
      symbol: market.base,
      interval: 0,
      rows,
      newestFirst: false,
      writeRow: (row) => {
        const { time, rate } = row as Funding;
        return JSON.stringify({
          coin: market.base,
          fundingRate: decimalText(rate, 8),
          premium: decimalText(Number((rate / 2).toFixed(10)), 10),
          time,
        });
      },
      prefix: '[',
      suffix: ']',
    },
  };
}

/** `xyz` of `xyz:TSLA`; empty for the main one. */
const dexOf = (base: string): string => (base.includes(':') ? base.slice(0, base.indexOf(':')) : '');

const universe = (scene: Scene) =>
  scene.markets.map((market) => ({
    szDecimals: Math.min(5, market.sizeDecimals),
    name: market.base,
    maxLeverage: 20,
    marginTableId: 20,
  }));

function book(market: SimulatedMarket, scene: Scene): unknown {
  const step = 10 ** -market.priceDecimals;
  const middle = market.price(scene.now);
  const side = (sign: number) =>
    Array.from({ length: 20 }, (_, level) => ({
      px: (middle + sign * (level + 1) * step).toFixed(market.priceDecimals),
      sz: (1 + noise(3, `${market.base} ${sign} ${level} ${scene.now}`) * 4).toFixed(3),
      n: 1 + level,
    }));
  return { coin: market.base, time: scene.serverTime, levels: [side(-1), side(1)] };
}

function answer(ask: Ask, scene: Scene): Answer {
  if (ask.path !== '/info' || ask.method !== 'POST' || typeof ask.body !== 'object' || ask.body === null)
    return refused('symbols', UNKNOWN_TYPE);
  const body = ask.body as Record<string, unknown>;
  const dex = typeof body.dex === 'string' ? body.dex : '';
  const own = { ...scene, markets: scene.markets.filter(({ base }) => dexOf(base) === dex) };
  switch (body.type) {
    case 'candleSnapshot':
      return candleSnapshot(body.req, scene);
    case 'fundingHistory':
      return fundingHistory(body, scene);
    case 'meta':
      return json('symbols', { universe: universe(own), collateralToken: 0 });
    case 'metaAndAssetCtxs':
      return json('quotes', [
        { universe: universe(own), marginTables: MARGIN_TABLES, collateralToken: 0 },
        own.markets.map((market) => assetContext(market, scene.now)),
      ]);
    case 'spotMeta':
      return json('symbols', { universe: [], tokens: [] });
    case 'spotMetaAndAssetCtxs':
      return json('quotes', [{ universe: [], tokens: [] }, []]);
    case 'perpDexs':
      return json('symbols', [
        null,
        ...[...new Set(scene.markets.map(({ base }) => dexOf(base)))]
          .filter((name) => name !== '')
          .map((name) => ({ name, fullName: name, deployer: '0x0000000000000000000000000000000000000000' })),
      ]);
    case 'allMids':
      return json(
        'quotes',
        Object.fromEntries(
          own.markets.map((market) => [
            market.base,
            decimalText(market.mark(scene.now), market.priceDecimals),
          ]),
        ),
      );
    case 'l2Book': {
      const market = marketOf(scene, body.coin);
      return market
        ? json('quotes', book(market, scene), { symbol: market.base })
        : refused('quotes', UNKNOWN_COIN);
    }
    default:
      return refused('symbols', UNKNOWN_TYPE);
  }
}

export const hyperliquid: VenueProtocol = {
  id: 'hyperliquid',
  kind: 'perp',
  fundingHours: 1,
  symbolOf: ({ base }) => base,
  answer,
  dialect,
  limits: {
    windowMs: 60_000,
    budget: 1200,
    banMs: 60_000,
    weight({ body }, rows) {
      const { type } = (body ?? {}) as { type?: string };
      if (type === 'allMids' || type === 'l2Book') return 2;
      if (type === 'candleSnapshot') return 20 + Math.floor(rows / 60);
      return type === 'fundingHistory' ? 20 + Math.floor(rows / 20) : 20;
    },
    headers: () => ({}),
  },
  stream: hyperliquidStream,
};
