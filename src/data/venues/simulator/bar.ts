/** One bar or one event as the simulator hands it to a venue's writer; objects only live as long as one answer. */

/** Anything that stands in a page: it has a moment. */
export interface Row {
  /** UTC ms: open time of a bar, moment of an event. */
  readonly time: number;
}

/** Prices in quote currency. */
export interface Bar extends Row {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Base units. */
  readonly volume: number;
  /** Trades so far. */
  readonly trades: number;
  /** Whether the bar had closed when it was read. */
  readonly final: boolean;
}

export interface Funding extends Row {
  /** Fraction per interval; positive: longs pay. */
  readonly rate: number;
  readonly intervalHours: number;
}

export interface OpenInterest extends Row {
  /** Base units. */
  readonly amount: number;
  /** USD. */
  readonly value: number;
}

export interface Trade extends Row {
  readonly id: number;
  readonly price: number;
  readonly size: number;
  /** True when the buyer took. */
  readonly buy: boolean;
}

export interface Liquidation extends Row {
  readonly price: number;
  readonly size: number;
  /** The position that was closed. */
  readonly side: 'long' | 'short';
}
