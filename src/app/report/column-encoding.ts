/**
 * Columns of numbers as short text inside the report: integers, differences, zigzag, variable-length bytes, base64.
 * The page reads them back with client/decode-columns.ts. About 16 bytes a bar with three states before base64.
 *
 * Prices keep seven significant digits of the highest price; probabilities keep one thousandth.
 */
import { type DetailLevel, NO_STATE } from './level-of-detail.js';

/** One level as the page receives it. */
export interface EncodedLevel {
  bucket: number;
  rows: number;
  /** Prices are integers × 10^−decimals. */
  decimals: number;
  /** Seconds, second differences from the bucket's length. */
  time: string;
  /** Against the close before. */
  open: string;
  /** Against the open. */
  close: string;
  /** Above the body. */
  high: string;
  /** Below the body. */
  low: string;
  state: string;
  /** Percent. */
  share: string;
  /** Thousandths, one text per state but the last, which is the rest. */
  probabilities: string[];
}

/** Zigzag and variable length (7 bits a byte, low first) of integers up to 2^52. */
export function encodeIntegers(values: ArrayLike<number>): string {
  const bytes: number[] = [];
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]!;
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    while (rest >= 128) {
      bytes.push((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    bytes.push(rest);
  }
  return Buffer.from(bytes).toString('base64');
}

function differences(values: Float64Array): Float64Array {
  return values.map((value, index) => (index === 0 ? value : value - values[index - 1]!));
}

/** Decimals that keep seven significant digits of the highest price; up to 22, the last power of ten a double holds. */
export function priceDecimals(high: Float64Array): number {
  const highest = high.reduce((most, value) => Math.max(most, value), 0);
  return highest > 0 ? Math.min(22, Math.max(0, 6 - Math.floor(Math.log10(highest)))) : 0;
}

/** @param stateCount K, the width of a row of probabilities */
export function encodeLevel(level: DetailLevel, stateCount: number): EncodedLevel {
  const decimals = priceDecimals(level.high);
  const scale = 10 ** decimals;
  const integers = (values: Float64Array): Float64Array => values.map((value) => Math.round(value * scale));
  const open = integers(level.open);
  const close = integers(level.close);
  const high = integers(level.high);
  const low = integers(level.low);
  const step = level.bucket / 1000;
  const thousandths = (state: number): Float64Array =>
    Float64Array.from({ length: level.rows }, (_, row) =>
      level.state[row] === NO_STATE ? 0 : Math.round(level.probabilities[row * stateCount + state]! * 1000),
    );
  return {
    bucket: level.bucket,
    rows: level.rows,
    decimals,
    time: encodeIntegers(
      differences(level.time.map((time) => time / 1000)).map((value, row) =>
        row === 0 ? value : value - step,
      ),
    ),
    open: encodeIntegers(open.map((value, row) => (row === 0 ? value : value - close[row - 1]!))),
    close: encodeIntegers(close.map((value, row) => value - open[row]!)),
    high: encodeIntegers(high.map((value, row) => value - Math.max(open[row]!, close[row]!))),
    low: encodeIntegers(low.map((value, row) => Math.min(open[row]!, close[row]!) - value)),
    state: encodeIntegers(differences(Float64Array.from(level.state))),
    share: encodeIntegers(differences(level.share.map((share) => Math.round(share * 100)))),
    probabilities: Array.from({ length: stateCount - 1 }, (_, state) =>
      encodeIntegers(differences(thousandths(state))),
    ),
  };
}
