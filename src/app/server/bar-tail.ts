/**
 * The newest bars that a walk has seen, as fingerprints, to tell whether files that came or went say anything else.
 * Bars of a feed land in a part each minute, parts are merged each hour: the names change and the bars do not.
 *
 * A fingerprint is 53 bits of two 32-bit hashes (FNV-1a and a multiplicative one) over the bits of high, low, close
 * and volume. A corrected bar goes unseen once in about 10^16.
 */
import { lowerBound, type Series, slice } from '../../market/series.js';

/** More than a day of minutes: live parts are merged by the hour and by the day. */
const MOST_BARS = 2048;

type Bars = Pick<Series, 'time' | 'high' | 'low' | 'close' | 'volume'>;

export class BarTail {
  private constructor(
    private readonly time: Float64Array,
    private readonly prints: Float64Array,
    /** The tail reaches back to the first bar of the series. */
    private readonly isWhole: boolean,
  ) {}

  static readonly EMPTY = new BarTail(new Float64Array(), new Float64Array(), true);

  /** With bars that follow, or that replace those from their first one on. */
  with(bars: Bars): BarTail {
    const first = bars.time[0];
    if (first === undefined) return this;
    const kept = lowerBound(this.time, first);
    const take = Math.min(bars.time.length, MOST_BARS);
    const before = Math.min(kept, MOST_BARS - take);
    const time = new Float64Array(before + take);
    const prints = new Float64Array(before + take);
    time.set(this.time.subarray(kept - before, kept));
    prints.set(this.prints.subarray(kept - before, kept));
    const start = bars.time.length - take;
    for (let row = 0; row < take; row += 1) {
      time[before + row] = bars.time[start + row]!;
      prints[before + row] = printOf(bars, start + row);
    }
    return new BarTail(time, prints, this.isWhole && take === bars.time.length && before === kept);
  }

  /** True when it holds every bar that the walk has seen from `from` on. */
  reaches(from: number): boolean {
    return this.isWhole || this.time[0]! <= from;
  }

  /**
   * The bars that are news.
   * @param series the bars as they are stored now, from `from` or earlier on
   * @returns those after the tail; undefined when bars of the tail came out otherwise, or the tail is too short to say
   */
  newsIn(series: Series, from: number): Series | undefined {
    if (!this.reaches(from)) return undefined;
    const first = lowerBound(series.time, from);
    const base = lowerBound(this.time, from);
    const known = this.time.length - base;
    if (series.length - first < known) return undefined;
    for (let row = 0; row < known; row += 1) {
      if (series.time[first + row] !== this.time[base + row]) return undefined;
      if (printOf(series, first + row) !== this.prints[base + row]) return undefined;
    }
    const news = slice(series, first + known);
    const last = this.time[this.time.length - 1];
    return last !== undefined && news.time[0]! <= last ? undefined : news;
  }
}

const doubles = new Float64Array(4);
const words = new Uint32Array(doubles.buffer);

function printOf({ high, low, close, volume }: Bars, row: number): number {
  doubles[0] = high[row]!;
  doubles[1] = low[row]!;
  doubles[2] = close[row]!;
  doubles[3] = volume[row]!;
  let one = 0x811c9dc5;
  let other = 0;
  for (const word of words) {
    one = Math.imul(one ^ word, 0x01000193);
    one = (one << 13) | (one >>> 19);
    other = Math.imul(other + word, 0x9e3779b1);
    other ^= other >>> 15;
  }
  return (one >>> 0) * 2 ** 21 + (other >>> 11);
}
