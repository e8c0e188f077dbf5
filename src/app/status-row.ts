/** One row of what is stored as the command line and the API tell it. */
import type { DatasetStatus } from '../data/lake/status.js';

/** Snake case, times in epoch ms, sizes in bytes; `timeframe` is null for what has none. */
export function statusRow(row: DatasetStatus) {
  return {
    dataset: row.dataset,
    subject: row.subject,
    venue: row.venue,
    timeframe: row.timeframe === 'none' ? null : row.timeframe,
    rows: row.rows,
    first_ts: row.firstTs,
    last_ts: row.lastTs,
    files: row.files,
    bytes: row.bytes,
    last_ingested_at: row.lastIngestedAt,
    age_ms: row.ageMs,
  };
}
