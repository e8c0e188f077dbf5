/** Parsing of what people type: times, whole numbers, choices. Every refusal says what is allowed. */
import { TidewatchError } from '../../errors.js';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * ISO-8601 with a zone, or a date (00:00 UTC), as epoch milliseconds.
 * @throws TidewatchError `naive_time` for a date-time without zone, `bad_parameter`
 */
export function parseTime(value: string, name: string): number {
  const zoned = DATE_TIME.exec(value);
  if (zoned && !zoned[3]) {
    throw new TidewatchError('naive_time', `${name} "${value}" has no zone`, {
      hint: `write ${value.replace(' ', 'T')}Z for UTC`,
      details: { parameter: name, value },
    });
  }
  const time = DATE.test(value) || zoned ? Date.parse(value.replace(' ', 'T')) : Number.NaN;
  if (Number.isNaN(time) || (DATE.test(value) && new Date(time).toISOString().slice(0, 10) !== value)) {
    throw new TidewatchError('bad_parameter', `${name} "${value}" is not a time`, {
      hint: 'write 2024-05-08 or 2024-05-08T12:00:00Z',
      details: { parameter: name, value },
    });
  }
  return time;
}

/** @throws TidewatchError `bad_parameter` */
export function parseWhole(value: string, name: string, minimum: number, maximum: number): number {
  const parsed = Number(value);
  if (!/^\d+$/.test(value) || parsed < minimum || parsed > maximum) {
    throw new TidewatchError(
      'bad_parameter',
      `${name} "${value}" is not a whole number from ${minimum} to ${maximum}`,
      {
        hint: `give ${name} a whole number from ${minimum} to ${maximum}`,
        details: { parameter: name, value },
      },
    );
  }
  return parsed;
}

/** @throws TidewatchError `bad_parameter` */
export function parseChoice<T extends string>(value: string, name: string, choices: readonly T[]): T {
  if ((choices as readonly string[]).includes(value)) return value as T;
  throw new TidewatchError('bad_parameter', `unknown ${name} "${value}"`, {
    hint: `use ${choices.length > 1 ? `one of ${choices.join(', ')}` : choices[0]}`,
    details: { parameter: name, value, choices },
  });
}

/**
 * A half-open range [from, to) in epoch ms; a missing end is open.
 * @throws TidewatchError `bad_parameter` when it is empty
 */
export function parseRange(from?: string, to?: string): { from: number | undefined; to: number | undefined } {
  const range = {
    from: from === undefined ? undefined : parseTime(from, '--from'),
    to: to === undefined ? undefined : parseTime(to, '--to'),
  };
  if (range.from !== undefined && range.to !== undefined && range.from >= range.to) {
    throw new TidewatchError('bad_parameter', `the range from ${from} to ${to} is empty`, {
      hint: 'give --to a later time than --from',
      details: { from: range.from, to: range.to },
    });
  }
  return range;
}
