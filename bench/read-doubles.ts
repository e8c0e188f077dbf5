import { closeSync, openSync, readSync } from 'node:fs';

/** The first `count` little-endian doubles of a file, read straight into the array that holds them. */
export function readDoubles(path: string, count: number): Float64Array {
  const doubles = new Float64Array(count);
  const bytes = new Uint8Array(doubles.buffer);
  const file = openSync(path, 'r');
  try {
    let filled = 0;
    while (filled < bytes.length) {
      const read = readSync(file, bytes, filled, bytes.length - filled, filled);
      if (read === 0) throw new Error(`${path} holds fewer than ${count} doubles`);
      filled += read;
    }
  } finally {
    closeSync(file);
  }
  return doubles;
}
