/**
 * CSV into the lake: 3.2 M one-minute bars, parsed, checked row by row and published as 73 monthly Parquet parts.
 * bench/peers/import_polars.py does polars' `read_csv` + `write_parquet` (one file, no checks) on the same CSV.
 */
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importFiles } from '../src/data/lake/import/import-files.js';
import type { ImportReport } from '../src/data/lake/import/request.js';
import { Lake } from '../src/data/lake/lake.js';
import { importSample, type SampleReport } from '../src/data/lake/sample.js';
import { FixedClock } from '../src/market/clock.js';
import type { BenchCase, PreparedBench } from './bench-case.js';

const ROWS = 3_200_000;
const NOW = Date.UTC(2026, 0, 1);

/** The CSV of the peers' bars, made once per data folder. */
async function csvFile(dataFolder: string): Promise<string> {
  const path = join(tmpdir(), 'tidewatch-bench-ohlcv_3200k.csv');
  if (existsSync(path)) return path;
  const lake = await Lake.open(join(tmpdir(), 'none'), { clock: new FixedClock(NOW) });
  await lake.rows(
    `COPY (SELECT epoch_ms(timestamp) AS timestamp, open, high, low, close, volume FROM read_parquet('${join(dataFolder, 'ohlcv_3200k.parquet')}'))
     TO '${path}.writing' (FORMAT csv, HEADER)`,
  );
  await lake.close();
  renameSync(`${path}.writing`, path);
  return path;
}

/** A fresh lake for every call of `work`. */
function intoFreshLake<T>(
  threads: number,
  work: (lake: Lake) => Promise<T>,
  check: (result: T) => Record<string, unknown>,
): PreparedBench {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-bench-import-'));
  let lake: Lake | undefined;
  let count = 0;
  return {
    async prepare() {
      await lake?.close();
      rmSync(folder, { recursive: true, force: true });
      count += 1;
      lake = await Lake.open(join(folder, String(count)), { clock: new FixedClock(NOW), threads });
    },
    run: () => work(lake!),
    check: (result) => check(result as T),
    async teardown() {
      await lake?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const importCases: readonly BenchCase[] = [
  {
    work: 'lake.import-csv.3200k',
    rows: ROWS,
    unit: 'row',
    async setup(dataFolder, threads) {
      const path = await csvFile(dataFolder);
      return intoFreshLake<ImportReport>(
        threads,
        (lake) =>
          importFiles(
            { lake, now: NOW },
            { dataset: 'bars', timeframe: '1m', sources: [{ path, subject: 'binance:spot:BTCUSDT' }] },
          ),
        ({ rowsWritten, parts }) => ({
          rows: rowsWritten,
          parts: parts.length,
          fileMb: Math.round(parts.reduce((sum, { bytes }) => sum + bytes, 0) / 1e5) / 10,
        }),
      );
    },
  },
  {
    work: 'import.sample',
    rows: 715_082,
    unit: 'row',
    async setup(_dataFolder, threads) {
      return intoFreshLake<SampleReport>(
        threads,
        (lake) => importSample({ lake, now: NOW }, 'data/sample'),
        ({ rowsWritten, parts }) => ({ rows: rowsWritten, parts }),
      );
    },
  },
];
