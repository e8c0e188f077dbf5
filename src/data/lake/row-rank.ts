/** Which of several rows of one key readers see. */
import { type DatasetName, shapeOf } from './datasets.js';

/**
 * Which row wins when several carry one key: final before partial, then the better source
 * (archive > REST > websocket > derived), then the newest ingested_at; of equals, the one written last. A bar rolled up
 * from minutes is below everything that a venue said itself.
 */
export const SOURCE_PRIORITY_SQL = `CASE source WHEN 'archive' THEN 4 WHEN 'rest' THEN 3 WHEN 'backfill' THEN 3
  WHEN 'binance' THEN 3 WHEN 'hyperliquid' THEN 3 WHEN 'coingecko' THEN 3 WHEN 'ws' THEN 2 WHEN 'rollup' THEN 0 ELSE 1 END`;

/** One number that orders rows of a key by finality and source: higher wins. */
export function rankSql(dataset: DatasetName): string {
  const finality = 'partial' in shapeOf(dataset).columns ? 'CASE WHEN partial THEN 0 ELSE 10 END + ' : '';
  return `(${finality}${SOURCE_PRIORITY_SQL})`;
}
