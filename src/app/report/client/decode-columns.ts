/** Reads the columns that column-encoding.ts wrote. Runs in the page; uses nothing but `atob`. */
import type { EncodedLevel } from '../column-encoding.js';

/** A level of detail ready to be drawn: one row per bucket. */
export interface DecodedLevel {
  bucket: number;
  rows: number;
  /** UTC seconds. */
  time: Float64Array;
  open: Float64Array;
  high: Float64Array;
  low: Float64Array;
  close: Float64Array;
  /** 255 = none. */
  state: Float64Array;
  /** 0–1. */
  share: Float64Array;
  /** One column per state, 0–1. */
  probabilities: Float64Array[];
}

/** Numbers from base64 of zigzag varints; `rows` of them. */
export function decodeIntegers(text: string, rows: number): Float64Array {
  const bytes = atob(text);
  const values = new Float64Array(rows);
  let position = 0;
  for (let row = 0; row < rows; row += 1) {
    let zigzag = 0;
    let weight = 1;
    for (;;) {
      const byte = bytes.charCodeAt(position);
      position += 1;
      zigzag += (byte & 127) * weight;
      if (byte < 128) break;
      weight *= 128;
    }
    values[row] = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }
  return values;
}

function runningSum(values: Float64Array): Float64Array {
  for (let row = 1; row < values.length; row += 1) values[row]! += values[row - 1]!;
  return values;
}

/** The inverse of `encodeLevel`: prices to the decimals that were kept, probabilities to 0.001. */
export function decodeLevel(encoded: EncodedLevel): DecodedLevel {
  const { rows } = encoded;
  const scale = 10 ** encoded.decimals;
  const time = decodeIntegers(encoded.time, rows);
  const open = decodeIntegers(encoded.open, rows);
  const close = decodeIntegers(encoded.close, rows);
  const high = decodeIntegers(encoded.high, rows);
  const low = decodeIntegers(encoded.low, rows);
  for (let row = 0; row < rows; row += 1) {
    if (row > 0) {
      time[row]! += time[row - 1]! + encoded.bucket / 1000;
      open[row]! += close[row - 1]!;
    }
    close[row]! += open[row]!;
    high[row]! += Math.max(open[row]!, close[row]!);
    low[row] = Math.min(open[row]!, close[row]!) - low[row]!;
  }
  const state = runningSum(decodeIntegers(encoded.state, rows));
  const probabilities = encoded.probabilities.map((text) =>
    runningSum(decodeIntegers(text, rows)).map((value) => value / 1000),
  );
  const rest = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    let sum = 0;
    for (const column of probabilities) sum += column[row]!;
    rest[row] = state[row] === 255 ? 0 : Math.max(0, 1 - sum);
  }
  const prices = (values: Float64Array): Float64Array => values.map((value) => value / scale);
  return {
    bucket: encoded.bucket,
    rows,
    time,
    open: prices(open),
    high: prices(high),
    low: prices(low),
    close: prices(close),
    state,
    share: runningSum(decodeIntegers(encoded.share, rows)).map((value) => value / 100),
    probabilities: [...probabilities, rest],
  };
}
