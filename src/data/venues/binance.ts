/**
 * Binance spot and USDT-M perpetuals (pipelines spec §7.1; majors-vs-alts spec §4).
 *
 * Open interest: the venue keeps 30 days and answers an older start with −1130 instead of an empty list; a request is
 * cut to the window, always with both ends, and cut once more by a day if the venue still refuses.
 */
import { z } from 'zod';
import type { Instrument } from '../../market/instrument.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { type CandlePage, pageOf, type Window } from './candle-page.js';
import { decimal, requireOnly, rowsAlone } from './candle-rows.js';
import { ExchangeVenue } from './exchange-venue.js';
import { idOrUndefined } from './instrument-names.js';
import {
  type Capabilities,
  type FundingPage,
  type Market,
  notOffered,
  type OpenInterestRow,
} from './venue.js';
import { VenueError } from './venue-error.js';
import { isoTime, jsonOf, retryAfter, type VenueAnswer } from './venue-http.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const TIMEFRAMES: readonly Timeframe[] = ['1m', '5m', '15m', '30m', '1h', '4h', '1d'];
const FUNDING_PAGE = 1000;
/** Interval of symbols that fundingInfo does not list. */
const USUAL_FUNDING_HOURS = 8;

const LAYOUT = {
  open: 1,
  high: 2,
  low: 3,
  close: 4,
  volume: 5,
  quoteVolume: 7,
  trades: 8,
  timeUnit: 1,
  cells: 9,
} as const;

const failureBody = z.object({ code: z.number(), msg: z.string() });
const time = z.object({ serverTime: z.number() });
const exchangeInfo = z.object({
  symbols: z.array(
    z.object({
      symbol: z.string(),
      status: z.string(),
      baseAsset: z.string(),
      quoteAsset: z.string(),
      contractType: z.string().optional(),
      onboardDate: z.number().optional(),
    }),
  ),
});
const fundingRates = z.array(z.object({ symbol: z.string(), fundingTime: z.number(), fundingRate: decimal }));
const fundingInfo = z.array(z.object({ symbol: z.string(), fundingIntervalHours: z.number().optional() }));
const openInterest = z.array(
  z.object({
    symbol: z.string(),
    timestamp: z.number(),
    sumOpenInterest: decimal,
    sumOpenInterestValue: decimal,
  }),
);

/** Spot (`binance`) or USDT-margined perpetuals (`binanceusdm`), by the id it is made with. */
export class BinanceVenue extends ExchangeVenue {
  private get isFutures(): boolean {
    return this.id === 'binanceusdm';
  }

  private get api(): string {
    return this.isFutures ? 'fapiPublic' : 'public';
  }

  capabilitiesOf(): Capabilities {
    return {
      candles: { timeframes: TIMEFRAMES, pageBars: this.isFutures ? 1500 : 1000, newestBars: null },
      trades: null,
      funding: this.isFutures ? { keepsMs: null } : null,
      openInterest: this.isFutures
        ? { periods: ['5m', '15m', '30m', '1h', '4h', '1d'], pageRows: 500, keepsMs: 30 * DAY }
        : null,
    };
  }

  serverTime(signal?: AbortSignal): Promise<number> {
    const read = (answer: VenueAnswer): number => time.parse(jsonOf(answer)).serverTime;
    return this.get(this.api, 'time', {}, { weight: 1 }, read, signal);
  }

  markets(signal?: AbortSignal): Promise<readonly Market[]> {
    const section = this.isFutures ? '-' : 'spot';
    const read = (answer: VenueAnswer): Market[] =>
      exchangeInfo.parse(jsonOf(answer)).symbols.flatMap((entry) => {
        const isPerpetual = entry.contractType === undefined || entry.contractType === 'PERPETUAL';
        const instrumentId = idOrUndefined(`${this.id}:${section}:${entry.symbol}`);
        if (!isPerpetual || instrumentId === undefined) return [];
        return {
          instrumentId,
          symbol: entry.symbol,
          base: entry.baseAsset,
          quote: entry.quoteAsset,
          active: entry.status === 'TRADING',
          listedAt: entry.onboardDate ?? null,
        };
      });
    return this.get(this.api, 'exchangeInfo', {}, { weight: this.isFutures ? 1 : 20 }, read, signal);
  }

  /** The oldest bar itself: the listing date of exchangeInfo is younger than the first bars of old markets. */
  firstBar({ symbol }: Instrument, timeframe: Timeframe, signal?: AbortSignal): Promise<number | null> {
    const parameters = { symbol, interval: timeframe, startTime: 0, limit: 1 };
    const read = (answer: VenueAnswer): number | null => {
      const columns = rowsAlone(answer.body, LAYOUT);
      if (columns.length === 0) return null;
      if (!Number.isFinite(columns.time[0])) throw new RangeError('the first row has no time');
      return columns.time[0]!;
    };
    return this.get(this.api, 'klines', parameters, { weight: 2 }, read, signal);
  }

  candles(
    { symbol }: Instrument,
    timeframe: Timeframe,
    window: Window,
    signal?: AbortSignal,
  ): Promise<CandlePage> {
    const step = TIMEFRAME_MS[timeframe];
    const limit = Math.ceil((window.to - window.from) / step);
    return this.get(
      this.api,
      'klines',
      { symbol, interval: timeframe, startTime: window.from, endTime: window.to - 1, limit },
      { weight: this.isFutures ? klineWeight(limit) : 2 },
      (answer) => pageOf(rowsAlone(answer.body, LAYOUT), window, step),
      signal,
    );
  }

  override async funding({ symbol }: Instrument, window: Window, signal?: AbortSignal): Promise<FundingPage> {
    if (!this.isFutures) throw notOffered(this.id, 'funding', 'ask binanceusdm');
    const limit = FUNDING_PAGE;
    const parameters = { symbol, startTime: window.from, endTime: window.to - 1, limit };
    const read = (answer: VenueAnswer): FundingPage => {
      const rows = fundingRates.parse(jsonOf(answer)).sort((a, b) => a.fundingTime - b.fundingTime);
      requireOnly(
        symbol,
        rows.map((row) => row.symbol),
      );
      const events = rows.map((row) => ({
        ts: Math.round(row.fundingTime / 1000) * 1000,
        rate: row.fundingRate,
      }));
      const last = events.at(-1);
      // a short page is not the end, an empty one may be
      return { events, next: last === undefined ? null : last.ts + 1000 };
    };
    return this.get(this.api, 'fundingRate', parameters, { group: 'funding', weight: 1 }, read, signal);
  }

  override async openInterest(
    { symbol }: Instrument,
    period: Timeframe,
    window: Window,
    signal?: AbortSignal,
  ): Promise<readonly OpenInterestRow[]> {
    if (!this.isFutures) throw notOffered(this.id, 'open interest', 'ask binanceusdm');
    const limit = Math.min(500, Math.ceil((window.to - window.from) / TIMEFRAME_MS[period]));
    const ask = (startTime: number): Promise<readonly OpenInterestRow[]> =>
      this.get(
        'fapiData',
        'openInterestHist',
        { symbol, period, startTime, endTime: window.to - 1, limit },
        { group: 'data', weight: 1 },
        (answer) => {
          const rows = openInterest.parse(jsonOf(answer));
          requireOnly(
            symbol,
            rows.map((row) => row.symbol),
          );
          return rows
            .map((row) => ({ ts: row.timestamp, base: row.sumOpenInterest, usd: row.sumOpenInterestValue }))
            .filter(({ ts }) => ts >= window.from && ts < window.to)
            .sort((a, b) => a.ts - b.ts);
        },
        signal,
      );
    try {
      return await ask(window.from);
    } catch (error) {
      if (!(error instanceof VenueError) || error.facts.venueCode !== -1130) throw error;
      const later = window.from + DAY;
      return later < window.to ? ask(later) : [];
    }
  }

  override async announcedFundingHours({ symbol }: Instrument, signal?: AbortSignal): Promise<number | null> {
    if (!this.isFutures) return null;
    this.intervals ??= this.get(
      this.api,
      'fundingInfo',
      {},
      { group: 'funding', weight: 1 },
      (answer) =>
        new Map(
          fundingInfo.parse(jsonOf(answer)).map((row) => [row.symbol, row.fundingIntervalHours ?? null]),
        ),
      signal,
    );
    this.intervals.catch(() => {
      this.intervals = undefined;
    });
    return (await this.intervals).get(symbol) ?? USUAL_FUNDING_HOURS;
  }

  private intervals: Promise<Map<string, number | null>> | undefined;
}

/** Weight of a page of futures klines by its limit. */
function klineWeight(limit: number): number {
  if (limit < 100) return 1;
  if (limit < 500) return 2;
  return limit <= 1000 ? 5 : 10;
}

/** Failures that Binance tells by its own codes. */
export function binanceFailure(venue: string) {
  return (answer: VenueAnswer, now: number): VenueError | undefined => {
    if (answer.status < 400) return undefined;
    const parsed = failureBody.safeParse(looseJson(answer));
    if (!parsed.success) return undefined;
    const { code, msg } = parsed.data;
    if (answer.status === 418) {
      const said = /until (\d{13})/.exec(msg)?.[1];
      const until = said === undefined ? retryAfter(answer, now) : Number(said);
      const end = until ?? now + 2 * HOUR;
      return new VenueError('banned', venue, `this address is banned until ${isoTime(end)} UTC`, {
        until: end,
        venueCode: code,
      });
    }
    if (code === -1121) return new VenueError('unknown_symbol', venue, 'no such symbol', { venueCode: code });
    if ([-1000, -1001, -1006, -1007, -1016].includes(code)) {
      return new VenueError('unavailable', venue, `the server failed (${code})`, { venueCode: code });
    }
    if ([-1003, -1008, -1015].includes(code)) {
      return new VenueError('rate_limited', venue, `asked too often (${answer.status}, ${code})`, {
        until: retryAfter(answer, now),
        venueCode: code,
      });
    }
    if (answer.status !== 400) return undefined;
    return new VenueError('refused', venue, `the request is refused (${code}): ${msg.slice(0, 120)}`, {
      venueCode: code,
    });
  };
}

/** Weight used in this minute as the venue counted it; undefined when it does not say. */
export function binanceUsedWeight(answer: VenueAnswer): number | undefined {
  const value = Number(answer.header('x-mbx-used-weight-1m') ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

/** JSON, or undefined where the body is none. */
export function looseJson(answer: VenueAnswer): unknown {
  try {
    return jsonOf(answer);
  } catch {
    return undefined;
  }
}
