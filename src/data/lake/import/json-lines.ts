/**
 * One JSON array as one element per line, piece by piece: memory does not grow with the file. Only the places where
 * elements begin and end are found here (strings, escapes, depth); whether an element is sound is asked where its
 * line is read, so a broken one is one refused row.
 */
import { Transform } from 'node:stream';

const [QUOTE, ESCAPE, OPEN, CLOSE, OPEN_RECORD, CLOSE_RECORD, COMMA, NEWLINE, RETURN, SPACE, TAB] = [
  ...'"\\[]{},\n\r \t',
].map((character) => character.charCodeAt(0));

/** @throws Error in the stream when the array does not end, or something follows it */
export function arrayToLines(): Transform {
  /** Open brackets: 1 inside the array itself. */
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  let hasElement = false;
  let isOver = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      // every byte becomes at most one byte
      const out = Buffer.allocUnsafe(chunk.length);
      let length = 0;
      for (let at = 0; at < chunk.length; at += 1) {
        let byte = chunk[at]!;
        if (inString) {
          if (isEscaped) isEscaped = false;
          else if (byte === ESCAPE) isEscaped = true;
          else if (byte === QUOTE) inString = false;
          else if (byte === NEWLINE || byte === RETURN) byte = SPACE!;
        } else {
          if (byte === SPACE || byte === TAB || byte === NEWLINE || byte === RETURN) continue;
          if (isOver) return done(new Error('something follows the array'));
          if (depth === 0) {
            // the byte order mark comes before the bracket
            if (byte === OPEN) depth = 1;
            continue;
          }
          if (depth === 1 && byte === COMMA) {
            out[length] = NEWLINE!;
            length += 1;
            continue;
          }
          if (byte === QUOTE) inString = true;
          else if (byte === OPEN || byte === OPEN_RECORD) depth += 1;
          else if (byte === CLOSE || byte === CLOSE_RECORD) {
            depth -= 1;
            if (depth === 0) {
              isOver = true;
              if (!hasElement) continue;
              byte = NEWLINE!;
            }
          }
          hasElement = true;
        }
        out[length] = byte;
        length += 1;
      }
      done(null, out.subarray(0, length));
    },
    flush(done) {
      done(isOver ? null : new Error('the array does not end'));
    },
  });
}
