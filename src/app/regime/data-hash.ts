import { createHash } from 'node:crypto';
import { BAR_COLUMNS, type Series } from '../../market/series.js';

/** SHA-256 over instrument, timeframe and the bytes of every column: equal bars, equal hash. */
export function seriesHash(series: Series): string {
  const hash = createHash('sha256').update(`${series.instrument}|${series.timeframe}|${series.length}`);
  for (const name of BAR_COLUMNS) {
    const { buffer, byteOffset, byteLength } = series[name];
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
