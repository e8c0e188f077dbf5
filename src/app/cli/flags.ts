/** Parsing of what people type: ranges, whole numbers, choices. Every refusal says what is allowed. */
import { TidewatchError } from '../../errors.js';
import { parseTime } from '../parse-time.js';

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
