/**
 * Binance USDT-M futures and spot: public REST and market streams (pipelines spec §7.1, regime spec §4).
 *
 * Kept from the real venue: ascending rows with a forming last one, weights by limit, the 30 days of open-interest
 * history with its −1130, funding times some milliseconds late, 1,500 (spot 1,000) rows a page, the routed and the
 * unrouted stream addresses, a final frame per kline.
 * Left out: accounts, orders, depth streams, and the lengths 3d, 1w, 1M.
 * Longer than other protocols: two venues that share their words, one of them with derivatives.
 */
import type { Bar, Funding, OpenInterest } from '../bar.js';
import { decimalText } from '../decimals.js';
import {
  type Answer,
  type Ask,
  type Dialect,
  json,
  type LimitPolicy,
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
import { binanceStream } from './binance-stream.js';
import { futuresSymbol, spotSymbol, symbolOf } from './binance-symbols.js';
import { INTERVALS, isBound, numberOf } from './request-values.js';

const DAY = 86_400_000;
const OPEN_INTEREST_PERIODS = ['5m', '15m', '30m', '1h', '2h', '4h', '6h', '12h', '1d'];
export const OPEN_INTEREST_WINDOW = 30 * DAY;

const marketOf = (scene: Scene, symbol: string | null): SimulatedMarket | undefined =>
  scene.markets.find((market) => symbolOf(market) === symbol);

const error = (code: number, msg: string, status = 400): Refusal => refusal(status, { code, msg });
const invalid = (name: string): Refusal => error(-1130, `parameter '${name}' is invalid.`);
const NO_SYMBOL = error(-1121, 'Invalid symbol.');

/** Late by up to 29 ms, as recorded settlements are. */
export const settledAt = (funding: Funding, symbol: string): number =>
  funding.time + Math.floor(noise(7, `${symbol} ${funding.time}`) * 30);

const dialect: Dialect = {
  rateLimited: (wait, used) =>
    refusal(
      429,
      {
        code: -1003,
        msg: 'Too many requests; current limit of IP(203.0.113.7) is 2400 requests per minute. Please use the websocket for live updates to avoid polling the API.',
      },
      {
        'x-mbx-used-weight-1m': String(used),
        ...(wait === undefined ? {} : { 'retry-after': String(wait) }),
      },
    ),
  banned: (until, wait) =>
    refusal(
      418,
      {
        code: -1003,
        msg: `Way too many requests; IP(203.0.113.7) banned until ${until}. Please use the websocket for live updates to avoid bans.`,
      },
      { 'retry-after': String(wait) },
    ),
  serverError: () => error(-1000, 'An unknown error occurred while processing the request.', 500),
  maintenance: () => error(-1016, 'This service is no longer available.', 503),
  invalidParameter: () => invalid('startTime'),
};

const klineWeight = (limit: number): number => (limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1000 ? 5 : 10);

function limits(budget: number, flatKlines: boolean): LimitPolicy {
  return {
    windowMs: 60_000,
    budget,
    banMs: 120_000,
    weight: ({ path, query }) => {
      if (path.endsWith('/klines')) return flatKlines ? 2 : klineWeight(numberOf(query, 'limit', 500));
      if (path.endsWith('/exchangeInfo')) return flatKlines ? 20 : 1;
      return path.endsWith('/premiumIndex') && !query.has('symbol') ? 10 : 1;
    },
    headers: (used) => ({ 'x-mbx-used-weight-1m': String(used) }),
  };
}

function klines(ask: Ask, scene: Scene, most: number): Answer {
  const { query } = ask;
  const market = marketOf(scene, query.get('symbol'));
  if (!market) return refused('bars', NO_SYMBOL);
  const interval = INTERVALS[query.get('interval') ?? ''];
  if (interval === undefined) return refused('bars', error(-1120, 'Invalid interval.'));
  const start = numberOf(query, 'startTime', Number.NEGATIVE_INFINITY);
  const end = numberOf(query, 'endTime', Number.POSITIVE_INFINITY);
  const limit = Math.min(numberOf(query, 'limit', 500), most);
  if (Number.isNaN(start)) return refused('bars', invalid('startTime'));
  if (Number.isNaN(end) || end < start) return refused('bars', invalid('endTime'));
  if (!(limit >= 1)) return refused('bars', invalid('limit'));
  const found = selectBars(
    market,
    interval,
    { from: start, to: end, limit, keep: query.has('startTime') ? 'oldest' : 'newest' },
    scene.now,
  );
  const price = (value: number): string => decimalText(value, market.priceDecimals);
  const size = (value: number): string => decimalText(value, market.sizeDecimals);
  return {
    page: {
      endpoint: 'bars',
      symbol: symbolOf(market),
      interval,
      ...(found ? { range: found.range } : {}),
      rows: found?.rows ?? [],
      newestFirst: false,
      writeRow: (row) => {
        const bar = row as Bar;
        const traded = quoteVolume(bar);
        const { open, high, low, close, volume } = bar;
        return `[${bar.time},"${price(open)}","${price(high)}","${price(low)}","${price(close)}","${size(volume)}",${
          bar.time + interval - 1
        },"${traded.toFixed(5)}",${bar.trades},"${size(volume / 2)}","${(traded / 2).toFixed(5)}","0"]`;
      },
      prefix: '[',
      suffix: ']',
    },
  };
}

/** Quote currency: the sample data hold none, so base volume at the mean of the bar's prices. */
export const quoteVolume = ({ open, high, low, close, volume }: Bar): number =>
  (volume * (open + high + low + close)) / 4;

function fundingRate(ask: Ask, scene: Scene): Answer {
  const { query } = ask;
  const market = marketOf(scene, query.get('symbol'));
  if (!market) return refused('funding', NO_SYMBOL);
  const symbol = symbolOf(market);
  const limit = Math.min(numberOf(query, 'limit', 100), 1000);
  const start = numberOf(query, 'startTime', Number.NEGATIVE_INFINITY);
  const end = numberOf(query, 'endTime', scene.now);
  if (Number.isNaN(start) || Number.isNaN(end)) return refused('funding', invalid('startTime'));
  // a settlement is known by its late stamp, so look one step wider and cut by the stamp
  const known = market
    .funding(start - 1000, Math.min(end, scene.now), 8)
    .map((row) => ({ ...row, time: settledAt(row, symbol) }))
    .filter(({ time }) => time >= start && time <= end && time <= scene.now);
  const rows = query.has('startTime') ? known.slice(0, limit) : known.slice(-limit);
  return {
    page: {
      endpoint: 'funding',
      symbol,
      interval: 0,
      rows,
      newestFirst: false,
      writeRow: (row) => {
        const { time, rate } = row as Funding;
        return JSON.stringify({
          symbol,
          fundingTime: time,
          fundingRate: rate.toFixed(8),
          markPrice: market.mark(time).toFixed(8),
        });
      },
      prefix: '[',
      suffix: ']',
    },
  };
}

function openInterestHist(ask: Ask, scene: Scene): Answer {
  const { query } = ask;
  const market = marketOf(scene, query.get('symbol'));
  if (!market) return refused('open_interest', NO_SYMBOL);
  const symbol = symbolOf(market);
  const period = query.get('period') ?? '';
  if (!OPEN_INTEREST_PERIODS.includes(period)) return refused('open_interest', invalid('period'));
  const step = INTERVALS[period]!;
  const limit = Math.min(numberOf(query, 'limit', 30), 500);
  const start = numberOf(query, 'startTime', Number.NaN);
  const end = numberOf(query, 'endTime', scene.now);
  if (query.has('startTime') && !(start >= scene.now - OPEN_INTEREST_WINDOW))
    return refused('open_interest', invalid('startTime'));
  if (!isBound(end) || (query.has('startTime') && end <= start))
    return refused('open_interest', invalid('endTime'));
  const oldest = Math.max(scene.now - OPEN_INTEREST_WINDOW, market.listed, Number.isNaN(start) ? 0 : start);
  const first = Math.ceil(oldest / step) * step;
  // a value stands for the period that it opens, so it is known when the period is over
  const last = Math.floor(Math.min(end, scene.now - step, market.ends) / step) * step;
  const count = Math.max(0, Math.floor((last - first) / step) + 1);
  // with a start the page is anchored there, without one at the end
  const skipped = query.has('startTime') ? 0 : Math.max(0, count - limit);
  const rows = Array.from({ length: Math.min(count, limit) }, (_, i) => ({
    ...market.openInterest(first + (skipped + i) * step),
    time: first + (skipped + i) * step,
  }));
  return {
    page: {
      endpoint: 'open_interest',
      symbol,
      interval: step,
      rows,
      newestFirst: false,
      writeRow: (row) => {
        const { time, amount, value } = row as OpenInterest;
        return JSON.stringify({
          symbol,
          sumOpenInterest: amount.toFixed(8),
          sumOpenInterestValue: value.toFixed(8),
          CMCCirculatingSupply: '0.00000000',
          timestamp: time,
        });
      },
      prefix: '[',
      suffix: ']',
    },
  };
}

function premiumIndex(market: SimulatedMarket, now: number): Record<string, unknown> {
  return {
    symbol: symbolOf(market),
    markPrice: market.mark(now).toFixed(8),
    indexPrice: market.index(now).toFixed(8),
    estimatedSettlePrice: market.index(now).toFixed(8),
    lastFundingRate: market.lastFunding(now, 8).rate.toFixed(8),
    interestRate: '0.00010000',
    nextFundingTime: market.nextFunding(now, 8),
    time: now,
  };
}

const requestWeightLimit = (limit: number) => [
  { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit },
];

function answerFutures(ask: Ask, scene: Scene): Answer {
  const { path, query } = ask;
  switch (path) {
    case '/fapi/v1/ping':
      return json('time', {});
    case '/fapi/v1/time':
      return json('time', { serverTime: scene.serverTime });
    case '/fapi/v1/exchangeInfo':
      return json('symbols', {
        timezone: 'UTC',
        serverTime: scene.serverTime,
        futuresType: 'U_MARGINED',
        rateLimits: requestWeightLimit(2400),
        exchangeFilters: [],
        assets: [{ asset: 'USDT', marginAvailable: true }],
        symbols: scene.markets.map(futuresSymbol),
      });
    case '/fapi/v1/klines':
      return klines(ask, scene, 1500);
    case '/fapi/v1/fundingRate':
      return fundingRate(ask, scene);
    case '/fapi/v1/fundingInfo':
      return json(
        'funding',
        scene.markets
          .filter((market) => market.fundingInterval(scene.now, 8) !== 8)
          .map((market) => ({
            symbol: symbolOf(market),
            adjustedFundingRateCap: '0.02000000',
            adjustedFundingRateFloor: '-0.02000000',
            fundingIntervalHours: market.fundingInterval(scene.now, 8),
            disclaimer: false,
          })),
      );
    case '/fapi/v1/premiumIndex': {
      if (!query.has('symbol'))
        return json(
          'quotes',
          scene.markets.map((market) => premiumIndex(market, scene.serverTime)),
        );
      const market = marketOf(scene, query.get('symbol'));
      if (!market) return refused('quotes', NO_SYMBOL);
      return json('quotes', premiumIndex(market, scene.serverTime), { symbol: symbolOf(market) });
    }
    case '/fapi/v1/openInterest': {
      const market = marketOf(scene, query.get('symbol'));
      if (!market) return refused('open_interest', NO_SYMBOL);
      const { amount } = market.openInterest(scene.now);
      return json(
        'open_interest',
        { openInterest: amount.toFixed(3), symbol: symbolOf(market), time: scene.serverTime },
        { symbol: symbolOf(market) },
      );
    }
    case '/futures/data/openInterestHist':
      return openInterestHist(ask, scene);
    default:
      return refused('symbols', error(-5000, `Path ${path}, Method ${ask.method} is invalid`, 404));
  }
}

function answerSpot(ask: Ask, scene: Scene): Answer {
  switch (ask.path) {
    case '/api/v3/ping':
      return json('time', {});
    case '/api/v3/time':
      return json('time', { serverTime: scene.serverTime });
    case '/api/v3/exchangeInfo':
      return json('symbols', {
        timezone: 'UTC',
        serverTime: scene.serverTime,
        rateLimits: requestWeightLimit(6000),
        exchangeFilters: [],
        symbols: scene.markets.map(spotSymbol),
      });
    case '/api/v3/klines':
      return klines(ask, scene, 1000);
    default:
      return refused('symbols', error(-5000, `Path ${ask.path}, Method ${ask.method} is invalid`, 404));
  }
}

const stream = (hasMarks: boolean): StreamDialect =>
  binanceStream({
    marketOf: (scene, symbol) => marketOf(scene, symbol),
    hasMarks,
  });

export const binanceUsdm: VenueProtocol = {
  id: 'binanceusdm',
  kind: 'perp',
  fundingHours: 8,
  symbolOf,
  answer: answerFutures,
  dialect,
  limits: limits(2400, false),
  stream: stream(true),
};

export const binanceSpot: VenueProtocol = {
  id: 'binance',
  kind: 'spot',
  fundingHours: 0,
  symbolOf,
  answer: answerSpot,
  dialect,
  limits: limits(6000, true),
  stream: stream(false),
};
