/**
 * How an exchange speaks on its WebSocket, as pure text: what to send for a subscription, what a frame says. Sockets,
 * faults and time are outside (stream-connection.ts). Every frame is checked with zod; one that does not fit throws and
 * is counted by the connection, never more than that (pipelines spec §7).
 */
import type { Instrument } from '../../../market/instrument.js';
import type { StreamLimits } from './stream-gate.js';

export type TopicKind = 'bars' | 'trades' | 'mark' | 'liquidations';

/** One subscription. */
export interface Topic {
  readonly kind: TopicKind;
  readonly instrument: Instrument;
  /** As the venue writes the market in this stream. */
  readonly symbol: string;
  /** The venue's name of the subscription, unique among its kind; several instruments may share one. */
  readonly name: string;
  /** Where it is served: what follows the host. Topics of different paths need different connections. */
  readonly path: string;
}

/** A candle of one minute. */
export interface StreamBar {
  /** As in the topic. */
  readonly symbol: string;
  /** Open time, UTC ms. */
  readonly ts: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Base units. */
  readonly volume: number;
  /** NaN where the venue does not say. */
  readonly quoteVolume: number;
  /** NaN where the venue does not say. */
  readonly trades: number;
  /** The venue says that it is closed; always false where it never says. */
  readonly saysClosed: boolean;
  /** Venue's time of the message, UTC ms; NaN where it does not say. */
  readonly eventAt: number;
}

/** Price in quote currency. */
export interface StreamTrade {
  readonly symbol: string;
  readonly id: string;
  /** UTC ms. */
  readonly ts: number;
  readonly price: number;
  /** Base units, or contracts. */
  readonly size: number;
}

/** What a message of marks says; NaN for what it does not. */
export interface StreamMark {
  readonly symbol: string;
  readonly eventAt: number;
  readonly mark: number;
  readonly index: number;
  /** Fraction per interval. */
  readonly fundingRate: number;
  /** UTC ms. */
  readonly nextFundingAt: number;
  /** Base units. */
  readonly openInterest: number;
}

export interface StreamLiquidation {
  readonly symbol: string;
  /** UTC ms. */
  readonly ts: number;
  /** The position that was closed. */
  readonly side: 'long' | 'short';
  readonly price: number;
  /** Base units, or contracts. */
  readonly quantity: number;
}

/** Takes what frames say. */
export interface StreamReader {
  bar(bar: StreamBar): void;
  trade(trade: StreamTrade): void;
  mark(mark: StreamMark): void;
  liquidation(liquidation: StreamLiquidation): void;
  /** The venue serves a subscription: by the id of the message that asked, or by the topic's name. */
  confirmed(by: { readonly id?: string; readonly name?: string }): void;
  /** The venue refuses; without id and name nobody can tell what. */
  refused(reason: string, by: { readonly id?: string; readonly name?: string }): void;
}

export interface StreamDialect {
  /** `wss://host[:port]`; a base_url takes its place. */
  readonly host: string;
  /** None where the venue has no such stream of the instrument; several where one kind takes several. */
  topics(kind: TopicKind, instrument: Instrument): readonly Topic[];
  /** Whether trades and liquidations of the instrument come in contracts, whose size the venue tells elsewhere. */
  readonly inContracts?: (instrument: Instrument) => boolean;
  /** Topics of one connection at most. */
  readonly mostTopics: number;
  /** Topics in one message at most. */
  readonly topicsPerMessage: number;
  /** Messages of one connection in a second at most. */
  readonly messagesPerSecond: number;
  /** What the venue allows all connections of one address together. */
  readonly limits: StreamLimits;
  /** Topics of all connections together at most; undefined: as many as fit. */
  readonly mostInAll?: number;
  /**
   * @param topics of one kind
   * @param id unique on the connection; comes back in `confirmed` and `refused` where the venue repeats it
   */
  subscribe(topics: readonly Topic[], id: number): string;
  unsubscribe(topics: readonly Topic[], id: number): string;
  /** Sent every 20 s; undefined: a ping of the WebSocket protocol. */
  readonly ping: string | undefined;
  /** Whether a closed bar is marked; elsewhere only the next bar closes the one before it. */
  readonly marksClosed: boolean;
  /** @throws SyntaxError, ZodError, RangeError for a frame that is not what the venue documents */
  read(text: string, reader: StreamReader): void;
}
