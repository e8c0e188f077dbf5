/** Hundreds of series in a line per dataset, source and timeframe. */
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
  for (const { dataset, venue, timeframe, rows: count, first_ts, last_ts, bytes } of answer) {
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

/** `Open interest` of `open_interest`. */
export function datasetWords(dataset: string): string {
  const words = dataset.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
