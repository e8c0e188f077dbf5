/**
 * One exchange or data provider as the product sees it. Every adapter gives the same shapes, in the same units, so that
 * the engine that fetches history (data/ingest) knows no venue (pipelines spec §7).
 *
 * Ranges are half-open [from, to) in UTC ms. A page answers a window no longer than the venue's page, so that what was
 * asked and not answered is known exactly: a bar missing from a page is missing at the venue, or the page was bad.
 */
import { TidewatchError } from '../../errors.js';
import type { Instrument } from '../../market/instrument.js';
import type { Timeframe } from '../../market/timeframe.js';
import type { CandlePage, Window } from './candle-page.js';

export interface Capabilities {
  readonly candles: {
    readonly timeframes: readonly Timeframe[];
    /** Bars of one page at most. */
    readonly pageBars: number;
    /** The venue keeps only this many of the newest bars; null: all of them. */
    readonly newestBars: number | null;
  } | null;
  readonly trades: { readonly pageTrades: number } | null;
  readonly funding: {
    /** The venue keeps only this long; null: everything. */
    readonly keepsMs: number | null;
  } | null;
  readonly openInterest: {
    /** Periods on offer, finest first; 1m is none anywhere. */
    readonly periods: readonly Timeframe[];
    readonly pageRows: number;
    readonly keepsMs: number | null;
  } | null;
  /** It keeps no history of open interest and tells the present one. */
  readonly presentOpenInterest?: boolean;
}

export interface Market {
  readonly instrumentId: string;
  /** As the venue writes it. */
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly active: boolean;
  /** UTC ms; null where the venue does not say. */
  readonly listedAt: number | null;
}

export interface FundingEvent {
  /** Settlement, UTC ms, rounded to the second. */
  readonly ts: number;
  /** Fraction per interval; positive: longs pay. */
  readonly rate: number;
}

export interface FundingPage {
  /** Ascending, unique. */
  readonly events: readonly FundingEvent[];
  /** Where the next page begins; null at the end of the window. */
  readonly next: number | null;
}

export interface OpenInterestRow {
  /** Label of the period; known only from ts + period. */
  readonly ts: number;
  /** Base units; NaN where the venue does not say. */
  readonly base: number;
  /** USD; NaN where the venue does not say. */
  readonly usd: number;
}

export interface Trade {
  readonly id: string;
  readonly ts: number;
  readonly price: number;
  readonly size: number;
}

export interface TradePage {
  /** Ascending by time, as the venue orders them. */
  readonly trades: readonly Trade[];
  /** Opaque; null when there are no more. */
  readonly next: string | null;
}

export interface Venue {
  readonly id: string;
  capabilitiesOf(instrument: Instrument): Capabilities;
  /** The venue's clock, UTC ms. Its difference from ours is the skew. */
  serverTime(signal?: AbortSignal): Promise<number>;
  markets(signal?: AbortSignal): Promise<readonly Market[]>;
  /** Open time of the first bar the venue has; null where it cannot say. */
  firstBar(instrument: Instrument, timeframe: Timeframe, signal?: AbortSignal): Promise<number | null>;
  /** Bars with open times in the window, at most a page. */
  candles(
    instrument: Instrument,
    timeframe: Timeframe,
    window: Window,
    signal?: AbortSignal,
  ): Promise<CandlePage>;
  funding(instrument: Instrument, window: Window, signal?: AbortSignal): Promise<FundingPage>;
  /** Interval that the venue announces for the next event; how it was before, only the events tell. */
  announcedFundingHours(instrument: Instrument, signal?: AbortSignal): Promise<number | null>;
  openInterest(
    instrument: Instrument,
    period: Timeframe,
    window: Window,
    signal?: AbortSignal,
  ): Promise<readonly OpenInterestRow[]>;
  /** What is open now, by instrument id, where no history is kept; of those that the venue does not list, nothing. */
  presentOpenInterest(
    instruments: readonly Instrument[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, Omit<OpenInterestRow, 'ts'>>>;
  /** Base units in one contract, where the venue counts trades in contracts; 1 elsewhere. */
  contractSize(instrument: Instrument, signal?: AbortSignal): Promise<number>;
  /** Trades from `since` (UTC ms, or the `next` of the page before) on. */
  trades(instrument: Instrument, since: number | string, signal?: AbortSignal): Promise<TradePage>;
}

/** What a venue lacks. */
export function notOffered(venue: string, what: string, instead: string): TidewatchError {
  return new TidewatchError('not_offered', `${venue} offers no ${what}`, {
    hint: instead,
    details: { venue },
  });
}
