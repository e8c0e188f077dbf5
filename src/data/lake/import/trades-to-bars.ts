/**
 * Files of trades become bars of one timeframe: first trade, highest, lowest, last, summed size, by the buckets of
 * resample.ts. The trades of one import flow through in the order of time; only bars are kept in memory.
 *
 * A bucket is closed by a later trade. The last one of each instrument has none, so its bar is stored as partial:
 * any whole bar of it takes its place. Limits: trades of one file that repeat those of another are counted twice,
 * which only ids could tell; and where the first trades of a bucket are missing, nothing in the files says so.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { TidewatchError } from '../../../errors.js';
import { Resampler } from '../../../market/resample.js';
import { TIMEFRAME_MS, TIMEFRAMES, type Timeframe } from '../../../market/timeframe.js';
import { type ColumnBatch, seriesBatch } from '../batch.js';
import { quote, rowsOf, visitChunks } from '../session.js';
import { type FileRows, fileRows, goodRowsSql } from './import-rows.js';
import { countRefusals, firstRefusal, Tally } from './refusals.js';
import type { ImportReport, ImportRequest } from './request.js';
import { orderError } from './row-order.js';
import { anyBrokenSql, rowRules } from './row-rules.js';
import type { StagedFile } from './staged-file.js';
import { TRADES } from './target.js';

export interface TradeBars {
  /** Bars as the lake takes them, one entry per instrument. */
  readonly batches: readonly ColumnBatch[];
  readonly report: Omit<ImportReport, 'parts' | 'recognised'>;
}

/** @throws TidewatchError `bad_parameter` without a timeframe; the first row that cannot be used, in strict mode */
export async function tradesToBars(
  connection: DuckDBConnection,
  staged: readonly StagedFile[],
  request: ImportRequest,
  now: number,
): Promise<TradeBars> {
  const { timeframe } = request;
  if (timeframe === undefined) {
    throw new TidewatchError('bad_parameter', 'trades become bars of a timeframe, and none was given', {
      hint: `say --tf, one of ${TIMEFRAMES.join(' ')}`,
      details: { parameter: 'tf' },
    });
  }
  const tally = new Tally();
  const broken = new Map<FileRows, number>();
  const files: FileRows[] = [];
  for (const entry of staged) {
    const file = await fileRows(connection, entry, TRADES);
    const rules = rowRules(TRADES, file.rules, entry.marksCells, now, undefined);
    files.push({ ...file, rules });
  }
  for (const file of files) {
    const [count] = await rowsOf(
      connection,
      `SELECT count_if(${anyBrokenSql(file.rules)}) AS n FROM (${file.select})`,
    );
    broken.set(file, Number(count!.n));
    if (file.staged.rejected.length + Number(count!.n) === 0) continue;
    if (!request.tolerant) throw await firstRefusal(connection, TRADES, file);
    await countRefusals(connection, TRADES, file, tally);
  }
  const good = goodRowsSql(files, TRADES, broken);
  const reordered = (await followEachOther(connection, files, broken))
    ? 0
    : await countBackward(connection, good);
  if (reordered > 0 && !request.tolerant) throw await orderError(connection, files, good, '<');
  const rowsRead = staged.reduce((sum, { rows, rejected }) => sum + rows + rejected.length, 0);
  if (rowsRead === tally.total) throw tally.nothingLeft(staged.map(({ file }) => file.name).join(', '));
  const subjects = await rowsOf(connection, `SELECT DISTINCT subject FROM (${good}) ORDER BY subject`);
  const names = subjects.map(({ subject }) => String(subject));
  const batches = [];
  for (const subject of names) {
    const rows = `SELECT ts::DOUBLE, price, volume FROM (${good}) WHERE subject = ${quote(subject)}`;
    const sorted = reordered > 0 ? ' ORDER BY ts, file, row' : '';
    batches.push(await barsOf(connection, `${rows}${sorted}`, subject, timeframe));
  }
  const rowsWritten = batches.reduce((sum, { length }) => sum + length, 0);
  return {
    batches,
    report: {
      dataset: 'bars',
      timeframe,
      subjects: names,
      files: staged.map(({ file }) => file.name),
      rowsRead,
      rowsWritten,
      rowsMerged: rowsRead - tally.total - rowsWritten,
      rowsRefused: tally.total,
      refused: tally.byReason,
      examples: tally.examples,
      rowsReordered: reordered,
    },
  };
}

/** True when the trades of every file come in the order of time and each file goes on where the one before ended. */
async function followEachOther(
  connection: DuckDBConnection,
  files: readonly FileRows[],
  broken: ReadonlyMap<FileRows, number>,
): Promise<boolean> {
  const ends = new Map<string, number>();
  for (const file of files) {
    if (file.subject === undefined) return false;
    // rows of one file come as they stand there, so nothing has to be sorted
    const [row] = await rowsOf(
      connection,
      `SELECT count_if(ts < before) AS n, min(ts) AS lo, max(ts) AS hi FROM
         (SELECT ts, lag(ts) OVER () AS before FROM (${goodRowsSql([file], TRADES, broken)}))`,
    );
    if (row!.lo === null) continue;
    if (Number(row!.n) > 0 || Number(row!.lo) < (ends.get(file.subject) ?? 0)) return false;
    ends.set(file.subject, Number(row!.hi));
  }
  return true;
}

/** Sorts the trades of all files, which takes memory. */
async function countBackward(connection: DuckDBConnection, good: string): Promise<number> {
  const [row] = await rowsOf(
    connection,
    `SELECT count_if(ts < before) AS n FROM
       (SELECT ts, lag(ts) OVER (PARTITION BY subject ORDER BY file, row) AS before FROM (${good}))`,
  );
  return Number(row!.n);
}

async function barsOf(
  connection: DuckDBConnection,
  select: string,
  subject: string,
  timeframe: Timeframe,
): Promise<TradeBars['batches'][number]> {
  // a trade is a bar of no length; the finest timeframe divides all others
  const bars = new Resampler(subject, '1m', timeframe);
  const quotes = new Resampler(subject, '1m', timeframe);
  let values = new Float64Array(0);
  await visitChunks(connection, select, ([time, price, volume], rows) => {
    if (values.length < rows) values = new Float64Array(rows);
    for (let row = 0; row < rows; row += 1) values[row] = price![row]! * volume![row]!;
    bars.push(time!, price!, price!, price!, price!, volume!, rows);
    quotes.push(time!, price!, price!, price!, price!, values, rows);
  });
  const { series, bars: trades } = bars.finish(Number.POSITIVE_INFINITY);
  const { columns, ...batch } = seriesBatch(series);
  const open = series.time[series.length - 1]! + TIMEFRAME_MS[timeframe];
  return {
    ...batch,
    columns: {
      ...columns,
      quote_volume: quotes.finish(Number.POSITIVE_INFINITY).series.volume,
      trades,
      partial: Array.from(series.time, (time) => time + TIMEFRAME_MS[timeframe] >= open),
    },
  };
}
