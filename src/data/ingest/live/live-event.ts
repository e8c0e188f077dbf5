/** What a live feed tells its listeners, and what it says of itself. */

/** One minute of an instrument. */
export interface LiveBar {
  readonly instrumentId: string;
  /** Open time, UTC ms; the bar covers [ts, ts + 60 000). */
  readonly ts: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Base units. */
  readonly volume: number;
  /** Quote currency; NaN where the venue does not say. */
  readonly quoteVolume: number;
  /** NaN where the venue does not say. */
  readonly trades: number;
  readonly isClosed: boolean;
  /** `ws`: from the stream; `rest`: asked for, which wins over the stream. */
  readonly source: 'ws' | 'rest';
  /** Our clock when it arrived, UTC ms. */
  readonly receivedAt: number;
}

/** What a venue says of a market between bars; prices in quote currency. */
export interface LiveMark {
  readonly instrumentId: string;
  /** Venue's time, UTC ms; ours where it does not say. */
  readonly at: number;
  /** NaN for what the venue does not say, here and below. */
  readonly mark: number;
  readonly index: number;
  /** Fraction per interval, as announced for the next settlement. */
  readonly fundingRate: number;
  readonly nextFundingAt: number;
  /** Base units. */
  readonly openInterest: number;
}

/** A position that the venue closed by force. */
export interface LiveLiquidation {
  readonly instrumentId: string;
  /** UTC ms. */
  readonly ts: number;
  /** The position that was closed. */
  readonly side: 'long' | 'short';
  readonly price: number;
  /** Base units. */
  readonly quantity: number;
}

/**
 * `filling`: what was missed is being fetched, nothing of the stream is told before; `live`: the stream is trusted;
 * `gap`: it flows, but the venue's pages cannot be had at present, so minutes may be missing; `down`: no stream.
 */
export type SeriesState = 'down' | 'filling' | 'live' | 'gap';

export type LiveEvent =
  /** A closed bar that was not told before; in order of time, except bars that were missed and come late. */
  | { readonly kind: 'closed'; readonly bar: LiveBar }
  /** The open minute as it stands. */
  | { readonly kind: 'forming'; readonly bar: LiveBar }
  /** A closed bar was told with other values before. */
  | { readonly kind: 'corrected'; readonly bar: LiveBar }
  | { readonly kind: 'mark'; readonly mark: LiveMark }
  | { readonly kind: 'liquidation'; readonly liquidation: LiveLiquidation }
  | { readonly kind: 'state'; readonly instrumentId: string; readonly state: SeriesState };

export interface SeriesStatus {
  readonly instrumentId: string;
  readonly state: SeriesState;
  /** Open time of the newest closed bar, UTC ms; null before the first. */
  readonly lastClosedTs: number | null;
  /** Our clock when its stream last said anything; null before. */
  readonly lastUpdateAt: number | null;
  /** Closed bars up to here were confirmed by the venue's pages, five minutes after their close or later. */
  readonly settledTo: number;
  /** Closed bars that were told otherwise at first. */
  readonly corrections: number;
  /** Why the venue does not serve its stream; null when it does. */
  readonly refusal: string | null;
}

/** One connection to a venue, as the watchdog sees it. */
export interface StreamStatus {
  readonly venue: string;
  /** Position among the venue's connections. */
  readonly connection: number;
  readonly state: 'connecting' | 'open' | 'waiting';
  readonly topics: number;
  /** Our clock at the last frame with data; null before the first. */
  readonly lastDataAt: number | null;
  /** Age of the newest data in ms; null before the first. What the watchdog looks at. */
  readonly dataAgeMs: number | null;
  readonly reconnects: number;
  /** Frames read, and those that could not be. */
  readonly frames: number;
  readonly badFrames: number;
  /** Why it was last cut or could not be opened. */
  readonly lastProblem: string | null;
}

export interface VenueClockStatus {
  readonly venue: string;
  /** Venue's clock minus ours, ms; null before it was measured. */
  readonly skewMs: number | null;
  /** Our clock, UTC ms; null before the first measurement. */
  readonly measuredAt: number | null;
}

/** Everything that tells whether live data is whole and how late it is. */
export interface LiveStatus {
  readonly series: readonly SeriesStatus[];
  readonly streams: readonly StreamStatus[];
  readonly clocks: readonly VenueClockStatus[];
  /** Closed bars that are not on disk yet, and the age of the oldest of them in ms. */
  readonly waitingRows: number;
  readonly waitingMs: number;
  /** Why the last publication failed; null when it did not. */
  readonly writeProblem: string | null;
  /** Forming updates, marks and states left out because a listener was slow. */
  readonly dropped: number;
}
