import { TidewatchError } from '../../errors.js';

/** @throws TidewatchError `bad_parameter` unless `value` is an integer ≥ `least` */
export function requireLength(name: string, value: number, least = 1): number {
  if (!Number.isInteger(value) || value < least) {
    throw new TidewatchError(
      'bad_parameter',
      `${name} is ${value}, not a whole number of at least ${least}`,
      {
        hint: `give ${name} as a number of bars`,
        details: { parameter: name, value },
      },
    );
  }
  return value;
}
