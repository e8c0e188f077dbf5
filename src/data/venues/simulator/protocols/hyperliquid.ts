/**
 * Hyperliquid: POST /info and the stream `/ws` (pipelines spec §7.4).
 *
 * Kept from the real venue: only the newest 5,000 candles, ascending with the forming one last; hourly funding, 500
 * settlements a page, some milliseconds late; 422 text for an unknown type, 500 null for an unknown coin, 429 null
 * without Retry-After; candle messages that repeat the same `t` and never say "final"; an idle cut left to the client.
 * Left out: /exchange, user data, builder dexes (`perpDexs` answers the main one only).
 */
import type { Bar, Funding } from '../bar.js';
import { decimalText } from '../decimals.js';
import {
  type Answer,
  type Ask,
  type Channel,
  type Dialect,
  json,
  type Refusal,
  refusal,
  refused,
  type Scene,
  type StreamDialect,
  type VenueProtocol,
} from '../protocol.js';
import { selectBars } from '../select-bars.js';
import type { SimulatedMarket } from '../simulated-market.js';
import { noise } from '../stable-noise.js';
import { INTERVALS } from './request-values.js';

const MOST_CANDLES = 5000;
const FUNDING_PAGE = 500;
const MARGIN_TABLES = [[20, { description: '', marginTiers: [{ lowerBound: '0.0', maxLeverage: 20 }] }]];

const marketOf = (scene: Scene, coin: unknown): SimulatedMarket | undefined =>
  scene.markets.find(({ base }) => base === coin);

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

function candle(coin: string, market: SimulatedMarket, interval: number, name: string, bar: Bar): unknown {
  const price = (value: number): string => decimalText(value, market.priceDecimals);
  return {
    t: bar.time,
    T: bar.time + interval - 1,
    s: coin,
    i: name,
    o: price(bar.open),
    c: price(bar.close),
    h: price(bar.high),
    l: price(bar.low),
    v: decimalText(bar.volume, market.sizeDecimals),
    n: bar.trades,
  };
}

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

const universe = (scene: Scene) =>
  scene.markets.map((market) => ({
    szDecimals: Math.min(5, market.sizeDecimals),
    name: market.base,
    maxLeverage: 20,
    marginTableId: 20,
  }));

function assetContext(market: SimulatedMarket, now: number): Record<string, unknown> {
  const text = (value: number): string => decimalText(value, market.priceDecimals);
  const mark = market.mark(now);
  return {
    funding: decimalText(market.lastFunding(now, 1).rate, 8),
    openInterest: decimalText(market.openInterest(now).amount, 3),
    prevDayPx: text(market.price(now - 86_400_000)),
    dayNtlVlm: '1000000.0',
    premium: '0.0001',
    oraclePx: text(market.index(now)),
    markPx: text(mark),
    midPx: text(mark),
    impactPxs: [text(mark), text(mark)],
    dayBaseVlm: '1000.0',
  };
}

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
  // builder dexes have no markets here
  const own = body.dex === undefined || body.dex === '' ? scene : { ...scene, markets: [] };
  switch (body.type) {
    case 'candleSnapshot':
      return candleSnapshot(body.req, scene);
    case 'fundingHistory':
      return fundingHistory(body, scene);
    case 'meta':
      return json('symbols', { universe: universe(own) });
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
      return json('symbols', [null]);
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

interface Subscription {
  readonly type?: string;
  readonly coin?: string;
  readonly interval?: string;
}

const nameOf = ({ type, coin, interval }: Subscription): string =>
  [type, coin, interval].filter(Boolean).join(':');

function channelOf(subscription: Subscription, scene: Scene): Channel | undefined {
  const market = marketOf(scene, subscription.coin);
  const interval = INTERVALS[subscription.interval ?? ''] ?? 0;
  const kinds: Record<string, Channel['kind']> = {
    candle: 'bars',
    trades: 'trades',
    activeAssetCtx: 'mark',
  };
  const kind = kinds[subscription.type ?? ''];
  if (!market || !kind || (kind === 'bars' && interval === 0)) return undefined;
  return {
    name: nameOf(subscription),
    kind,
    market,
    interval,
    intervalName: subscription.interval ?? '',
  };
}

const stream: StreamDialect = {
  marksFinal: false,
  open: () => [],
  receive(text, scene) {
    const none = { subscribe: [], unsubscribe: [] };
    const message = JSON.parse(text) as { method?: string; subscription?: Subscription };
    if (message.method === 'ping')
      return { replies: [JSON.stringify({ channel: 'pong' })], ...none, isPing: true };
    const { subscription = {} } = message;
    const channel = channelOf(subscription, scene);
    const acknowledged = JSON.stringify({
      channel: 'subscriptionResponse',
      data: { method: message.method, subscription },
    });
    if (message.method === 'unsubscribe')
      return { replies: [acknowledged], subscribe: [], unsubscribe: [nameOf(subscription)] };
    if (message.method === 'subscribe' && channel)
      return { replies: [acknowledged], subscribe: [channel], unsubscribe: [] };
    return { replies: [this.refuse(text)], ...none };
  },
  bar({ market, interval, intervalName }, bar) {
    return JSON.stringify({
      channel: 'candle',
      data: candle(market.base, market, interval, intervalName, bar),
    });
  },
  trades({ market }, trades) {
    if (trades.length === 0) return [];
    const user = '0x0000000000000000000000000000000000000000';
    return [
      JSON.stringify({
        channel: 'trades',
        data: trades.map(({ id, time, price, size, buy }) => ({
          coin: market.base,
          side: buy ? 'B' : 'A',
          px: decimalText(price, market.priceDecimals),
          sz: decimalText(size, market.sizeDecimals),
          hash: `0x${id.toString(16).padStart(64, '0')}`,
          time,
          tid: id,
          users: [user, user],
        })),
      }),
    ];
  },
  mark({ market }, at) {
    return JSON.stringify({
      channel: 'activeAssetCtx',
      data: { coin: market.base, ctx: assetContext(market, at) },
    });
  },
  liquidation: () => '',
  refuse: (text) =>
    JSON.stringify({
      channel: 'error',
      data: `Error parsing JSON into valid websocket request: ${text}`,
    }),
};

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
  stream,
};
