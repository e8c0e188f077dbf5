/** Bars of a file, for an engine run that no home needs to know of. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { importFiles } from '../../data/lake/import/import-files.js';
import { Lake } from '../../data/lake/lake.js';
import type { Clock } from '../../market/clock.js';
import type { Timeframe } from '../../market/timeframe.js';

export interface FileBars {
  /** Holds the bars of the file and nothing else; thrown away on `close`. */
  readonly lake: Lake;
  readonly instrument: string;
  /** Of the file. */
  readonly timeframe: Timeframe;
  /** Rows that could not be bars, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/**
 * Reads a CSV, JSON or Parquet file through the importer into a lake that is thrown away.
 * @throws TidewatchError what an import throws
 */
export async function openFileBars(path: string, clock: Clock): Promise<FileBars> {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-bars-'));
  const lake = await Lake.open(folder, { clock });
  // an interrupted command ends without closing
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const close = async (): Promise<void> => {
    lake.releaseWriter();
    await lake.close();
    process.off('exit', remove);
    remove();
  };
  try {
    const name =
      basename(path)
        .replace(/\..*$/, '')
        .replace(/[^A-Za-z0-9._-]/g, '-') || 'BARS';
    const report = await importFiles(
      { lake, now: clock.now() },
      { dataset: 'bars', sources: [{ path, subject: `file:spot:${name}` }], tolerant: true },
    );
    return {
      lake,
      instrument: report.subjects[0]!,
      timeframe: report.timeframe!,
      refused: report.refused,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
