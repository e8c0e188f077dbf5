/**
 * What the thin clients of data providers share: an address, a key in a header, two ways to ask.
 *
 * Damage in a list of rows (null for a number, columns in the wrong place, a hole) is seldom there twice: the provider is
 * asked again, and only what comes back the same is the provider's word. Then the rows that cannot be read are left out
 * and counted: one broken coin does not cost the other 249, and none disappears unseen.
 */
import type { z } from 'zod';
import { decimal } from './candle-rows.js';
import { jsonOf, type VenueHttp } from './venue-http.js';

export interface RowsQuestion<Row> {
  readonly path: string;
  readonly parameters?: Readonly<Record<string, string | number | undefined>>;
  /** The answer, as far as its list. */
  readonly list: z.ZodType<readonly unknown[]>;
  readonly row: z.ZodType<Row>;
  /** What the rows lack that should be there; undefined: nothing. */
  readonly lacks?: (rows: readonly Row[]) => string | undefined;
}

/** Looks at an answer at most, where each is damaged in another way. */
const MOST_LOOKS = 3;

export class Provider {
  /** @param headers carry the key; they are in no error and no log */
  constructor(
    readonly http: VenueHttp,
    private readonly baseUrl: string,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  /** A GET, its answer checked. */
  get<Schema extends z.ZodType>(
    path: string,
    parameters: Readonly<Record<string, string | number | undefined>>,
    schema: Schema,
    signal?: AbortSignal,
  ): Promise<z.infer<Schema>> {
    return this.ask(path, parameters, (answer) => schema.parse(answer), signal);
  }

  /**
   * A GET for rows, each checked for itself.
   * @returns those that can be read, in the provider's order
   * @throws VenueError; `bad_payload` too where there are rows and none can be read
   */
  rows<Row>(question: RowsQuestion<Row>, signal?: AbortSignal): Promise<readonly Row[]> {
    const { path, parameters = {}, list, row, lacks } = question;
    let looks = 0;
    let before: string | undefined;
    const read = (answer: unknown): readonly Row[] => {
      const given = list.parse(answer);
      const rows: Row[] = [];
      const damaged: unknown[] = [];
      for (const each of given) {
        const parsed = row.safeParse(each);
        if (parsed.success) rows.push(parsed.data);
        else damaged.push(each);
      }
      if (given.length > 0 && rows.length === 0) throw new RangeError('none of its rows can be read');
      const missing = lacks?.(rows);
      const trouble =
        damaged.length === 0 && missing === undefined ? undefined : JSON.stringify([damaged, missing]);
      looks += 1;
      const isLast = looks >= Math.min(MOST_LOOKS, this.http.parts.tries) || trouble === before;
      if (trouble !== undefined && !isLast) {
        before = trouble;
        throw new RangeError(missing ?? `${damaged.length} of ${given.length} rows cannot be read`);
      }
      this.http.invalidRows += damaged.length;
      return rows;
    };
    return this.ask(path, parameters, read, signal);
  }

  private ask<T>(
    path: string,
    parameters: Readonly<Record<string, string | number | undefined>>,
    read: (answer: unknown) => T,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const url = new URL(this.baseUrl.replace(/\/+$/, '') + path);
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const request = { url: url.toString(), method: 'GET' as const, headers: this.headers };
    return this.http.ask(request, { weight: 1 }, (answer) => read(jsonOf(answer)), signal);
  }
}

/** A price: a number, written as text or not. */
export const positive = decimal.refine((value) => value > 0, 'must be above zero');
/** An amount. */
export const amount = decimal.refine((value) => value >= 0, 'must not be negative');
/** UTC ms of this century, so that a price in its place, or seconds, are none. */
export const moment = decimal.refine((value) => value > 1e12 && value < 4.1e12, 'must be a time in ms');

/** Of rows with the same key the last one. */
export function lastOfEach<Row>(rows: readonly Row[], key: (row: Row) => string | number): Row[] {
  return [...new Map(rows.map((row) => [key(row), row])).values()];
}
