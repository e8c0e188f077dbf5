/** Which ranges the chart offers and which level of detail draws one. No DOM. */

export interface ChartRange {
  name: string;
  /** ms before the end; Infinity = everything. */
  length: number;
}

const RANGE_DAY = 86_400_000;
const OFFERED_RANGES: ChartRange[] = [
  { name: '5Y', length: 1826 * RANGE_DAY },
  { name: '1Y', length: 365 * RANGE_DAY },
  { name: '90D', length: 90 * RANGE_DAY },
  { name: '30D', length: 30 * RANGE_DAY },
  { name: '7D', length: 7 * RANGE_DAY },
  { name: '1D', length: RANGE_DAY },
];
const FEWEST_BARS = 48;
const MOST_RANGES = 4;
/** Bars one by one want more room than buckets. */
const PIXELS_PER_BAR = 1.3;
/** Candles need this many pixels each to be told apart. */
const PIXELS_PER_ROW = 0.7;

/** Everything first, then up to four shorter ranges that hold enough bars to be worth a look. */
export function offeredRanges(span: number, barLength: number): ChartRange[] {
  const shorter = OFFERED_RANGES.filter(
    ({ length }) => length < 0.9 * span && length >= FEWEST_BARS * barLength,
  ).slice(0, MOST_RANGES);
  return [{ name: 'All', length: Number.POSITIVE_INFINITY }, ...shorter];
}

/** The longest range whose single bars find room; of a long daily history that is about a year. */
export function defaultRange(ranges: readonly ChartRange[], barLength: number, width: number): ChartRange {
  const fits = ranges.find(({ length }) => (length / barLength) * PIXELS_PER_BAR <= width);
  return fits ?? ranges.at(-1)!;
}

/** Rows of one level of detail, open times in UTC seconds. */
export interface TimedRows {
  readonly rows: number;
  readonly time: Float64Array;
}

/** First row whose time is ≥ `seconds`. */
export function rowAtOrAfter(level: TimedRows, seconds: number): number {
  let low = 0;
  let high = level.rows;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (level.time[middle]! < seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Finest level that reaches back to `from` and whose rows up to `to` (UTC ms) find room in `width` px; else the coarsest. */
export function levelFor<T extends TimedRows>(
  levels: readonly T[],
  from: number,
  to: number,
  width: number,
): T {
  const fits = levels.find(
    (level) =>
      (level.time[0]! * 1000 <= from || level === levels.at(-1)) &&
      (rowAtOrAfter(level, to / 1000) - rowAtOrAfter(level, from / 1000)) * PIXELS_PER_ROW <= width,
  );
  return fits ?? levels.at(-1)!;
}
