/**
 * Kraken spot (pipelines spec §7.5). Candles are the newest 720 of a timeframe whatever is asked; everything older has to
 * be made from trades, 1000 per page, which data/ingest does. Errors arrive with status 200.
 */
import { z } from 'zod';
import type { Instrument } from '../../market/instrument.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { looseJson } from './binance.js';
import { type CandlePage, pageOf, type Window } from './candle-page.js';
import { decimal, rowsInEnvelope } from './candle-rows.js';
import { ExchangeVenue } from './exchange-venue.js';
import { fromKrakenAsset, idOrUndefined, krakenPair } from './instrument-names.js';
import { amount, positive } from './provider.js';
import type { Capabilities, Market, Trade, TradePage } from './venue.js';
import { VenueError } from './venue-error.js';
import { jsonOf, type VenueAnswer } from './venue-http.js';

const MINUTES: Partial<Record<Timeframe, number>> = {
  '1m': 1,
  '5m': 5,
  '15m': 15,
  '30m': 30,
  '1h': 60,
  '4h': 240,
  '1d': 1440,
};
const NEWEST_BARS = 720;
const TRADES_PAGE = 1000;

// time, open, high, low, close, vwap, volume, count
const LAYOUT = {
  open: 1,
  high: 2,
  low: 3,
  close: 4,
  volume: 6,
  trades: 7,
  timeUnit: 1000,
  cells: 8,
} as const;

const errors = z.object({ error: z.array(z.string()).min(1) });
const time = z.object({ result: z.object({ unixtime: z.number() }) });
const candleEnvelope = z.object({
  error: z.array(z.string()).length(0),
  result: z.record(z.string(), z.unknown()),
});
const pairs = z.object({
  result: z.record(
    z.string(),
    z.object({ altname: z.string(), wsname: z.string().optional(), status: z.string().optional() }),
  ),
});
/** A price in the place of the time is none. */
const seconds = decimal.refine((value) => value > 1e9 && value < 4.1e9, 'must be a time in seconds');
const trades = z.object({
  result: z.record(
    z.string(),
    z.union([
      z.string(),
      z.array(z.tuple([positive, amount, seconds, z.string(), z.string(), z.string()], z.unknown())),
    ]),
  ),
});

/** Spot; the newest bars as candles, all older ones only as trades. */
export class KrakenVenue extends ExchangeVenue {
  capabilitiesOf(): Capabilities {
    return {
      candles: {
        timeframes: Object.keys(MINUTES) as Timeframe[],
        pageBars: NEWEST_BARS,
        newestBars: NEWEST_BARS,
      },
      trades: { pageTrades: TRADES_PAGE },
      funding: null,
      openInterest: null,
    };
  }

  serverTime(signal?: AbortSignal): Promise<number> {
    const read = (answer: VenueAnswer): number => time.parse(jsonOf(answer)).result.unixtime * 1000;
    return this.get('public', 'Time', {}, { weight: 1 }, read, signal);
  }

  markets(signal?: AbortSignal): Promise<readonly Market[]> {
    const read = (answer: VenueAnswer): Market[] =>
      Object.values(pairs.parse(jsonOf(answer)).result).flatMap(({ altname, wsname, status }) => {
        const [base, quote] = (wsname ?? '').split('/').map(fromKrakenAsset);
        const instrumentId = idOrUndefined(`kraken:spot:${base}${quote}`);
        if (base === undefined || quote === undefined || instrumentId === undefined) return [];
        return {
          instrumentId,
          symbol: altname,
          base,
          quote,
          active: status === undefined || status === 'online',
          listedAt: null,
        };
      });
    return this.get('public', 'AssetPairs', {}, { weight: 1 }, read, signal);
  }

  /** The minute of the first trade. */
  async firstBar(instrument: Instrument, timeframe: Timeframe, signal?: AbortSignal): Promise<number | null> {
    const { trades: first } = await this.trades(instrument, 0, signal);
    const step = TIMEFRAME_MS[timeframe];
    return first.length === 0 ? null : Math.floor(first[0]!.ts / step) * step;
  }

  candles(
    instrument: Instrument,
    timeframe: Timeframe,
    window: Window,
    signal?: AbortSignal,
  ): Promise<CandlePage> {
    const parameters = {
      pair: krakenPair(instrument),
      interval: MINUTES[timeframe],
      since: Math.floor(window.from / 1000) - 1,
    };
    const read = (answer: VenueAnswer): CandlePage => {
      const columns = rowsInEnvelope(answer.body, LAYOUT, (rest) => candleEnvelope.parse(rest));
      // what lies after the window was not asked for: there is no end to give
      let end = columns.length;
      while (end > 0 && columns.time[end - 1]! >= window.to) end -= 1;
      columns.length = end;
      return pageOf(columns, window, TIMEFRAME_MS[timeframe]);
    };
    return this.get('public', 'OHLC', parameters, { weight: 1 }, read, signal);
  }

  override trades(instrument: Instrument, since: number | string, signal?: AbortSignal): Promise<TradePage> {
    const parameters = {
      pair: krakenPair(instrument),
      // nanoseconds, exclusive
      since: typeof since === 'string' ? since : since === 0 ? '0' : `${since - 1}999999`,
      count: TRADES_PAGE,
    };
    const read = (answer: VenueAnswer): TradePage => {
      const { result } = trades.parse(jsonOf(answer));
      const { last } = result;
      const rows = Object.entries(result).find(([name]) => name !== 'last')?.[1];
      if (typeof last !== 'string' || !Array.isArray(rows))
        throw new RangeError('a page of trades lacks parts');
      const found = rows.map((row, index): Trade => {
        const [price, size, at, , , , id] = row;
        const ts = Math.floor(at * 1000);
        // pages of old trades carry no id
        return {
          id: typeof id === 'number' ? String(id) : `${at}-${price}-${size}-${index}`,
          ts,
          price,
          size,
        };
      });
      return { trades: onceInOrder(found), next: rows.length === 0 ? null : last };
    };
    return this.get('public', 'Trades', parameters, { weight: 1 }, read, signal);
  }
}

/** Each trade once, its last occurrence, by time and then by id. */
function onceInOrder(trades: readonly Trade[]): readonly Trade[] {
  const byId = new Map(trades.map((trade) => [trade.id, trade]));
  return [...byId.values()].sort((a, b) => a.ts - b.ts || Number(a.id) - Number(b.id) || 0);
}

/** Kraken tells all failures in a list, with status 200. */
export function krakenFailure(answer: VenueAnswer): VenueError | undefined {
  if (answer.status !== 200 || answer.body.length > 4_096) return undefined;
  const parsed = errors.safeParse(looseJson(answer));
  if (!parsed.success) return undefined;
  const [venueCode = ''] = parsed.data.error;
  if (/^E(General|API|Service):(Too many|Rate limit|Throttled)/.test(venueCode)) {
    return new VenueError('rate_limited', 'kraken', `asked too often (${venueCode})`, { venueCode });
  }
  if (venueCode.startsWith('EQuery:Unknown asset')) {
    return new VenueError('unknown_symbol', 'kraken', 'no such pair', { venueCode });
  }
  if (/^E(Service|General:Internal)/.test(venueCode)) {
    return new VenueError('unavailable', 'kraken', `the server failed (${venueCode})`, { venueCode });
  }
  return new VenueError('refused', 'kraken', `the request is refused (${venueCode})`, { venueCode });
}
