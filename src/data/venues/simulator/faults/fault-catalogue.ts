/**
 * Every fault that the simulator can inject, by name, with the layer in which it acts. docs/reference/venue-simulator.md
 * lists the same names (a test compares the two), and every kind has a test that shows what it does.
 */
import { ENDPOINTS, type Endpoint } from '../venue-ids.js';

/**
 * Of requests: refusal (the venue says no), transport (how the bytes come), body (damaged text), rows (damaged pages).
 * Of what the venue knows for a while: bar, clock, market. Of streams: connect, subscribe, tick (a connection at a step
 * of the clock), frame.
 */
export type FaultLayer =
  | 'refusal'
  | 'transport'
  | 'body'
  | 'rows'
  | 'bar'
  | 'clock'
  | 'market'
  | 'connect'
  | 'subscribe'
  | 'tick'
  | 'frame';

interface FaultKindShape {
  readonly layer: FaultLayer;
  /** What it does, one line for the reference page. */
  readonly does: string;
  /** Default of `ms`: virtual time, except where `does` says real. */
  readonly ms?: number;
  /** Default of `rows`. */
  readonly rows?: number;
  /** Requests that can meet it; every HTTP endpoint when left out. */
  readonly endpoints?: readonly Endpoint[];
}

const ROWS: readonly Endpoint[] = ['bars', 'funding', 'open_interest', 'trades', 'caps', 'quotes'];
const BARS: readonly Endpoint[] = ['bars'];
const STREAM: readonly Endpoint[] = ['stream'];

export const FAULTS = {
  rate_limited: { layer: 'refusal', does: '429 with Retry-After of `ms`', ms: 5_000 },
  rate_limited_bare: { layer: 'refusal', does: '429 without Retry-After' },
  ip_banned: {
    layer: 'refusal',
    does: '418 (or what the venue uses) with Retry-After; every request until `ms` have passed is refused too',
    ms: 120_000,
  },
  forbidden: { layer: 'refusal', does: '403 with an HTML body' },
  region_blocked: { layer: 'refusal', does: '451, "restricted location"' },
  gateway_html: { layer: 'refusal', does: '503 of a gateway, HTML body' },
  server_error: { layer: 'refusal', does: "500 in the venue's own words" },
  maintenance: { layer: 'refusal', does: "the venue's maintenance answer, in some venues with status 200" },
  invalid_parameter: {
    layer: 'refusal',
    does: "the venue's refusal of a parameter; at Binance HTTP 400 with code -1130",
  },
  no_answer: { layer: 'transport', does: 'the request is read and never answered' },
  delayed_answer: { layer: 'transport', does: 'headers come after `ms` of real time', ms: 300 },
  slow_body: {
    layer: 'transport',
    does: 'headers at once, the body in ten pieces over `ms` of real time',
    ms: 300,
  },
  reset_before_headers: { layer: 'transport', does: 'the connection is reset before the status line' },
  reset_mid_body: { layer: 'transport', does: 'full Content-Length, half the body, then a reset' },
  truncated_json: {
    layer: 'body',
    does: 'a complete HTTP answer whose JSON stops at two thirds',
  },
  empty_body: { layer: 'body', does: '200 with no bytes' },
  html_body: { layer: 'body', does: '200 with an HTML page instead of JSON (captive portal)' },
  wrong_symbol: { layer: 'body', does: "the answer names another symbol where it repeats the request's" },
  empty_page: { layer: 'rows', does: 'a page without rows where there are some', endpoints: ROWS },
  duplicate_rows: { layer: 'rows', does: '`rows` rows stand twice', rows: 3, endpoints: ROWS },
  conflicting_duplicates: {
    layer: 'rows',
    does: '`rows` rows stand twice, in time order first with a wrong value, then right',
    rows: 2,
    endpoints: ROWS,
  },
  shuffled_rows: { layer: 'rows', does: 'rows out of order', endpoints: ROWS },
  misaligned_row: { layer: 'rows', does: 'one more row, off the grid of the timeframe', endpoints: BARS },
  missing_rows: {
    layer: 'rows',
    does: 'a hole of `rows` rows (at most a third) inside the page; asked again, they are there',
    rows: 5,
    endpoints: ROWS,
  },
  short_page: {
    layer: 'rows',
    does: 'half the rows, though more exist: a short page is not the end',
    // a page of trades carries its own cursor, which would jump over the other half
    endpoints: ROWS.filter((endpoint) => endpoint !== 'trades'),
  },
  page_beyond_limit: {
    layer: 'rows',
    does: '`rows` more rows than asked for, past the end of the range',
    rows: 5,
    endpoints: BARS,
  },
  outside_range: {
    layer: 'rows',
    does: '`rows` rows from before the range that was asked for',
    rows: 3,
    endpoints: BARS,
  },
  cursor_stuck: {
    layer: 'rows',
    does: 'the page before the one that was asked for: the cursor does not move',
    endpoints: BARS,
  },
  forming_as_final: {
    layer: 'rows',
    does: 'the bar that is still open comes marked as closed',
    endpoints: BARS,
  },
  stale_page: {
    layer: 'rows',
    does: 'a page from a cache: everything of the last `ms` is missing',
    ms: 600_000,
    endpoints: BARS,
  },
  wrong_type: {
    layer: 'rows',
    does: 'one field of one row is null, text, a list or an object',
    endpoints: ROWS,
  },
  missing_field: { layer: 'rows', does: 'one row lacks a field', endpoints: ROWS },
  broken_bar: {
    layer: 'rows',
    does: 'one bar with its high below its low, or a negative price',
    endpoints: BARS,
  },
  not_a_number: {
    layer: 'rows',
    does: 'one number of one row is written NaN, which is no JSON',
    endpoints: ROWS,
  },
  negative_number: {
    layer: 'rows',
    does: 'one number of one row has a minus before it',
    // a rate may be negative, and of a trade the sign is no number of its own
    endpoints: ROWS.filter((endpoint) => endpoint !== 'funding' && endpoint !== 'trades'),
  },
  numbers_as_text: {
    layer: 'rows',
    does: 'numbers come as text, and numbers that usually are text come bare',
    endpoints: ROWS,
  },
  swapped_columns: {
    layer: 'rows',
    does: 'in one row the moment (or the name) and the first number have changed places',
    endpoints: ROWS,
  },
  funding_unit_break: {
    layer: 'rows',
    does: 'rates a hundred times too large, as if fractions became percent',
    endpoints: ['funding'],
  },
  clock_skew: {
    layer: 'clock',
    does: 'server time, Date header and event times are off by `ms` (either way) for ten minutes',
    ms: 4_000,
  },
  late_bar: {
    layer: 'bar',
    does: 'a closed bar appears `ms` late, in pages and in the stream',
    ms: 45_000,
    endpoints: BARS,
  },
  corrected_bar: {
    layer: 'bar',
    does: 'a closed bar first has a wrong close and volume, and is put right after `ms`',
    ms: 60_000,
    endpoints: BARS,
  },
  funding_interval_change: {
    layer: 'market',
    does: 'from `from` on the market settles every 4 h (hourly venues: every 2 h)',
    endpoints: ['funding'],
  },
  connect_refused: { layer: 'connect', does: 'the upgrade is answered with 503', endpoints: STREAM },
  stream_disconnect: {
    layer: 'tick',
    does: 'the connection is cut without a close frame (1006)',
    endpoints: STREAM,
  },
  stream_closed: { layer: 'tick', does: 'the venue closes the stream with 1001', endpoints: STREAM },
  disconnect_storm: {
    layer: 'tick',
    does: 'cut, and the next `rows` connections are cut after their first data frame',
    rows: 4,
    endpoints: STREAM,
  },
  stream_stall: {
    layer: 'tick',
    does: 'connected, pings are answered, no data for `ms`',
    ms: 180_000,
    endpoints: STREAM,
  },
  half_open: {
    layer: 'tick',
    does: 'connected, but nothing comes any more: no data, no answer to pings',
    endpoints: STREAM,
  },
  subscribe_ignored: {
    layer: 'subscribe',
    does: 'a subscription is neither confirmed nor served',
    endpoints: STREAM,
  },
  subscribe_refused: {
    layer: 'subscribe',
    does: 'a subscription is refused with the error of the venue',
    endpoints: STREAM,
  },
  dropped_frame: { layer: 'frame', does: 'a frame is lost: a gap in the sequence', endpoints: STREAM },
  duplicate_frame: { layer: 'frame', does: 'a frame comes twice', endpoints: STREAM },
  late_frame: {
    layer: 'frame',
    does: 'a frame is held back and comes after the next one',
    endpoints: STREAM,
  },
  garbage_frame: { layer: 'frame', does: 'before the frame comes text that is no JSON', endpoints: STREAM },
  binary_frame: { layer: 'frame', does: 'before the frame comes a frame of random bytes', endpoints: STREAM },
  truncated_frame: { layer: 'frame', does: 'the JSON of a frame stops half-way', endpoints: STREAM },
  wrong_symbol_frame: { layer: 'frame', does: 'a frame names another symbol', endpoints: STREAM },
  wrong_type_frame: {
    layer: 'frame',
    does: 'a number of a frame is null, text, a list or an object',
    endpoints: STREAM,
  },
  false_final: {
    layer: 'frame',
    does: 'an update of an open bar says that it is closed',
    endpoints: STREAM,
  },
  missing_final: {
    layer: 'frame',
    does: 'the frame that closes a bar never comes',
    endpoints: STREAM,
  },
} as const satisfies Record<string, FaultKindShape>;

export type FaultKind = keyof typeof FAULTS;

export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

const HTTP_ENDPOINTS = ENDPOINTS.filter((endpoint) => endpoint !== 'stream');

/** The catalogue's entry with the endpoints that the fault can meet. */
export function faultShape(kind: FaultKind): FaultKindShape & { readonly endpoints: readonly Endpoint[] } {
  const shape: FaultKindShape = FAULTS[kind];
  return { ...shape, endpoints: shape.endpoints ?? HTTP_ENDPOINTS };
}
