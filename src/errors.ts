/**
 * The error catalogue: every failure a caller can meet has a code, an exit code and an HTTP status, listed here
 * once and described in docs/reference/errors.md (a test compares the two).
 *
 * A message is one sentence in the order "what failed · why"; the hint is what to do next.
 */

/** Exit codes of the command line (docs/reference/cli.md). */
export const EXIT = {
  ok: 0,
  findings: 1,
  usage: 2,
  input: 3,
  venue: 4,
  internal: 5,
  interrupted: 130,
} as const;

interface ErrorKind {
  /** Process exit code. */
  readonly exit: number;
  /** HTTP status of an API answer. */
  readonly http: number;
  /** One line for the reference page. */
  readonly summary: string;
}

/**
 * Exit code, HTTP status and meaning of every error code; docs/reference/errors.md says what to do about each.
 */
export const ERROR_CATALOGUE = {
  // Usage
  bad_parameter: {
    exit: 2,
    http: 400,
    summary: 'A flag, argument or request field has a value that is not allowed.',
  },
  unknown_timeframe: {
    exit: 2,
    http: 400,
    summary: 'The timeframe is not one of 1m 5m 13m 15m 30m 1h 4h 1d.',
  },
  invalid_instrument: {
    exit: 2,
    http: 400,
    summary: 'The text is not an instrument id or a short form of one.',
  },
  ambiguous_instrument: { exit: 2, http: 400, summary: 'A short form fits more than one instrument.' },
  confirmation_required: {
    exit: 2,
    http: 400,
    summary: 'A deleting command needs --yes when there is no terminal.',
  },
  naive_time: { exit: 2, http: 400, summary: 'A date-time carries no zone; times are UTC and say so.' },
  // Configuration and home
  invalid_config: {
    exit: 3,
    http: 400,
    summary: 'The configuration file or an environment value does not fit the schema.',
  },
  home_not_writable: { exit: 3, http: 500, summary: 'The home folder cannot be created or written.' },
  home_in_use: { exit: 3, http: 409, summary: 'Another process owns the home, or is writing to it.' },
  disk_full: { exit: 3, http: 500, summary: 'The disk is full; what was published before stays intact.' },
  not_enough_disk: {
    exit: 3,
    http: 507,
    summary: 'A download would not fit on the disk; it was not started.',
  },
  write_failed: {
    exit: 3,
    http: 500,
    summary: 'A file could not be written; nothing half-written is visible.',
  },
  port_in_use: { exit: 3, http: 500, summary: 'The port that was asked for is taken.' },
  // Series
  empty_series: { exit: 3, http: 404, summary: 'A series or file holds no rows.' },
  column_length_mismatch: { exit: 3, http: 422, summary: 'The columns of a series differ in length.' },
  time_not_increasing: { exit: 3, http: 422, summary: 'Open times are duplicated or out of order.' },
  non_finite_value: { exit: 3, http: 422, summary: 'A price, volume or time is missing, NaN or infinite.' },
  non_positive_price: { exit: 3, http: 422, summary: 'A price is zero or negative.' },
  inconsistent_bar: {
    exit: 3,
    http: 422,
    summary: 'High is below, or low is above, another price of the same bar.',
  },
  negative_volume: { exit: 3, http: 422, summary: 'A volume is negative.' },
  // Input files
  file_not_found: { exit: 3, http: 404, summary: 'A file or folder does not exist.' },
  unreadable_file: { exit: 3, http: 422, summary: 'A file exists but cannot be read in the stated format.' },
  checksum_mismatch: {
    exit: 3,
    http: 422,
    summary:
      'A file does not match the checksum beside it, or a run that is made again comes out differently.',
  },
  missing_column: { exit: 3, http: 422, summary: 'An input file lacks a column that the target needs.' },
  ambiguous_time_unit: { exit: 3, http: 422, summary: 'The time column mixes units or fits none.' },
  unreadable_value: { exit: 3, http: 422, summary: 'A cell is not the number or time its column needs.' },
  malformed_row: { exit: 3, http: 422, summary: 'A row has too few or too many fields, or an open quote.' },
  implausible_value: { exit: 3, http: 422, summary: 'A value is outside what its unit can be.' },
  misaligned_time: { exit: 3, http: 422, summary: 'An open time lies off the grid of its timeframe.' },
  future_time: { exit: 3, http: 422, summary: 'A time lies in the future.' },
  // Lake
  no_data: { exit: 3, http: 404, summary: 'The lake holds nothing for what was asked.' },
  corrupt_file: {
    exit: 3,
    http: 500,
    summary: 'A lake file does not match its checksum or cannot be decoded.',
  },
  unknown_dataset: { exit: 2, http: 400, summary: 'The dataset is not one the lake knows.' },
  query_timeout: { exit: 3, http: 504, summary: 'A lake query ran longer than five minutes.' },
  query_refused: { exit: 2, http: 400, summary: 'The SQL is not a single read-only query.' },
  // Features and models
  non_finite_input: { exit: 3, http: 422, summary: 'A model was given NaN or an infinite value.' },
  too_few_rows: { exit: 3, http: 422, summary: 'There are fewer rows than the model or command needs.' },
  not_enough_memory: {
    exit: 3,
    http: 422,
    summary: 'A computation would take more memory than is free; it was not started.',
  },
  degenerate_data: {
    exit: 3,
    http: 422,
    summary: 'The rows carry no information to fit (identical, or no viable model).',
  },
  invalid_parameters: {
    exit: 3,
    http: 422,
    summary: 'Model parameters are not a probability model of the stated shape.',
  },
  lookahead: {
    exit: 3,
    http: 422,
    summary: 'A feature set uses data that were not known yet; no model is trained on it.',
  },
  not_causal: {
    exit: 3,
    http: 422,
    summary: 'The model tells a state only with hindsight; it has no filter and no live answer.',
  },
  unknown_model: {
    exit: 3,
    http: 404,
    summary: 'No saved model has this id, or none fits the instrument and timeframe.',
  },
  unknown_run: { exit: 3, http: 404, summary: 'No run has this id.' },
  unsupported_schema_version: {
    exit: 3,
    http: 422,
    summary: 'A record was written by a version with another schema.',
  },
  // Serving
  missing_secret: { exit: 3, http: 500, summary: 'A secret that is needed here is not set.' },
  unauthorized: { exit: 2, http: 401, summary: 'A changing call carries no token, or a wrong one.' },
  forbidden_origin: { exit: 2, http: 403, summary: 'A call names a host or origin that is not served.' },
  unknown_route: { exit: 2, http: 404, summary: 'The server has nothing at this address.' },
  payload_too_large: { exit: 2, http: 413, summary: 'A request body or address is longer than allowed.' },
  rate_limited: { exit: 3, http: 429, summary: 'One address has called more often than allowed.' },
  job_running: { exit: 3, http: 409, summary: 'The same work is running already.' },
  unknown_job: { exit: 3, http: 404, summary: 'No job has this id.' },
  items_failed: {
    exit: 1,
    http: 502,
    summary: 'More than half of the items of a scheduled run failed, so the run counts as failed.',
  },
  job_timeout: { exit: 3, http: 504, summary: 'A job ran longer than its kind allows and was stopped.' },
  // Venues
  download_unavailable: {
    exit: 4,
    http: 501,
    summary: 'Bars would have to come from a venue, and the instrument belongs to none that can be asked.',
  },
  not_offered: { exit: 2, http: 400, summary: 'The venue does not offer what was asked of it.' },
  venue_rate_limited: {
    exit: 4,
    http: 503,
    summary: 'A venue says that it was asked too often, and kept saying so.',
  },
  venue_banned: { exit: 4, http: 503, summary: 'A venue has banned this address for a while.' },
  venue_blocked: { exit: 4, http: 502, summary: 'A venue does not serve this region or refuses the key.' },
  unknown_symbol: { exit: 4, http: 404, summary: 'A venue does not list this symbol.' },
  venue_refused: { exit: 4, http: 502, summary: 'A venue refuses the parameters of a request.' },
  venue_unavailable: { exit: 4, http: 503, summary: 'A venue does not answer, or its server fails.' },
  bad_payload: { exit: 4, http: 502, summary: 'A venue answers something else than it documents.' },
  cursor_stuck: {
    exit: 4,
    http: 502,
    summary: 'A venue keeps answering another range than the one that was asked for.',
  },
  // Operational store
  store_unavailable: {
    exit: 5,
    http: 503,
    summary: 'The operational database cannot be opened or has stopped answering.',
  },
  schema_mismatch: {
    exit: 3,
    http: 500,
    summary: 'The operational database was made by another version, or lacks tables or columns.',
  },
  corrupt_backup: {
    exit: 3,
    http: 422,
    summary: 'A backup of the operational database is cut off, changed or not one.',
  },
  migration_failed: { exit: 5, http: 500, summary: 'A migration of the operational database failed.' },
  // Internal
  internal: { exit: 5, http: 500, summary: 'A bug: the stack trace is shown with --debug.' },
} as const satisfies Record<string, ErrorKind>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** What an error says beside its sentence. */
export interface ErrorContext {
  /** What to do next, one imperative clause. */
  hint?: string;
  /** Machine-readable facts (row, column, file …); snake_case keys, epoch-ms times. */
  details?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/** The only error type that Tidewatch throws on purpose. Anything else that reaches the edge is `internal`. */
export class TidewatchError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = 'TidewatchError';
    this.code = code;
    this.hint = context.hint;
    this.details = context.details ?? {};
  }

  get exitCode(): number {
    return ERROR_CATALOGUE[this.code].exit;
  }

  get httpStatus(): number {
    return ERROR_CATALOGUE[this.code].http;
  }
}
