/**
 * Rows of numbers out of a JSON answer, straight from its bytes into columns: `[[1567900800000,"8836.80",…],…]`, each
 * cell a number, quoted or not. A general JSON parser makes an array, twelve cells and eight strings per candle first.
 *
 * Numbers are exact: with at most 15 digits and 22 decimals both mantissa and power of ten are doubles without error,
 * so that one division rounds once (Clinger 1990, "How to read floating point numbers accurately", fast path); all
 * others go through the engine's own parser. Anything that does not look like rows is refused, so that a truncated
 * answer can never pass for a short one.
 */

const [OPEN, CLOSE, COMMA, QUOTE, MINUS, DOT] = [91, 93, 44, 34, 45, 46];
const POWERS = Float64Array.from({ length: 23 }, (_, at) => 10 ** at);
const MOST_DIGITS = 15;

/** Puts one row away; `cells` is reused, its numbers are NaN where the answer has text, null or nothing. */
export type RowSink = (cells: Float64Array, count: number) => void;

/**
 * Reads the array of rows that begins at `start`.
 * @param width cells of a row that are read; further ones are passed over
 * @returns the position after the array
 * @throws RangeError where the bytes are not rows of cells
 */
export function readDecimalRows(bytes: Uint8Array, start: number, width: number, sink: RowSink): number {
  const cells = new Float64Array(width);
  let at = skipSpace(bytes, start);
  if (bytes[at] !== OPEN) throw noRows(at);
  at = skipSpace(bytes, at + 1);
  if (bytes[at] === CLOSE) return at + 1;
  for (;;) {
    if (bytes[at] !== OPEN) throw noRows(at);
    at += 1;
    let count = 0;
    for (;;) {
      at = skipSpace(bytes, at);
      const quoted = bytes[at] === QUOTE;
      const first = quoted ? at + 1 : at;
      let position = first;
      let mantissa = 0;
      let digits = 0;
      let decimals = -1;
      const negative = bytes[position] === MINUS;
      if (negative) position += 1;
      for (; position < bytes.length; position += 1) {
        const digit = bytes[position]! - 48;
        if (digit >= 0 && digit <= 9) {
          mantissa = mantissa * 10 + digit;
          if (mantissa > 0) digits += 1;
          if (decimals >= 0) decimals += 1;
        } else if (bytes[position] === DOT && decimals < 0) decimals = 0;
        else break;
      }
      let value = Number.NaN;
      const stop = bytes[position];
      const isPlain = quoted ? stop === QUOTE : stop === COMMA || stop === CLOSE;
      const isNumber = position > first + (negative ? 1 : 0) && decimals !== 0;
      if (isPlain && isNumber && digits <= MOST_DIGITS && decimals <= 22) {
        value = decimals > 0 ? mantissa / POWERS[decimals]! : mantissa;
        if (negative) value = -value;
        at = quoted ? position + 1 : position;
      } else {
        const end = endOfCell(bytes, at, quoted);
        if (count < width) value = slowNumber(bytes, first, quoted ? end - 1 : end);
        at = end;
      }
      if (count < width) cells[count] = value;
      count += 1;
      at = skipSpace(bytes, at);
      if (bytes[at] === COMMA) at += 1;
      else if (bytes[at] === CLOSE) break;
      else throw noRows(at);
    }
    for (let missing = count; missing < width; missing += 1) cells[missing] = Number.NaN;
    sink(cells, count);
    at = skipSpace(bytes, at + 1);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
    else if (bytes[at] === CLOSE) return at + 1;
    else throw noRows(at);
  }
}

/** Position of the first byte from `start` on that is no white space of JSON. */
export function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at] === 32 || (bytes[at]! >= 9 && bytes[at]! <= 13)) at += 1;
  return at;
}

/** Position after a cell that is no plain decimal: text, null, an exponent. */
function endOfCell(bytes: Uint8Array, start: number, quoted: boolean): number {
  let at = start + (quoted ? 1 : 0);
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (quoted) {
      if (byte === 92) at += 1;
      else if (byte === QUOTE) return at + 1;
    } else if (byte === COMMA || byte === CLOSE) return at;
    else if (byte === OPEN || byte === QUOTE || byte === 123) break;
  }
  throw noRows(at);
}

function slowNumber(bytes: Uint8Array, from: number, to: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from)
    .toString('latin1')
    .trim();
  return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
}

function noRows(at: number): RangeError {
  return new RangeError(`the answer is not an array of rows, or is cut off at byte ${at}`);
}
