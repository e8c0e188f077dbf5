/** Reading numbers and bar lengths from a request, as leniently as venues do. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Bar lengths by the commonest names; venues with other names have tables of their own. */
export const INTERVALS: Readonly<Record<string, number>> = {
  '1m': MINUTE,
  '3m': 3 * MINUTE,
  '5m': 5 * MINUTE,
  '15m': 15 * MINUTE,
  '30m': 30 * MINUTE,
  '1h': HOUR,
  '2h': 2 * HOUR,
  '4h': 4 * HOUR,
  '6h': 6 * HOUR,
  '8h': 8 * HOUR,
  '12h': 12 * HOUR,
  '1d': 24 * HOUR,
};

/** The number of this name; `fallback` when it is left out; NaN when it is no number. */
export function numberOf(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null || text === '') return fallback;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
}

export const isBound = (value: number): boolean => !Number.isNaN(value) && value >= 0;
