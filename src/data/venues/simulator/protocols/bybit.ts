/**
 * Bybit v5 linear perpetuals (pipelines spec §7.2).
 *
 * Kept from the real venue: the envelope with retCode, newest rows first, pages anchored at the end unless only a start
 * is given, funding that refuses a start alone, open interest by cursor with one overlapping row, HTTP 403 for an IP
 * that asks too often. Left out: other categories (answered with empty lists), order books.
 */
import type { Bar, Funding, OpenInterest } from '../bar.js';
import { decimalText } from '../decimals.js';
import {
  type Answer,
  type Ask,
  type Dialect,
  json,
  type Page,
  type Refusal,
  refusal,
  refused,
  type Scene,
  type VenueProtocol,
} from '../protocol.js';
import { selectBars } from '../select-bars.js';
import type { SimulatedMarket } from '../simulated-market.js';
import type { Endpoint } from '../venue-ids.js';
import { bybitStream } from './bybit-stream.js';
import { numberOf } from './request-values.js';

const MINUTE = 60_000;
const BYBIT_INTERVALS: Readonly<Record<string, number>> = {
  '1': MINUTE,
  '3': 3 * MINUTE,
  '5': 5 * MINUTE,
  '15': 15 * MINUTE,
  '30': 30 * MINUTE,
  '60': 60 * MINUTE,
  '120': 120 * MINUTE,
  '240': 240 * MINUTE,
  '360': 360 * MINUTE,
  '720': 720 * MINUTE,
  D: 1440 * MINUTE,
};
const OPEN_INTEREST_STEPS: Readonly<Record<string, number>> = {
  '5min': 5 * MINUTE,
  '15min': 15 * MINUTE,
  '30min': 30 * MINUTE,
  '1h': 60 * MINUTE,
  '4h': 240 * MINUTE,
  '1d': 1440 * MINUTE,
};

const symbolOf = (market: SimulatedMarket): string => `${market.base}${market.quote}`;
const marketOf = (scene: Scene, query: URLSearchParams): SimulatedMarket | undefined =>
  query.get('category') === 'linear'
    ? scene.markets.find((market) => symbolOf(market) === query.get('symbol'))
    : undefined;

const error = (retCode: number, retMsg: string): Refusal =>
  refusal(200, { retCode, retMsg, result: {}, retExtInfo: {}, time: 0 });
const NO_SYMBOL = error(10001, 'params error: Symbol Is Invalid');

const dialect: Dialect = {
  rateLimited: (wait) =>
    refusal(
      wait === undefined ? 200 : 429,
      {
        retCode: 10006,
        retMsg: 'Too many visits. Exceeded the API Rate Limit.',
        result: {},
        retExtInfo: {},
        time: 0,
      },
      { 'x-bapi-limit-status': '0', ...(wait === undefined ? {} : { 'retry-after': String(wait) }) },
    ),
  banned: (_until, wait) => ({
    status: 403,
    headers: { 'content-type': 'text/html', 'retry-after': String(wait) },
    body: '403, access too frequent',
  }),
  serverError: () => error(10016, 'Server error.'),
  maintenance: () => error(10016, 'Service is restarting, please retry later.'),
  invalidParameter: () => error(10001, 'params error: startTime invalid'),
};

const document = (endpoint: Endpoint, scene: Scene, result: unknown) =>
  json(endpoint, { retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: scene.serverTime });

/** Everything around the rows of `result.list`. */
function envelope(scene: Scene, before: Record<string, unknown>, after: Record<string, unknown> = {}) {
  const head = JSON.stringify({ retCode: 0, retMsg: 'OK', result: before }).slice(0, -2);
  const tail = JSON.stringify(after).slice(1, -1);
  return {
    prefix: `${head},"list":[`,
    suffix: `]${tail === '' ? '' : `,${tail}`}},"retExtInfo":{},"time":${scene.serverTime}}`,
  };
}

function kline({ query }: Ask, scene: Scene): Answer {
  const market = marketOf(scene, query);
  if (!market) return refused('bars', NO_SYMBOL);
  const symbol = symbolOf(market);
  const interval = BYBIT_INTERVALS[query.get('interval') ?? ''];
  if (interval === undefined) return refused('bars', error(10001, 'Invalid period!'));
  const from = numberOf(query, 'start', Number.NEGATIVE_INFINITY);
  const to = numberOf(query, 'end', Number.POSITIVE_INFINITY);
  if (Number.isNaN(from) || Number.isNaN(to)) return refused('bars', dialect.invalidParameter());
  const found = selectBars(
    market,
    interval,
    {
      from,
      to,
      limit: Math.min(numberOf(query, 'limit', 200), 1000),
      keep: query.has('start') && !query.has('end') ? 'oldest' : 'newest',
    },
    scene.now,
  );
  const price = (value: number): string => decimalText(value, market.priceDecimals);
  return {
    page: {
      endpoint: 'bars',
      symbol,
      interval,
      ...(found ? { range: found.range } : {}),
      rows: found?.rows ?? [],
      newestFirst: true,
      writeRow: (row) => {
        const { time, open, high, low, close, volume } = row as Bar;
        const turnover = (volume * (open + high + low + close)) / 4;
        return `["${time}","${price(open)}","${price(high)}","${price(low)}","${price(close)}","${decimalText(
          volume,
          market.sizeDecimals,
        )}","${turnover.toFixed(4)}"]`;
      },
      ...envelope(scene, { symbol, category: 'linear' }),
    },
  };
}

function fundingHistory({ query }: Ask, scene: Scene): Answer {
  const market = marketOf(scene, query);
  if (!market) return refused('funding', NO_SYMBOL);
  if (query.has('startTime') && !query.has('endTime'))
    return refused('funding', error(10001, 'params error: endTime is required with startTime'));
  const symbol = symbolOf(market);
  const end = Math.min(numberOf(query, 'endTime', scene.now), scene.now);
  const limit = Math.min(numberOf(query, 'limit', 200), 200);
  const rows = market.funding(numberOf(query, 'startTime', 0), end, 8).slice(-limit);
  return {
    page: {
      endpoint: 'funding',
      symbol,
      interval: 0,
      rows,
      newestFirst: true,
      writeRow: (row) => {
        const { time, rate } = row as Funding;
        return JSON.stringify({
          symbol,
          fundingRate: decimalText(rate, 8),
          fundingRateTimestamp: String(time),
        });
      },
      ...envelope(scene, { category: 'linear' }),
    },
  };
}

function openInterest({ query }: Ask, scene: Scene): Answer {
  const market = marketOf(scene, query);
  if (!market) return refused('open_interest', NO_SYMBOL);
  const step = OPEN_INTEREST_STEPS[query.get('intervalTime') ?? ''];
  if (step === undefined) return refused('open_interest', error(10001, 'params error: intervalTime invalid'));
  const symbol = symbolOf(market);
  const limit = Math.min(numberOf(query, 'limit', 50), 200);
  const cursor = /lastid(?:=|%3D)(\d+)/.exec(query.get('cursor') ?? '');
  const end = Math.min(
    numberOf(query, 'endTime', scene.now),
    cursor ? Number(cursor[1]) : scene.now,
    market.ends,
  );
  const start = Math.max(numberOf(query, 'startTime', 0), market.listed);
  const last = Math.floor(end / step) * step;
  const rows: OpenInterest[] = [];
  for (let time = last; time >= start && rows.length < limit; time -= step)
    rows.unshift({ ...market.openInterest(time), time });
  const oldest = rows[0]?.time ?? start;
  const hasMore = oldest - step >= start;
  // the next page repeats the oldest row, as observed; with one row a page it would not move
  const next = limit > 1 ? oldest : oldest - step;
  return {
    page: {
      endpoint: 'open_interest',
      symbol,
      interval: step,
      rows,
      newestFirst: true,
      writeRow: (row) => {
        const { time, amount } = row as OpenInterest;
        return JSON.stringify({ openInterest: amount.toFixed(3), timestamp: String(time) });
      },
      ...envelope(
        scene,
        { symbol, category: 'linear' },
        { nextPageCursor: hasMore ? `lastid%3D${next}` : '' },
      ),
    } satisfies Page,
  };
}

function instrument(market: SimulatedMarket): Record<string, unknown> {
  const step = (10 ** -market.sizeDecimals).toFixed(market.sizeDecimals);
  return {
    symbol: symbolOf(market),
    contractType: 'LinearPerpetual',
    status: 'Trading',
    baseCoin: market.base,
    quoteCoin: market.quote,
    settleCoin: market.quote,
    launchTime: String(market.listed),
    deliveryTime: '0',
    priceScale: String(market.priceDecimals),
    leverageFilter: { minLeverage: '1', maxLeverage: '100', leverageStep: '0.01' },
    priceFilter: {
      minPrice: '0.1',
      maxPrice: '1999999.8',
      tickSize: (10 ** -market.priceDecimals).toFixed(market.priceDecimals),
    },
    lotSizeFilter: { maxOrderQty: '1190', minOrderQty: step, qtyStep: step, minNotionalValue: '5' },
    unifiedMarginTrade: true,
    fundingInterval: 480,
    isPreListing: false,
  };
}

function ticker(market: SimulatedMarket, scene: Scene): Record<string, unknown> {
  const text = (value: number): string => decimalText(value, market.priceDecimals);
  const { amount, value } = market.openInterest(scene.now);
  return {
    symbol: symbolOf(market),
    lastPrice: text(market.price(scene.now)),
    markPrice: text(market.mark(scene.now)),
    indexPrice: text(market.index(scene.now)),
    openInterest: amount.toFixed(3),
    openInterestValue: value.toFixed(2),
    fundingRate: decimalText(market.lastFunding(scene.now, 8).rate, 8),
    nextFundingTime: String(market.nextFunding(scene.now, 8)),
  };
}

function answer(ask: Ask, scene: Scene): Answer {
  const { path, query } = ask;
  const isLinear = query.get('category') === 'linear';
  const asked = scene.markets.filter(
    (market) => isLinear && (!query.has('symbol') || symbolOf(market) === query.get('symbol')),
  );
  switch (path) {
    case '/v5/market/time':
      return document('time', scene, {
        timeSecond: String(Math.floor(scene.serverTime / 1000)),
        timeNano: `${scene.serverTime}000000`,
      });
    case '/v5/market/instruments-info':
      return document('symbols', scene, {
        category: query.get('category'),
        list: asked.map(instrument),
        nextPageCursor: '',
      });
    case '/v5/market/tickers':
      return document('quotes', scene, {
        category: query.get('category'),
        list: asked.map((market) => ticker(market, scene)),
      });
    case '/v5/market/kline':
      return kline(ask, scene);
    case '/v5/market/funding/history':
      return fundingHistory(ask, scene);
    case '/v5/market/open-interest':
      return openInterest(ask, scene);
    default:
      return refused('symbols', refusal(404, { retCode: 10404, retMsg: 'path not found', result: {} }));
  }
}

export const bybit: VenueProtocol = {
  id: 'bybit',
  kind: 'perp',
  fundingHours: 8,
  symbolOf,
  answer,
  dialect,
  limits: {
    windowMs: 5_000,
    budget: 600,
    banMs: 600_000,
    weight: () => 1,
    headers: () => ({}),
  },
  stream: bybitStream(BYBIT_INTERVALS, (scene, symbol) =>
    scene.markets.find((market) => symbolOf(market) === symbol),
  ),
};
