/**
 * What a time column counts. A number's size tells its unit: the ranges of seconds, milliseconds, microseconds and
 * nanoseconds for 1973 to 2286 do not touch. So a column is of one unit when its smallest and largest value are;
 * anything else is refused, never guessed. Text must carry a zone; a plain date is midnight UTC.
 */
import { TidewatchError } from '../../../errors.js';

/** Smallest value and divisor to milliseconds (seconds: multiplied by 1,000). The range ends at 100 × the smallest. */
const UNITS = {
  s: { from: 1e8, perMillisecond: 1e-3 },
  ms: { from: 1e11, perMillisecond: 1 },
  us: { from: 1e14, perMillisecond: 1e3 },
  ns: { from: 1e17, perMillisecond: 1e6 },
} as const;

export type TimeUnit = keyof typeof UNITS;

export const TIME_UNITS = Object.keys(UNITS) as readonly TimeUnit[];

/** What a column of numbers looks like as times, one entry a column and file. */
export interface NumberColumn {
  readonly name: string;
  readonly file: string;
  readonly smallest: number;
  readonly largest: number;
  /** Values in the range of each unit. */
  readonly counts: Readonly<Record<TimeUnit, number>>;
  /** Data row (1-based) of the first value in the range of each unit. */
  readonly firstRows: Readonly<Partial<Record<TimeUnit, number>>>;
}

/**
 * The one unit of a column of numbers. Single values outside every range are for the caller to refuse.
 * @throws TidewatchError `ambiguous_time_unit` when values of two units are there, or of none
 */
export function chooseTimeUnit({ name, file, smallest, largest, counts, firstRows }: NumberColumn): TimeUnit {
  const units = TIME_UNITS.filter((unit) => counts[unit] > 0);
  if (units.length === 1) return units[0]!;
  const sentence =
    units.length === 0
      ? `column "${name}" of ${file} (${smallest} to ${largest}) holds no times in s, ms, µs or ns`
      : `column "${name}" of ${file} mixes times in ${units.map((unit) => `${unit} (${counts[unit]} from row ${firstRows[unit]} on)`).join(' and ')}`;
  throw new TidewatchError('ambiguous_time_unit', sentence, {
    hint: 'give the column one unit, or map ts to another column',
    details: {
      column: name,
      file,
      smallest,
      largest,
      counts,
      ...(units.length > 1 && { row: Math.max(...units.map((unit) => firstRows[unit] ?? 0)) }),
    },
  });
}

/** SQL: a numeric expression in `unit` as whole epoch milliseconds. */
export function millisecondsSql(expression: string, unit: TimeUnit): string {
  if (unit === 'ms') return `round(${expression})::BIGINT`;
  return unit === 's'
    ? `round(${expression} * 1000)::BIGINT`
    : `floor(${expression} / ${UNITS[unit].perMillisecond})::BIGINT`;
}

/** SQL: true when a numeric expression lies in the range of `unit`. */
export function fitsUnitSql(expression: string, unit: TimeUnit): string {
  const { from } = UNITS[unit];
  return `(${expression} >= ${from} and ${expression} < ${from * 100})`;
}

const DATE = '^\\d{4}-\\d{2}-\\d{2}$';
const CLOCK = '^\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}(:\\d{2}([.,]\\d{1,9})?)?';
const ZONE = ' ?(Z|z|UTC|GMT|[+-]\\d{2}(:?\\d{2})?)$';

/** SQL: ISO-8601 text as epoch milliseconds; NULL when it is no time, or has no zone and `assumeUtc` is off. */
export function isoMillisecondsSql(text: string, assumeUtc: boolean): string {
  const normal = `regexp_replace(regexp_replace(replace(trim(${text}), ',', '.'), ' ?(Z|z|UTC|GMT)$', '+00'), '([+-]\\d{2})(\\d{2})$', '\\1:\\2')`;
  const naive = assumeUtc
    ? `when regexp_matches(trim(${text}), '${CLOCK}$') then epoch_ms(try_cast(replace(trim(${text}), ',', '.') as TIMESTAMP))`
    : '';
  return `case when regexp_matches(trim(${text}), '${DATE}') then epoch_ms(try_cast(trim(${text}) as TIMESTAMP))
    when regexp_matches(trim(${text}), '${CLOCK}${ZONE}') then epoch_ms(try_cast(${normal} as TIMESTAMPTZ)) ${naive} end`;
}

/** SQL: true for a date-time that lacks its zone. */
export function isNaiveSql(text: string): string {
  return `regexp_matches(trim(${text}), '${CLOCK}$')`;
}
