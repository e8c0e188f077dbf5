/**
 * OKX v5 swaps (pipelines spec §7.3).
 *
 * Kept from the real venue: the envelope with a text code, newest rows first with a confirm flag, `after` for older and
 * `before` for newer rows, only 1,440 rows from /candles, volumes in contracts with base units beside them, three months
 * of funding, HTTP 429 with code 50011. Left out: other instrument types (empty lists).
 */
import type { Bar, Funding, OpenInterest } from '../bar.js';
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
import { contractSize, okxRow } from './okx-row.js';
import { okxStream } from './okx-stream.js';
import { numberOf } from './request-values.js';

const MINUTE = 60_000;
const OKX_INTERVALS: Readonly<Record<string, number>> = {
  '1m': MINUTE,
  '3m': 3 * MINUTE,
  '5m': 5 * MINUTE,
  '15m': 15 * MINUTE,
  '30m': 30 * MINUTE,
  '1H': 60 * MINUTE,
  '2H': 120 * MINUTE,
  '4H': 240 * MINUTE,
  '6Hutc': 360 * MINUTE,
  '12Hutc': 720 * MINUTE,
  '1Dutc': 1440 * MINUTE,
};
const FUNDING_WINDOW = 90 * 1440 * MINUTE;
const RECENT_CANDLES = 1440;

const symbolOf = (market: SimulatedMarket): string => `${market.base}-${market.quote}-SWAP`;
const marketOf = (scene: Scene, symbol: string | null): SimulatedMarket | undefined =>
  scene.markets.find((market) => symbolOf(market) === symbol);

const error = (code: string, msg: string, status = 200): Refusal => refusal(status, { code, msg, data: [] });
const NO_INSTRUMENT = error('51001', "Instrument ID doesn't exist");

const dialect: Dialect = {
  rateLimited: (wait) =>
    refusal(
      429,
      { code: '50011', msg: 'Too Many Requests', data: [] },
      wait === undefined ? {} : { 'retry-after': String(wait) },
    ),
  banned: (_until, wait) =>
    refusal(
      429,
      { code: '50061', msg: 'Too Many Requests, access restricted', data: [] },
      { 'retry-after': String(wait) },
    ),
  serverError: () => error('50026', 'System error. Try again later', 500),
  maintenance: () => error('50001', 'Service temporarily unavailable. Try again later', 503),
  invalidParameter: () => error('51000', 'Parameter before error'),
};

const wrap = { prefix: '{"code":"0","msg":"","data":[', suffix: ']}' };
const data = (endpoint: 'symbols' | 'time' | 'quotes' | 'open_interest', rows: unknown): Answer =>
  json(endpoint, { code: '0', msg: '', data: rows });

function candles({ path, query }: Ask, scene: Scene): Answer {
  const market = marketOf(scene, query.get('instId'));
  if (!market) return refused('bars', NO_INSTRUMENT);
  const interval = OKX_INTERVALS[query.get('bar') ?? '1m'];
  if (interval === undefined) return refused('bars', error('51000', 'Parameter bar error'));
  const isRecent = path.endsWith('/market/candles');
  const after = numberOf(query, 'after', Number.POSITIVE_INFINITY);
  const before = numberOf(query, 'before', Number.NEGATIVE_INFINITY);
  if (Number.isNaN(after) || Number.isNaN(before)) return refused('bars', dialect.invalidParameter());
  const found = selectBars(
    market,
    interval,
    {
      from: before + 1,
      to: after - 1,
      limit: Math.min(numberOf(query, 'limit', 100), 300),
      keep: 'newest',
      ...(isRecent ? { reach: RECENT_CANDLES } : {}),
    },
    scene.now,
  );
  return {
    page: {
      endpoint: 'bars',
      symbol: symbolOf(market),
      interval,
      ...(found ? { range: found.range } : {}),
      rows: found?.rows ?? [],
      newestFirst: true,
      writeRow: (row) => okxRow(market, row as Bar),
      ...wrap,
    },
  };
}

function fundingHistory({ query }: Ask, scene: Scene): Answer {
  const market = marketOf(scene, query.get('instId'));
  if (!market) return refused('funding', NO_INSTRUMENT);
  const symbol = symbolOf(market);
  const from = Math.max(numberOf(query, 'before', 0) + 1, scene.now - FUNDING_WINDOW);
  const to = Math.min(numberOf(query, 'after', scene.now + 1) - 1, scene.now);
  const rows = market.funding(from, to, 8).slice(-Math.min(numberOf(query, 'limit', 400), 400));
  return {
    page: {
      endpoint: 'funding',
      symbol,
      interval: 0,
      rows,
      newestFirst: true,
      writeRow: (row) => {
        const { time, rate } = row as Funding;
        const text = rate.toFixed(10);
        return JSON.stringify({
          formulaType: 'withRate',
          fundingRate: text,
          fundingTime: String(time),
          instId: symbol,
          instType: 'SWAP',
          method: 'current_period',
          realizedRate: text,
        });
      },
      ...wrap,
    },
  };
}

/** The settlement that comes next, and the one after it. */
function fundingNow({ query }: Ask, scene: Scene): Answer {
  const market = marketOf(scene, query.get('instId'));
  if (!market) return refused('funding', NO_INSTRUMENT);
  const next = market.nextFunding(scene.now, 8);
  const row = {
    instType: 'SWAP',
    instId: symbolOf(market),
    fundingRate: decimalText(market.lastFunding(scene.now, 8).rate, 8),
    fundingTime: String(next),
    nextFundingTime: String(market.nextFunding(next, 8)),
    ts: String(scene.serverTime),
  };
  return json('funding', { code: '0', msg: '', data: [row] });
}

function openInterestHistory({ query }: Ask, scene: Scene): Answer {
  const market = marketOf(scene, query.get('instId'));
  if (!market) return refused('open_interest', NO_INSTRUMENT);
  const step = OKX_INTERVALS[query.get('period') ?? '5m'];
  if (step === undefined || step < 5 * MINUTE)
    return refused('open_interest', error('51000', 'Parameter period error'));
  const limit = Math.min(numberOf(query, 'limit', 100), 100);
  const end = Math.min(numberOf(query, 'end', scene.now), scene.now, market.ends);
  const start = Math.max(numberOf(query, 'begin', 0), market.listed);
  const rows: OpenInterest[] = [];
  for (let time = Math.floor(end / step) * step; time >= start && rows.length < limit; time -= step)
    rows.unshift({ ...market.openInterest(time), time });
  return {
    page: {
      endpoint: 'open_interest',
      symbol: symbolOf(market),
      interval: step,
      rows,
      newestFirst: true,
      writeRow: (row) => {
        const { time, amount, value } = row as OpenInterest;
        const contracts = (amount / contractSize(market)).toFixed(1);
        return JSON.stringify([String(time), contracts, amount.toFixed(3), value.toFixed(1)]);
      },
      ...wrap,
    },
  };
}

function instrument(market: SimulatedMarket): Record<string, unknown> {
  return {
    instType: 'SWAP',
    instId: symbolOf(market),
    instFamily: `${market.base}-${market.quote}`,
    uly: `${market.base}-${market.quote}`,
    settleCcy: market.quote,
    ctVal: String(contractSize(market)),
    ctMult: '1',
    ctValCcy: market.base,
    ctType: 'linear',
    listTime: String(market.listed),
    expTime: '',
    lever: '100',
    tickSz: (10 ** -market.priceDecimals).toFixed(market.priceDecimals),
    lotSz: '0.01',
    minSz: '0.01',
    maxLmtSz: '1000000',
    maxMktSz: '1000000',
    state: 'live',
    baseCcy: '',
    quoteCcy: '',
    category: '1',
  };
}

function answer(ask: Ask, scene: Scene): Answer {
  const { path, query } = ask;
  const isSwap = query.get('instType') === 'SWAP';
  const asked = scene.markets.filter(
    (market) => isSwap && (!query.has('instId') || symbolOf(market) === query.get('instId')),
  );
  switch (path) {
    case '/api/v5/public/time':
      return data('time', [{ ts: String(scene.serverTime) }]);
    case '/api/v5/public/instruments':
      return data('symbols', asked.map(instrument));
    case '/api/v5/public/funding-rate':
      return fundingNow(ask, scene);
    case '/api/v5/public/open-interest':
      return data(
        'open_interest',
        asked.map((market) => {
          const { amount, value } = market.openInterest(scene.now);
          return {
            instType: 'SWAP',
            instId: symbolOf(market),
            oi: (amount / contractSize(market)).toFixed(2),
            oiCcy: amount.toFixed(3),
            oiUsd: value.toFixed(1),
            ts: String(scene.serverTime),
          };
        }),
      );
    case '/api/v5/public/mark-price':
      return data(
        'quotes',
        asked.map((market) => ({
          instType: 'SWAP',
          instId: symbolOf(market),
          markPx: decimalText(market.mark(scene.now), market.priceDecimals),
          ts: String(scene.serverTime),
        })),
      );
    case '/api/v5/market/candles':
    case '/api/v5/market/history-candles':
      return candles(ask, scene);
    case '/api/v5/public/funding-rate-history':
      return fundingHistory(ask, scene);
    case '/api/v5/rubik/stat/contracts/open-interest-history':
      return openInterestHistory(ask, scene);
    default:
      return refused('symbols', refusal(404, { code: '404', msg: 'Not Found', data: {} }));
  }
}

export const okx: VenueProtocol = {
  id: 'okx',
  kind: 'perp',
  fundingHours: 8,
  symbolOf,
  answer,
  dialect,
  limits: { windowMs: 2_000, budget: 40, banMs: 60_000, weight: () => 1, headers: () => ({}) },
  stream: okxStream(OKX_INTERVALS, marketOf),
};
