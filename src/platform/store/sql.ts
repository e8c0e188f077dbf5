/**
 * What the store needs of a database, the same of the embedded one and of a server: parameterised queries, scripts of
 * several statements, transactions.
 *
 * Types are the same on both: 64-bit integers and counts are numbers, `numeric` is text (it is exact, a double is not),
 * `timestamptz` is epoch ms UTC, `jsonb` is parsed. Parameters: JSON is passed as text, times through `instant`.
 */
import { TidewatchError } from '../../errors.js';

export type Row = Record<string, unknown>;

export interface SqlResult<T extends object = Row> {
  readonly rows: T[];
  /** Rows changed by an INSERT, UPDATE or DELETE. */
  readonly affected: number;
}

export interface Sql {
  query<T extends object = Row>(text: string, parameters?: readonly unknown[]): Promise<SqlResult<T>>;
  /** Several statements, no parameters; with its own BEGIN and COMMIT it is all or nothing. */
  script(text: string): Promise<void>;
}

export interface SqlDriver extends Sql {
  readonly engine: 'pglite' | 'postgres';
  /** Commits when the work resolves, rolls back when it rejects. Other queries of the process wait or run beside it. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Epoch ms as a parameter of type timestamptz. */
export function instant(time: number): string {
  return new Date(time).toISOString();
}

/** Object identifiers of the types that are read otherwise than the database clients do by default. */
export const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  20: Number,
  1700: (text) => text,
  1114: (text) => Date.parse(`${text.replace(' ', 'T')}Z`),
  1184: (text) => parseInstant(text),
};

/** `2026-01-05 13:00:00.123+00` → epoch ms. Sessions run in UTC. */
function parseInstant(text: string): number {
  return Date.parse(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
}

/** The state code of a failed statement: `23505` is a unique key, and so on; undefined for other errors. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** @returns the violated constraint or index when the error is one of uniqueness */
export function violatedKey(error: unknown): string | undefined {
  if (sqlState(error) !== '23505') return undefined;
  return (error as { constraint?: string }).constraint ?? '';
}

/** What a driver threw as `store_unavailable`; errors of this product stay as they are. */
export function asStoreError(error: unknown, where: string): TidewatchError {
  if (error instanceof TidewatchError) return error;
  return new TidewatchError(
    'store_unavailable',
    `the operational database cannot be used · ${where}: ${error instanceof Error ? error.message : String(error)}`,
    {
      hint: 'run: tidewatch db status',
      cause: error,
    },
  );
}
