/**
 * CoinGlass v4 (pipelines spec §7.7, monitor spec §13): funding, open interest and liquidations as bars.
 *
 * Kept from the real API: a key in the header CG-API-KEY, business errors inside HTTP 200, values as text, funding in
 * percent, thirty calls a minute with headers that count them. Both spellings of the range (start_time, startTime) work.
 */
import type { Row } from '../bar.js';
import {
  type Answer,
  type Ask,
  type Dialect,
  type Refusal,
  refusal,
  refused,
  type Scene,
  type VenueProtocol,
} from '../protocol.js';
import type { SimulatedMarket } from '../simulated-market.js';
import type { Endpoint } from '../venue-ids.js';
import { INTERVALS, numberOf } from './request-values.js';

interface Candle extends Row {
  readonly values: Readonly<Record<string, string>>;
}

const error = (code: string, msg: string, status = 200): Refusal => refusal(status, { code, msg });
const NO_PAIR = error('400', 'The requested pair does not exist.');

const dialect: Dialect = {
  rateLimited: (wait) =>
    refusal(
      429,
      { code: '429', msg: 'Too Many Requests' },
      {
        'API-KEY-MAX-LIMIT': '30',
        'API-KEY-USE-LIMIT': '31',
        ...(wait === undefined ? {} : { 'retry-after': String(wait) }),
      },
    ),
  banned: (_until, wait) => ({
    ...error('429', 'Too Many Requests', 429),
    headers: { 'retry-after': String(wait) },
  }),
  serverError: () => error('500', 'Server Error', 500),
  maintenance: () => error('50001', 'Server busy, please try again later'),
  invalidParameter: () => error('400', 'invalid parameter: start_time'),
};

const bars = (values: readonly number[], decimals: number): Record<string, string> => ({
  open: values[0]!.toFixed(decimals),
  high: Math.max(...values).toFixed(decimals),
  low: Math.min(...values).toFixed(decimals),
  close: values.at(-1)!.toFixed(decimals),
});

/** What each path says of one interval, by moments inside it. */
const HISTORIES: Readonly<
  Record<
    string,
    {
      endpoint: Endpoint;
      write: (market: SimulatedMarket, from: number, to: number) => Record<string, string>;
    }
  >
> = {
  '/futures/funding-rate/history': {
    endpoint: 'funding',
    write: (market, from, to) => {
      // percent: 0.01 means a fraction of 0.0001
      const rates = [from, to - 1].map((time) => market.lastFunding(time, 8).rate * 100);
      return bars(rates, 6);
    },
  },
  '/futures/open-interest/history': { endpoint: 'open_interest', write: openInterest },
  '/futures/open-interest/aggregated-history': { endpoint: 'open_interest', write: openInterest },
  '/futures/liquidation/history': { endpoint: 'caps', write: liquidations('') },
  '/futures/liquidation/aggregated-history': { endpoint: 'caps', write: liquidations('aggregated_') },
};

function openInterest(market: SimulatedMarket, from: number, to: number): Record<string, string> {
  const quarter = (to - from) / 4;
  return bars(
    [0, 1, 2, 3, 4].map((i) => market.openInterest(from + i * quarter).value),
    0,
  );
}

function liquidations(prefix: string) {
  return (market: SimulatedMarket, from: number, to: number): Record<string, string> => {
    const sums = { long: 0, short: 0 };
    for (const { side, price, size } of market.liquidations(from, to)) sums[side] += price * size;
    return {
      [`${prefix}long_liquidation_usd`]: sums.long.toFixed(2),
      [`${prefix}short_liquidation_usd`]: sums.short.toFixed(2),
    };
  };
}

function answer({ path, query, header }: Ask, scene: Scene): Answer {
  if (!header('cg-api-key')) return refused('time', error('30001', 'API key missing.'));
  const history = HISTORIES[path.replace(/^\/api/, '')];
  if (!history) return refused('symbols', error('404', 'Not Found', 404));
  const { endpoint, write } = history;
  const name = query.get('symbol') ?? '';
  const market = scene.markets.find(({ base, quote }) => name === base || name === `${base}${quote}`);
  if (!market) return refused(endpoint, NO_PAIR);
  const interval = INTERVALS[query.get('interval') ?? '1d'];
  if (interval === undefined) return refused(endpoint, error('400', 'invalid interval'));
  const bound = (snake: string, camel: string, fallback: number): number =>
    numberOf(query, snake, numberOf(query, camel, fallback));
  const limit = Math.min(numberOf(query, 'limit', 1000), 1000);
  const to = Math.min(bound('end_time', 'endTime', scene.now), scene.now, market.ends - 1);
  const from = Math.max(bound('start_time', 'startTime', 0), market.listed);
  const rows: Candle[] = [];
  for (
    let time = Math.floor(to / interval) * interval;
    time >= from && rows.length < limit;
    time -= interval
  ) {
    const until = Math.min(time + interval, scene.now);
    rows.unshift({ time, values: write(market, time, until) });
  }
  return {
    page: {
      endpoint,
      symbol: name,
      interval,
      rows,
      newestFirst: false,
      writeRow: (row) => JSON.stringify({ time: row.time, ...(row as Candle).values }),
      prefix: '{"code":"0","msg":"success","data":[',
      suffix: ']}',
    },
  };
}

export const coinglass: VenueProtocol = {
  id: 'coinglass',
  kind: 'perp',
  fundingHours: 8,
  symbolOf: ({ base, quote }) => `${base}${quote}`,
  answer,
  dialect,
  limits: {
    windowMs: 60_000,
    budget: 30,
    banMs: 60_000,
    weight: () => 1,
    headers: (used) => ({ 'API-KEY-MAX-LIMIT': '30', 'API-KEY-USE-LIMIT': String(used) }),
  },
};
