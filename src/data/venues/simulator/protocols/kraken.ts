/**
 * Kraken spot (pipelines spec §7.5): OHLC, Trades, asset pairs, and the v2 stream.
 *
 * Kept from the real venue: errors inside HTTP 200, times in seconds, the pair's own name as key, the newest 720 rows
 * whatever `since` says, 1,000 trades a page by nanosecond cursor, XBT for BTC in REST and BTC in the stream, candle
 * updates that never say "final". The trades are the four of each bar (bar-ticks.ts).
 */
import type { Bar, Trade } from '../bar.js';
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
import { krakenMean, krakenStream, MINUTES } from './kraken-stream.js';
import { numberOf } from './request-values.js';

const MINUTE = 60_000;
const CANDLES = 720;
const TRADES = 1000;
/** Real trades come at any density; looking a day ahead at a time finds 1,000 of four a minute. */
const LOOK_AHEAD = 1440 * MINUTE;

const venueBase = (base: string): string => (base === 'BTC' ? 'XBT' : base === 'DOGE' ? 'XDG' : base);
const symbolOf = (market: SimulatedMarket): string => `${venueBase(market.base)}${market.quote}`;
const marketOf = (scene: Scene, pair: string | null): SimulatedMarket | undefined =>
  scene.markets.find(
    (market) => symbolOf(market) === pair || `${venueBase(market.base)}/${market.quote}` === pair,
  );

const error = (...errors: string[]): Refusal => refusal(200, { error: errors });
const NO_PAIR = error('EQuery:Unknown asset pair');

const dialect: Dialect = {
  rateLimited: (wait) =>
    refusal(
      200,
      { error: ['EGeneral:Too many requests'] },
      wait === undefined ? {} : { 'retry-after': String(wait) },
    ),
  banned: (_until, wait) => ({
    ...error('EAPI:Rate limit exceeded'),
    headers: { 'retry-after': String(wait) },
  }),
  serverError: () => error('EGeneral:Internal error'),
  maintenance: () => error('EService:Unavailable'),
  invalidParameter: () => error('EGeneral:Invalid arguments'),
};

function candles({ query }: Ask, scene: Scene): Answer {
  const market = marketOf(scene, query.get('pair'));
  if (!market) return refused('bars', NO_PAIR);
  const minutes = numberOf(query, 'interval', 1);
  if (!MINUTES.includes(minutes)) return refused('bars', error('EGeneral:Invalid arguments:interval'));
  const interval = minutes * MINUTE;
  const found = selectBars(
    market,
    interval,
    {
      from: numberOf(query, 'since', 0) * 1000,
      to: Number.POSITIVE_INFINITY,
      limit: CANDLES,
      keep: 'newest',
      reach: CANDLES,
    },
    scene.now,
  );
  const price = (value: number): string => decimalText(value, market.priceDecimals);
  const symbol = symbolOf(market);
  const committed = Math.floor(scene.now / interval) * interval - interval;
  return {
    page: {
      endpoint: 'bars',
      symbol,
      interval,
      ...(found ? { range: found.range } : {}),
      rows: found?.rows ?? [],
      newestFirst: false,
      writeRow: (row) => {
        const bar = row as Bar;
        return `[${bar.time / 1000},"${price(bar.open)}","${price(bar.high)}","${price(bar.low)}","${price(
          bar.close,
        )}","${krakenMean(bar).toFixed(market.priceDecimals)}","${bar.volume.toFixed(8)}",${bar.trades}]`;
      },
      prefix: `{"error":[],"result":{"${symbol}":[`,
      suffix: `],"last":${committed / 1000}}}`,
    },
  };
}

function tradePage({ query }: Ask, scene: Scene): Answer {
  const market = marketOf(scene, query.get('pair'));
  if (!market) return refused('trades', NO_PAIR);
  const count = Math.min(numberOf(query, 'count', TRADES), TRADES);
  const since = query.get('since');
  // nanoseconds do not fit a double: the last six digits are dropped, no trade lies between milliseconds
  let from = since
    ? Number(since.length > 13 ? since.slice(0, -6) : Number(since) * 1000)
    : market.listed - 1;
  const rows: Trade[] = [];
  while (rows.length < count && from < scene.now) {
    const to = Math.min(scene.now, Math.max(from, market.listed - 1) + LOOK_AHEAD);
    rows.push(...market.trades(from, to));
    from = to;
  }
  rows.splice(count);
  const last = rows.at(-1)?.time;
  const symbol = symbolOf(market);
  return {
    page: {
      endpoint: 'trades',
      symbol,
      interval: 0,
      rows,
      newestFirst: false,
      writeRow: (row) => {
        const { time, price, size, buy, id } = row as Trade;
        return JSON.stringify([price.toFixed(5), size.toFixed(8), time / 1000, buy ? 'b' : 's', 'l', '', id]);
      },
      prefix: `{"error":[],"result":{"${symbol}":[`,
      suffix: `],"last":"${last === undefined ? (since ?? '0') : `${last}000000`}"}}`,
    },
  };
}

function assetPair(market: SimulatedMarket): Record<string, unknown> {
  const base = venueBase(market.base);
  return {
    altname: symbolOf(market),
    wsname: `${base}/${market.quote}`,
    aclass_base: 'currency',
    base: base === 'XBT' ? 'XXBT' : base,
    aclass_quote: 'currency',
    quote: market.quote,
    lot: 'unit',
    cost_decimals: 5,
    pair_decimals: market.priceDecimals,
    lot_decimals: 8,
    lot_multiplier: 1,
    leverage_buy: [],
    leverage_sell: [],
    fees: [[0, 0.4]],
    fees_maker: [[0, 0.25]],
    fee_volume_currency: 'ZUSD',
    margin_call: 80,
    margin_stop: 40,
    ordermin: '0.00005',
    costmin: '0.5',
    tick_size: (10 ** -market.priceDecimals).toFixed(market.priceDecimals),
    status: 'online',
  };
}

const asset = (altname: string) => ({
  aclass: 'currency',
  altname,
  decimals: 10,
  display_decimals: 5,
  status: 'enabled',
});

function answer(ask: Ask, scene: Scene): Answer {
  const good = (endpoint: 'time' | 'symbols', result: unknown): Answer =>
    json(endpoint, { error: [], result });
  switch (ask.path) {
    case '/0/public/Time':
      return good('time', {
        unixtime: Math.floor(scene.serverTime / 1000),
        rfc1123: new Date(scene.serverTime).toUTCString(),
      });
    case '/0/public/SystemStatus':
      return good('time', { status: 'online', timestamp: new Date(scene.serverTime).toISOString() });
    case '/0/public/Assets':
      return good(
        'symbols',
        Object.fromEntries([
          ...scene.markets.map(({ base }) => [
            base === 'BTC' ? 'XXBT' : venueBase(base),
            asset(venueBase(base)),
          ]),
          ['USDT', asset('USDT')],
        ]),
      );
    case '/0/public/AssetPairs':
      return good(
        'symbols',
        Object.fromEntries(scene.markets.map((market) => [symbolOf(market), assetPair(market)])),
      );
    case '/0/public/OHLC':
      return candles(ask, scene);
    case '/0/public/Trades':
      return tradePage(ask, scene);
    default:
      return refused('symbols', error('EGeneral:Unknown method'));
  }
}

export const kraken: VenueProtocol = {
  id: 'kraken',
  kind: 'spot',
  fundingHours: 0,
  symbolOf,
  answer,
  dialect,
  limits: { windowMs: 15_000, budget: 15, banMs: 60_000, weight: () => 1, headers: () => ({}) },
  stream: krakenStream,
};
