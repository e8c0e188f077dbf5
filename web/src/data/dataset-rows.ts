/** Hundreds of series in a line per dataset, source and timeframe. */
import { formatNumber } from '../../../src/app/report/number-format.js';
import type { DatasetsAnswer } from '../../../src/app/server/api-types.js';

export interface DatasetRow {
  readonly dataset: string;
  readonly venue: string;
  readonly timeframe: string | null;
  readonly subjects: number;
  readonly rows: number;
  /** UTC ms. */
  readonly firstTs: number;
  readonly lastTs: number;
  readonly bytes: number;
}

/** Ordered by dataset, source and timeframe. */
export function datasetRows(answer: DatasetsAnswer): readonly DatasetRow[] {
  const rows = new Map<string, DatasetRow>();
  for (const { dataset, timeframe, rows: count, first_ts, last_ts, bytes, ...row } of answer) {
    // what is computed or polled is of no exchange
    const venue = row.venue === 'none' ? '' : row.venue;
    const key = `${dataset} ${venue} ${timeframe ?? ''}`;
    const known = rows.get(key);
    rows.set(key, {
      dataset,
      venue,
      timeframe,
      subjects: (known?.subjects ?? 0) + 1,
      rows: (known?.rows ?? 0) + count,
      firstTs: Math.min(known?.firstTs ?? first_ts, first_ts),
      lastTs: Math.max(known?.lastTs ?? last_ts, last_ts),
      bytes: (known?.bytes ?? 0) + bytes,
    });
  }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** `320 kB`, `2.5 MB` */
export function sizeWords(bytes: number): string {
  return bytes < 1e6
    ? `${formatNumber(Math.ceil(bytes / 1e3))}\u00a0kB`
    : `${formatNumber(bytes / 1e6, 1)}\u00a0MB`;
}

/** `Open interest` of `open_interest`. */
export function datasetWords(dataset: string): string {
  const words = dataset.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
