/**
 * What the simulator needs to know of a venue: how it answers, how it refuses, what its limits are and how its stream
 * speaks. A protocol is a pure function of the request and the virtual time; faults, limits and sockets are outside.
 */
import type { Bar, Liquidation, Row, Trade } from './bar.js';
import type { BarTable, SimulatedMarket } from './simulated-market.js';
import type { Endpoint, VenueId } from './venue-ids.js';

export interface Ask {
  readonly method: string;
  /** Below the venue's prefix: `/fapi/v1/klines`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Parsed JSON of a POST. */
  readonly body: unknown;
  /** Header by its lower-case name; never logged. */
  header(name: string): string | undefined;
}

/** Moment and markets of an answer. */
export interface Scene {
  readonly now: number;
  /** What the venue's server time says; differs from `now` while a clock fault lasts. */
  readonly serverTime: number;
  readonly markets: readonly SimulatedMarket[];
}

/** A list of rows inside a JSON document; faults act on the rows before they become text. */
export interface Page<R extends Row = Row> {
  readonly endpoint: Endpoint;
  /** The venue's symbol, as the document may repeat it; empty where it is about many. */
  readonly symbol: string;
  /** Step of the grid on which rows lie, ms; 0 without a grid. */
  readonly interval: number;
  /** Closed bars straight from a table, ahead of `rows`: [first, last). */
  readonly range?: {
    readonly market: SimulatedMarket;
    readonly table: BarTable;
    readonly first: number;
    readonly last: number;
  };
  /** In time order, whatever the venue's order. */
  readonly rows: readonly R[];
  readonly newestFirst: boolean;
  writeRow(row: R): string;
  readonly prefix: string;
  readonly suffix: string;
}

/** A whole JSON document without rows, or a refusal. */
export interface Document {
  readonly endpoint: Endpoint;
  readonly symbol?: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Answer = { readonly page: Page } | { readonly document: Document };

/** A refusal in the venue's own words. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Dialect {
  /** @param wait seconds for Retry-After; left out when undefined */
  rateLimited(wait: number | undefined, used: number): Refusal;
  banned(until: number, wait: number): Refusal;
  serverError(): Refusal;
  maintenance(): Refusal;
  invalidParameter(): Refusal;
}

/** A venue's budget of request weight per window, and how long who exceeds it is shut out. */
export interface LimitPolicy {
  readonly windowMs: number;
  readonly budget: number;
  readonly banMs: number;
  /** Cost of an answer with this many rows. */
  weight(ask: Ask, rows: number): number;
  headers(used: number): Readonly<Record<string, string>>;
}

/** One thing that a client listens to. */
export interface Channel {
  /** As the client named it; unsubscribing uses the same name. */
  readonly name: string;
  readonly kind: 'bars' | 'trades' | 'mark' | 'liquidations';
  readonly market: SimulatedMarket;
  /** Bar length; 0 for other kinds. */
  readonly interval: number;
  /** The venue's word for the bar length. */
  readonly intervalName: string;
}

/** What a client's message leads to. */
export interface Received {
  readonly replies: readonly string[];
  readonly subscribe: readonly Channel[];
  readonly unsubscribe: readonly string[];
  /** True for a ping: a half-open connection does not answer it. */
  readonly isPing?: boolean;
}

export interface StreamDialect {
  /** Subscriptions that the address itself asks for. */
  open(path: string, query: URLSearchParams, scene: Scene): readonly Channel[];
  receive(text: string, scene: Scene, connection: { readonly path: string }): Received;
  /** First message of a new subscription, where the venue sends one. */
  snapshot?(channel: Channel, scene: Scene): string | undefined;
  bar(channel: Channel, bar: Bar, at: number, path: string): string;
  trades(channel: Channel, trades: readonly Trade[], at: number, path: string): readonly string[];
  mark(channel: Channel, at: number, path: string): string;
  liquidation(channel: Channel, event: Liquidation, at: number, path: string): string;
  /** Whether the stream marks a closed bar as final, or leaves it to the next bar's first update. */
  readonly marksFinal: boolean;
  /** How the stream names a market, where it is not how pages do. */
  symbolOf?(market: SimulatedMarket): string;
  /** Refusal of a subscription. */
  refuse(text: string): string;
}

export interface VenueProtocol {
  readonly id: VenueId;
  readonly kind: 'perp' | 'spot';
  /** Usual hours between funding settlements; 0 without funding. */
  readonly fundingHours: number;
  symbolOf(market: SimulatedMarket): string;
  answer(ask: Ask, scene: Scene): Answer;
  readonly dialect: Dialect;
  readonly limits: LimitPolicy;
  readonly stream?: StreamDialect;
}

/** An answer with a JSON body; 200 unless said. */
export function json(
  endpoint: Endpoint,
  value: unknown,
  extra: { status?: number; symbol?: string; headers?: Record<string, string> } = {},
): Answer {
  const { status = 200, symbol, headers = {} } = extra;
  return {
    document: {
      endpoint,
      ...(symbol === undefined ? {} : { symbol }),
      status,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(value),
    },
  };
}

/** An error in the venue's own words, outside the faults. */
export function refusal(status: number, value: unknown, headers: Record<string, string> = {}): Refusal {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  };
}

/** An answer of the venue that says no: it is about the request, so no fault made it. */
export function refused(endpoint: Endpoint, { status, headers, body }: Refusal): Answer {
  return { document: { endpoint, status, headers, body } };
}
