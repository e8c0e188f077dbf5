/** Every question asked of the staged rows before anything is published, in strict and in tolerant mode. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { TidewatchError } from '../../../errors.js';
import { TIMEFRAME_MS, type Timeframe } from '../../../market/timeframe.js';
import type { DatasetName } from '../datasets.js';
import { NO_PARTITION, periodOf } from '../part-name.js';
import { quote, rowsOf } from '../session.js';
import type { Slice } from '../staging.js';
import { detectTimeframe, type FileRows, fileRows, goodRowsSql } from './import-rows.js';
import { countRefusals, firstRefusal, Tally } from './refusals.js';
import { firstOfEachSql, mergePartialsSql } from './repeated-keys.js';
import type { ImportReport, ImportRequest } from './request.js';
import { orderError, orderOf } from './row-order.js';
import { anyBrokenSql, rowRules } from './row-rules.js';
import type { StagedFile } from './staged-file.js';
import type { ImportTarget } from './target.js';

export interface Plan {
  readonly select: string;
  /** Set when the rows need no sorting: one per month. */
  readonly slices: readonly Slice[] | undefined;
  readonly report: Omit<ImportReport, 'parts' | 'recognised'>;
}

export async function checkRows(
  connection: DuckDBConnection,
  wholeTarget: ImportTarget,
  staged: readonly StagedFile[],
  request: ImportRequest,
  now: number,
  prefix: string,
): Promise<Plan> {
  const rowsRead = staged.reduce((sum, { rows, rejected }) => sum + rows + rejected.length, 0);
  if (rowsRead === 0) throw noRows(staged);
  const target = usedColumns(wholeTarget, staged);
  const named: FileRows[] = [];
  for (const entry of staged) named.push(await fileRows(connection, entry, target));
  const timeframe = target.needsTimeframe
    ? (request.timeframe ?? (await detectTimeframe(connection, named)))
    : undefined;
  const tally = new Tally();
  const broken = new Map<FileRows, number>();
  const files = named.map((file) => withAllRules(file, target, now, timeframe));
  for (const file of files) {
    const [count] = await rowsOf(
      connection,
      `SELECT count_if(${anyBrokenSql(file.rules)}) AS n FROM (${file.select})`,
    );
    broken.set(file, Number(count!.n));
    if (file.staged.rejected.length + Number(count!.n) === 0) continue;
    if (!request.tolerant) throw await firstRefusal(connection, target, file);
    await countRefusals(connection, target, file, tally);
  }
  const good = goodRowsSql(files, target, broken);
  const order = await orderOf(connection, files, good);
  const isMerging = request.mergePartials ?? false;
  if (order.backward > 0 && !request.tolerant && !isMerging) throw await orderError(connection, files, good);
  let select = good;
  if (order.repeated > 0) {
    if (isMerging) select = await mergePartialsSql(connection, target, good, prefix);
    else {
      select = firstOfEachSql(good);
      tally.add('time_not_increasing', order.repeated);
    }
  }
  const isReady = order.backward === 0 && files.length === 1 && files[0]!.subject !== undefined;
  const rowsMerged = isMerging ? order.repeated : 0;
  const rowsWritten = rowsRead - rowsMerged - tally.total;
  if (rowsWritten === 0) throw tally.nothingLeft(nameAll(staged));
  return {
    select: storedSql(select, target, timeframe, now),
    slices: isReady ? await monthSlices(connection, files[0]!, target, broken, timeframe, now) : undefined,
    report: {
      dataset: target.dataset as DatasetName,
      timeframe,
      subjects: await subjectsOf(connection, files, good),
      files: staged.map(({ file }) => file.name),
      rowsRead,
      rowsWritten,
      rowsMerged,
      rowsRefused: tally.total,
      refused: tally.byReason,
      examples: tally.examples,
      rowsReordered: order.reordered,
    },
  };
}

/** The target without optional columns that no file feeds: the lake writes those without looking at a row. */
function usedColumns(target: ImportTarget, staged: readonly StagedFile[]): ImportTarget {
  const columns = target.columns.filter(
    ({ name, required, otherwise }) =>
      required ||
      otherwise !== undefined ||
      staged.some((file) => file.columns.includes(name) || file.source.constants?.[name] !== undefined),
  );
  return { ...target, columns };
}

function withAllRules(
  file: FileRows,
  target: ImportTarget,
  now: number,
  timeframe: Timeframe | undefined,
): FileRows {
  const gridMs = timeframe && TIMEFRAME_MS[timeframe];
  return { ...file, rules: rowRules(target, file.rules, file.staged.marksCells, now, gridMs) };
}

async function subjectsOf(
  connection: DuckDBConnection,
  files: readonly FileRows[],
  good: string,
): Promise<string[]> {
  if (files.every(({ subject }) => subject !== undefined)) {
    return [...new Set(files.map(({ subject }) => subject!))].sort();
  }
  const found = await rowsOf(connection, `SELECT DISTINCT subject FROM (${good}) ORDER BY subject`);
  return found.map(({ subject }) => String(subject));
}

/** The rows as the lake stores them. A bar that has not closed by now is partial. */
function storedSql(
  rows: string,
  target: ImportTarget,
  timeframe: Timeframe | undefined,
  now: number,
): string {
  const columns = storedColumns(target, timeframe, now);
  if (timeframe) columns.push(`${quote(timeframe)} AS timeframe`);
  return `SELECT ${columns.join(', ')} FROM (${rows}) ORDER BY subject, ts`;
}

function storedColumns(target: ImportTarget, timeframe: Timeframe | undefined, now: number): string[] {
  const columns = [`subject AS ${target.subject}`, 'ts', ...target.columns.map(({ name }) => name)];
  if (timeframe && target.dataset === 'bars') {
    columns.push(`ts + ${TIMEFRAME_MS[timeframe]} > ${now} AS partial`);
  }
  return columns;
}

/** Sorted rows of one subject, month by month. The raw time bounds each month, so that DuckDB can skip the others. */
async function monthSlices(
  connection: DuckDBConnection,
  file: FileRows,
  target: ImportTarget,
  broken: ReadonlyMap<FileRows, number>,
  timeframe: Timeframe | undefined,
  now: number,
): Promise<Slice[]> {
  const where = (broken.get(file) ?? 0) > 0 ? ` WHERE (${anyBrokenSql(file.rules)}) IS NOT TRUE` : '';
  const months = await rowsOf(
    connection,
    `SELECT min(ts) AS lo, max(ts) AS hi, min(${file.clock})::VARCHAR AS first, max(${file.clock})::VARCHAR AS last
     FROM (SELECT * FROM (${file.select})${where}) GROUP BY year(make_timestamp_ms(ts)), month(make_timestamp_ms(ts)) ORDER BY lo`,
  );
  const columnsUntil = (last: number): string[] => {
    const columns = storedColumns(target, timeframe, now);
    // false is what the lake fills in
    return timeframe && last + TIMEFRAME_MS[timeframe] <= now
      ? columns.filter((column) => !column.endsWith(' AS partial'))
      : columns;
  };
  const isInstrument = target.subject === 'instrument_id';
  return months.map(({ lo, hi, first, last }) => {
    const columns = columnsUntil(Number(hi));
    return {
      partition: {
        venue: isInstrument ? file.subject!.split(':', 1)[0]! : NO_PARTITION,
        timeframe: timeframe ?? NO_PARTITION,
        period: periodOf(Number(lo)),
      },
      tsMin: Number(lo),
      tsMax: Number(hi),
      subject: file.subject!,
      columns: columns.map((column) => column.split(' AS ').at(-1)!),
      select: `SELECT ${columns.join(', ')} FROM (${file.select}) ${where === '' ? 'WHERE' : `${where} AND`} ${file.clock} BETWEEN ${first} AND ${last}`,
    };
  });
}

function nameAll(staged: readonly StagedFile[]): string {
  const names = staged.map(({ file }) => file.name);
  return names.length <= 3
    ? names.join(', ')
    : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
}

function noRows(staged: readonly StagedFile[]): TidewatchError {
  return new TidewatchError('empty_series', `${nameAll(staged)} holds no rows`, {
    hint: 'check how the file was made',
    details: { files: staged.map(({ file }) => file.name) },
  });
}
