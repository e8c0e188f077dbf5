/**
 * The lake on the peer harness's input: 3.2 million 1-minute bars.
 *
 * The peers read one Parquet file that holds exactly six columns. Ours is a lake: in the untimed setup that file is
 * imported once, and what is timed is our real read path over the resulting month files (75 of them, all columns of
 * the dataset): listing folders, size and time check of every file, the query, the columns in typed arrays. The CRC of
 * each file is checked when a process first opens it, hence in the untimed first call. "cold" cases keep no columns
 * in memory; "warm" ones ask again with the column cache full. Writing is the peer's work as it is: six columns from
 * a table in memory into one zstd file, by the lake's file form, and `lake.publish` the same rows through the whole
 * publication (checks, split by month, all columns of the dataset, CRC, fsync).
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lake } from '../src/data/lake/lake.js';
import { FILE_FORM } from '../src/data/lake/publish.js';
import { Session } from '../src/data/lake/session.js';
import type { StoredSeries } from '../src/data/lake/stored-series.js';
import { OHLCV } from '../src/data/lake/stored-series.js';
import type { ColumnsAnswer } from '../src/data/lake/subject-columns.js';
import type { Timeframe } from '../src/market/timeframe.js';
import type { BenchCase, PreparedBench } from './bench-case.js';

const ROWS = 3_200_000;
const INSTRUMENT = 'binance:spot:BTCUSDT';
const SOURCE = 'ohlcv_3200k.parquet';
const clock = { now: () => Date.now() };

function sourceSql(dataFolder: string): string {
  return (
    `SELECT '${INSTRUMENT}' AS instrument_id, '1m' AS timeframe, epoch_ms(timestamp) AS ts, ` +
    `open, high, low, close, volume FROM read_parquet('${join(dataFolder, SOURCE)}')`
  );
}

async function importedLake(
  dataFolder: string,
  threads: number,
  cacheBytes?: number,
): Promise<{ lake: Lake; teardown: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-bench-'));
  const options = { clock, threads, ...(cacheBytes === undefined ? {} : { cacheBytes }) };
  const importer = await Lake.open(join(folder, 'lake'), { clock, threads });
  await (await importer.writer()).publishQuery('bars', sourceSql(dataFolder), { source: 'archive' });
  await importer.close();
  const lake = await Lake.open(join(folder, 'lake'), options);
  return {
    lake,
    teardown: async () => {
      await lake.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

function columnsCheck(answer: unknown): Record<string, unknown> {
  const { length, columns } = answer as ColumnsAnswer;
  return { rows: length, sumClose: sum(columns.close!), sumVolume: sum(columns.volume!) };
}

const wanted = { subject: INSTRUMENT, timeframe: '1m', columns: OHLCV };

function resampling(timeframe: Timeframe): BenchCase['setup'] {
  return async (dataFolder, threads): Promise<PreparedBench> => {
    const { lake, teardown } = await importedLake(dataFolder, threads, 0);
    return {
      // the peers keep the last, still open, bucket; the horizon makes ours keep it too
      run: () => lake.series(INSTRUMENT, timeframe, { horizon: Number.POSITIVE_INFINITY }),
      check: (result) => {
        const { series } = result as StoredSeries;
        return { rows: series.length, sumClose: sum(series.close), sumVolume: sum(series.volume) };
      },
      teardown,
    };
  };
}

function reading(cacheBytes: number, range: { from?: number } = {}): BenchCase['setup'] {
  return async (dataFolder, threads): Promise<PreparedBench> => {
    const { lake, teardown } = await importedLake(dataFolder, threads, cacheBytes);
    return { run: () => lake.columns('bars', { ...wanted, ...range }), check: columnsCheck, teardown };
  };
}

const CACHE = 512 * 1024 * 1024;
const FIRST = 1_546_300_800_000;
const LAST_500 = { from: FIRST + (ROWS - 500) * 60_000 };

export const lakeCases: BenchCase[] = [
  { work: 'lake.resample-1h.3200k', rows: ROWS, unit: 'row', setup: resampling('1h') },
  { work: 'lake.resample-1d.3200k', rows: ROWS, unit: 'row', setup: resampling('1d') },
  { work: 'lake.read-arrays.3200k', rows: ROWS, unit: 'row', setup: reading(0) },
  { work: 'lake.read-arrays-warm.3200k', rows: ROWS, unit: 'row', setup: reading(CACHE) },
  { work: 'lake.last500.3200k', rows: 500, unit: 'row', setup: reading(CACHE, LAST_500) },
  { work: 'lake.last500-cold.3200k', rows: 500, unit: 'row', setup: reading(0, LAST_500) },
  {
    work: 'lake.write-zstd.3200k',
    rows: ROWS,
    unit: 'row',
    async setup(dataFolder, threads) {
      const folder = mkdtempSync(join(tmpdir(), 'tidewatch-bench-'));
      const file = join(folder, 'out.parquet');
      const session = new Session({ threads, memoryLimit: '4GB' });
      await session.run(`CREATE TABLE bars AS FROM read_parquet('${join(dataFolder, SOURCE)}')`);
      return {
        run: async () => {
          await session.run(`COPY bars TO '${file}' (${FILE_FORM})`);
          const { size } = statSync(file);
          rmSync(file);
          return size;
        },
        check: (size) => ({ fileMb: Math.round((size as number) / 1e5) / 10 }),
        teardown: async () => {
          await session.close();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  },
  {
    work: 'lake.publish.3200k',
    rows: ROWS,
    unit: 'row',
    async setup(dataFolder, threads) {
      const folder = mkdtempSync(join(tmpdir(), 'tidewatch-bench-'));
      let lake = await Lake.open(join(folder, '0'), { clock, threads });
      let run = 0;
      return {
        prepare: async () => {
          await lake.close();
          rmSync(join(folder, String(run)), { recursive: true, force: true });
          run += 1;
          lake = await Lake.open(join(folder, String(run)), { clock, threads });
        },
        run: async () =>
          (await lake.writer()).publishQuery('bars', sourceSql(dataFolder), { source: 'archive' }),
        check: (files) => ({ files: (files as readonly unknown[]).length }),
        teardown: async () => {
          await lake.close();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  },
];
