/**
 * Rows out of the lake into one file that other tools read: CSV, Parquet, JSON (one array) or NDJSON, by the name's
 * ending, `.gz` packs CSV and JSON. Times are ISO-8601 with `Z` in CSV, epoch ms elsewhere. Written beside its place under a temporary name, synced and renamed: a reader sees
 * the old file or the whole new one.
 */
import { basename, resolve } from 'node:path';
import { TidewatchError } from '../../errors.js';
import { isoTextSql, isTimeColumn } from './csv-time.js';
import { type DatasetName, shapeOf } from './datasets.js';
import type { Lake } from './lake.js';
import { quote } from './session.js';
import { writeWholeFile } from './whole-file.js';

export const EXPORT_FORMATS = ['csv', 'parquet', 'json', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportRequest {
  readonly dataset: DatasetName;
  /** Instrument ids or drivers; all when left out. */
  readonly subjects?: readonly string[];
  readonly timeframe?: string;
  /** Half-open range of ts, UTC ms. */
  readonly from?: number;
  readonly to?: number;
  readonly out: string;
  /** Left out: by the ending of `out`. */
  readonly format?: ExportFormat;
}

/** The file that was written; `columns` in its order. */
export interface ExportReport {
  readonly file: string;
  readonly format: ExportFormat;
  readonly rows: number;
  readonly columns: readonly string[];
}

/**
 * One row per key, sorted by subject, timeframe and ts. Columns that hold nothing in the selection are left out.
 * @throws TidewatchError `no_data` (nothing is written then), `bad_parameter`, `corrupt_file`, `disk_full`,
 *   `home_not_writable`, `write_failed`
 */
export async function exportRows(lake: Lake, request: ExportRequest): Promise<ExportReport> {
  const { dataset, subjects, timeframe, from, to } = request;
  const { format, isPacked } = formatOf(request);
  const shape = shapeOf(dataset);
  const where = [
    ...(subjects ? [`${shape.subject} IN (${subjects.map(quote).join(', ') || 'NULL'})`] : []),
    ...(from === undefined ? [] : [`ts >= ${from}`]),
    ...(to === undefined ? [] : [`ts < ${to}`]),
  ];
  const filter = {
    ...(timeframe !== undefined && shape.hasTimeframe && { timeframe }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
  return lake.query(dataset, filter, async (relation, run) => {
    const names = [
      shape.subject,
      ...(shape.hasTimeframe ? ['timeframe'] : []),
      ...Object.keys(shape.columns),
    ];
    const all = [...new Set(names)];
    const rows = `${relation} ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}`;
    const [counts] = await run(
      `SELECT count(*) AS n, ${all.map((name) => `count(${name}) AS c_${name}`).join(', ')} FROM ${rows}`,
    );
    const count = Number(counts!.n);
    if (count === 0) {
      throw new TidewatchError('no_data', `the lake holds no ${dataset} of what was asked`, {
        hint: 'see what is stored with: tidewatch lake status',
        details: { dataset, subjects, timeframe, from, to },
      });
    }
    const columns = all.filter((name) => Number(counts![`c_${name}`]) > 0);
    const order = [shape.subject, ...(shape.hasTimeframe ? ['timeframe'] : []), 'ts', ...shape.extraKey];
    const shown = columns.map((name) =>
      format === 'csv' && isTimeColumn(name) ? `${isoTextSql(name)} AS ${name}` : name,
    );
    // the text of a time must not stand for it in the order
    const select = `SELECT ${shown.join(', ')} FROM (SELECT * FROM ${rows} ORDER BY ${order.join(', ')})`;
    await writeWholeFile(resolve(request.out), (path) =>
      run(`COPY (${select}) TO ${quote(path)} (${formSql(format, isPacked)})`),
    );
    return { file: resolve(request.out), format, rows: count, columns };
  });
}

/** Options of DuckDB's COPY for a format; `isPacked`: gzip, which Parquet does not take. */
export function formSql(format: ExportFormat, isPacked: boolean): string {
  const packing = isPacked ? ', COMPRESSION gzip' : '';
  if (format === 'csv') return `FORMAT csv, HEADER${packing}`;
  if (format === 'parquet') return 'FORMAT parquet, COMPRESSION zstd';
  return `FORMAT json, ARRAY ${format === 'json'}${packing}`;
}

/** @throws TidewatchError `bad_parameter` when the ending names no format */
export function formatOf({ out, format }: Pick<ExportRequest, 'out' | 'format'>): {
  format: ExportFormat;
  isPacked: boolean;
} {
  const match = /\.(csv|parquet|json|ndjson|jsonl)(\.gz)?$/i.exec(out);
  const ending = match?.[1]?.toLowerCase();
  const found = format ?? (ending === 'jsonl' ? 'ndjson' : (ending as ExportFormat | undefined));
  const isPacked = /\.gz$/i.test(out);
  if (found === undefined || (found === 'parquet' && isPacked)) {
    throw new TidewatchError('bad_parameter', `"${basename(out)}" does not end in a format to export to`, {
      hint: 'end it in .csv, .csv.gz, .parquet, .json, .ndjson or .jsonl',
      details: { parameter: 'out', value: out },
    });
  }
  return { format: found, isPacked };
}
