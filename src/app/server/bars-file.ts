/**
 * Bars of a series as a file to send: stored ones with all their columns, derived ones with prices and volume. The file
 * is written whole beside nothing that lasts, streamed, and deleted when the stream ends, however it ends.
 */
import { createReadStream, mkdtempSync, type ReadStream, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportRows } from '../../data/lake/export.js';
import { exportColumns, type OutgoingColumn } from '../../data/lake/export-columns.js';
import type { Lake } from '../../data/lake/lake.js';
import { OHLCV } from '../../data/lake/stored-series.js';
import type { DataInput } from '../jobs/data-job.js';

interface BarsFile {
  readonly name: string;
  readonly bytes: number;
  readonly stream: ReadStream;
}

/** @throws TidewatchError `no_data`, `disk_full`, `write_failed` */
export async function barsFile(
  lake: Lake,
  { instrument_id, timeframe, from, to }: DataInput,
  format: 'csv' | 'parquet',
): Promise<BarsFile> {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-bars-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const name = `${instrument_id.replaceAll(/[^A-Za-z0-9.-]+/g, '_')}_${timeframe}.${format}`;
    const out = join(folder, name);
    const range = { ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) };
    const stored = (await lake.status('bars')).some(
      (row) => row.subject === instrument_id && row.timeframe === timeframe,
    );
    if (stored) {
      await exportRows(lake, { dataset: 'bars', subjects: [instrument_id], timeframe, ...range, out });
    } else {
      await exportDerived(lake, instrument_id, timeframe, range, out);
    }
    const stream = createReadStream(out);
    stream.once('close', remove);
    return { name, bytes: statSync(out).size, stream };
  } catch (error) {
    remove();
    throw error;
  }
}

async function exportDerived(
  lake: Lake,
  instrument: string,
  timeframe: DataInput['timeframe'],
  range: { readonly from?: number; readonly to?: number },
  out: string,
): Promise<void> {
  const { series, complete } = await lake.series(instrument, timeframe, range);
  const columns: OutgoingColumn[] = [
    { name: 'instrument_id', type: 'text', value: () => instrument },
    { name: 'timeframe', type: 'text', value: () => timeframe },
    { name: 'ts', type: 'time', value: (row) => series.time[row]! },
    ...OHLCV.map((name): OutgoingColumn => ({ name, type: 'number', value: (row) => series[name][row]! })),
    { name: 'partial', type: 'boolean', value: (row) => complete[row] !== 1 },
  ];
  await exportColumns(lake.session, out, columns, series.length);
}
