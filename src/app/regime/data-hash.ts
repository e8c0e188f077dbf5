import { createHash, type Hash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { BAR_COLUMNS, type Series } from '../../market/series.js';

/** Bytes hashed before the event loop gets its turn: some 5 ms. */
const STEP = 4_000_000;

function begin(series: Series): Hash {
  return createHash('sha256').update(`${series.instrument}|${series.timeframe}|${series.length}`);
}

function bytesOf(column: Float64Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

/** SHA-256 over instrument, timeframe and the bytes of every column: equal bars, equal hash. */
export function seriesHash(series: Series): string {
  const hash = begin(series);
  for (const name of BAR_COLUMNS) hash.update(bytesOf(series[name]));
  return hash.digest('hex');
}

/** The same hash, for a process that answers others meanwhile. */
export async function seriesHashInSteps(series: Series): Promise<string> {
  const hash = begin(series);
  for (const name of BAR_COLUMNS) {
    const bytes = bytesOf(series[name]);
    for (let from = 0; from < bytes.length; from += STEP) {
      hash.update(bytes.subarray(from, from + STEP));
      if (bytes.length > STEP) await breathe();
    }
  }
  return hash.digest('hex');
}
