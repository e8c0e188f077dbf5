/**
 * Rows on their way into the lake: the result of a SELECT becomes a temporary table, is checked, split by folder, left
 * with one row per key and sorted by (subject, ts).
 *
 * A few passes over all rows, each as cheap as it gets, because imports bring millions: names that are the same in
 * every row are kept as literals, all rules are one condition, and rows that come sorted are neither sorted nor
 * searched for repeated keys.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { TidewatchError } from '../../errors.js';
import { type Column, sqlType } from './dataset-shape.js';
import { columnOf, type DatasetName, keyOf, shapeOf } from './datasets.js';
import { isFilledIn, literal, partColumns } from './part-columns.js';
import { NO_PARTITION, type Partition, periodOf, periodSpan } from './part-name.js';
import type { PendingPart } from './publish.js';
import { rankSql } from './row-rank.js';
import { quote, rowsOf } from './session.js';

export const STAGED = 'staged';
const DAY = 86_400_000;

/** A SELECT whose columns are known. */
export interface StagedRows {
  readonly select: string;
  readonly present: readonly string[];
  /** Of the columns whose text parts rows, those that have one in all of them. */
  readonly constants: ReadonlyMap<string, string>;
}

/**
 * Stages the result of a SELECT: column names matched, gaps filled, rows checked.
 * @param rows a SELECT, looked at first where its columns are not known
 * @returns the parts to publish, none when there is no row
 * @throws TidewatchError `missing_column`, `bad_parameter`, or the rule of the dataset that a row breaks
 */
export async function stage(
  connection: DuckDBConnection,
  dataset: DatasetName,
  rows: string | StagedRows,
  origin: { readonly source: string; readonly ingestedAt: number },
): Promise<PendingPart[]> {
  const shape = shapeOf(dataset);
  const select = typeof rows === 'string' ? rows : rows.select;
  const present = typeof rows === 'string' ? await columnNames(connection, rows) : rows.present;
  const required = Object.entries<Column>(shape.columns).filter(
    ([name, column]) => !column.nullable && !isFilledIn(name, column),
  );
  const needed = [...required.map(([name]) => name), ...(shape.hasTimeframe ? ['timeframe'] : [])];
  const lacking = needed.find((name) => !present.includes(name));
  if (lacking !== undefined) {
    throw new TidewatchError('missing_column', `the ${dataset} rows to be stored have no column ${lacking}`, {
      hint: `give ${needed.join(', ')}`,
      details: { dataset, column: lacking },
    });
  }
  const constants =
    typeof rows === 'string' ? await constantTexts(connection, dataset, rows, present) : rows.constants;
  const casts = present
    .filter((name) => !constants.has(name))
    .map((name) => `${name}::${sqlType(columnOf(dataset, name))} AS ${name}`);
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ${STAGED} AS SELECT ${casts.join(', ')} FROM (${select})`,
  );
  const staged: Staged = { dataset, present, constants };
  const { folders, isSorted } = await splitByFolder(connection, staged);
  return folders.map(({ partition, tsMin, tsMax, where }) => ({
    dataset,
    partition,
    tsMin,
    tsMax,
    ...partSql(staged, origin, where, isSorted),
  }));
}

/** What lies in the staging table. */
interface Staged {
  readonly dataset: DatasetName;
  /** Columns that the batch carries. */
  readonly present: readonly string[];
  /** Of those, the texts that are the same in every row: kept here instead of in the table. */
  readonly constants: ReadonlyMap<string, string>;
}

async function columnNames(connection: DuckDBConnection, select: string): Promise<string[]> {
  const described = await rowsOf(connection, `DESCRIBE ${select}`);
  return described.map((row) => String(row.column_name));
}

/** Columns whose text parts the rows of a dataset. */
export function constantNames(dataset: DatasetName): readonly string[] {
  return [shapeOf(dataset).subject, 'timeframe'];
}

/**
 * A batch is mostly of one instrument and timeframe; its names need not be copied, compared and grouped per row.
 * For literals of the query this look costs next to nothing.
 */
async function constantTexts(
  connection: DuckDBConnection,
  dataset: DatasetName,
  select: string,
  present: readonly string[],
): Promise<Map<string, string>> {
  const names = constantNames(dataset).filter((name) => present.includes(name));
  const looks = names.map(
    (name) =>
      `min(${name})::VARCHAR AS lo_${name}, max(${name})::VARCHAR AS hi_${name}, count(${name}) AS n_${name}`,
  );
  const [row] = await rowsOf(connection, `SELECT count(*) AS n, ${looks.join(', ')} FROM (${select})`);
  const constants = new Map<string, string>();
  for (const name of names) {
    const value = row![`lo_${name}`];
    if (typeof value !== 'string' || value !== row![`hi_${name}`] || row![`n_${name}`] !== row!.n) continue;
    constants.set(name, value);
  }
  return constants;
}

/** What must hold for every staged row, as one condition; NULL counts as broken. */
function soundness({ dataset, present, constants }: Staged): string {
  const shape = shapeOf(dataset);
  const notNull = present.filter(
    (name) =>
      !constants.has(name) &&
      (name === 'timeframe' || (!isFilledIn(name, shape.columns[name]!) && !shape.columns[name]!.nullable)),
  );
  const rules = shape.sound.filter(({ needs }) => needs.every((name) => present.includes(name)));
  return ['ts >= 0', ...notNull.map((name) => `${name} IS NOT NULL`), ...rules.map(({ sql }) => sql)].join(
    ' AND ',
  );
}

/** The pass over all rows found a broken one: which rule is it, and which row? */
async function refuse(connection: DuckDBConnection, staged: Staged): Promise<never> {
  const { dataset } = staged;
  const [row] = await rowsOf(
    connection,
    `SELECT rowid AS row, * FROM ${STAGED} WHERE (${soundness(staged)}) IS NOT TRUE ORDER BY rowid LIMIT 1`,
  );
  const { row: index, ...values } = row!;
  const hint = 'mend or drop such rows; nothing of the batch was stored';
  for (const { code, violation } of [...GENERAL_RULES, ...shapeOf(dataset).checks]) {
    const [found] = await rowsOf(
      connection,
      `SELECT count(*) AS n FROM (SELECT ${withDefaults(dataset, values)} FROM ${STAGED} WHERE rowid = ${index})
       WHERE ${violation}`,
    );
    if (Number(found!.n) === 0) continue;
    throw new TidewatchError(code, `${dataset} row ${index} breaks a rule of the dataset · ${violation}`, {
      hint,
      details: { dataset, row: index, values },
    });
  }
  const missing = Object.keys(values).find((name) => values[name] === null) ?? 'a column';
  throw new TidewatchError('non_finite_value', `${dataset} row ${index} has no value in ${missing}`, {
    hint,
    details: { dataset, row: index, column: missing, values },
  });
}

const GENERAL_RULES = [{ code: 'bad_parameter', violation: 'ts < 0' }] as const;

/** The staged columns, and the default (or NULL, which breaks no rule) of those that the batch leaves out. */
function withDefaults(dataset: DatasetName, values: Readonly<Record<string, unknown>>): string {
  const absent = Object.entries<Column>(shapeOf(dataset).columns).filter(([name]) => !(name in values));
  return [
    '*',
    ...absent.map(([name, column]) => `${column.default ?? 'NULL'}::${sqlType(column)} AS ${name}`),
  ].join(', ');
}

/** First part of the instrument id, or none. */
function venueSql({ dataset, constants }: Staged): string {
  if (shapeOf(dataset).subject !== 'instrument_id') return quote(NO_PARTITION);
  return `split_part(${nameSql(constants, 'instrument_id')}, ':', 1)`;
}

/** A column of names, as SQL: the literal where it is the same in every row. */
function nameSql(constants: ReadonlyMap<string, string>, name: string): string {
  const text = constants.get(name);
  return text === undefined ? name : quote(text);
}

interface StagedFolder {
  readonly partition: Partition;
  tsMin: number;
  tsMax: number;
  readonly where: string;
}

/**
 * One question about all rows: folders with their ts ranges, whether every row is sound, and whether all lie in order.
 * Grouped by day, which is an
 * integer division, and put together to months here.
 */
async function splitByFolder(
  connection: DuckDBConnection,
  staged: Staged,
): Promise<{ readonly folders: readonly StagedFolder[]; readonly isSorted: boolean }> {
  const { hasTimeframe } = shapeOf(staged.dataset);
  const venue = venueSql(staged);
  const timeframe = hasTimeframe ? nameSql(staged.constants, 'timeframe') : quote(NO_PARTITION);
  const varying = [
    ...(staged.constants.has('instrument_id') || venue === quote(NO_PARTITION) ? [] : [venue]),
    ...(timeframe === 'timeframe' ? [timeframe] : []),
  ];
  const days = await rowsOf(
    connection,
    `SELECT any_value(${venue}) AS venue, any_value(${timeframe}) AS timeframe, min(ts) AS lo, max(ts) AS hi,
       count(*) FILTER (WHERE (${soundness(staged)}) IS NOT TRUE) AS broken, (${disorderSql(staged)}) AS disorder
     FROM ${STAGED} GROUP BY ${[`ts // ${DAY}`, ...varying].join(', ')} ORDER BY venue, timeframe, lo`,
  );
  if (days.some((row) => Number(row.broken) > 0)) await refuse(connection, staged);
  const folders = new Map<string, StagedFolder>();
  for (const row of days) {
    const [lo, hi] = [Number(row.lo), Number(row.hi)];
    const partition = { venue: String(row.venue), timeframe: String(row.timeframe), period: periodOf(lo) };
    const key = `${partition.venue}/${partition.timeframe}/${partition.period}`;
    const known = folders.get(key);
    if (known) {
      known.tsMin = Math.min(known.tsMin, lo);
      known.tsMax = Math.max(known.tsMax, hi);
      continue;
    }
    const [first, end] = periodSpan(partition.period);
    const conditions = [`ts >= ${first}`, `ts < ${end}`];
    if (varying.includes(venue)) conditions.push(`${venue} = ${quote(partition.venue)}`);
    if (varying.includes('timeframe')) conditions.push(`timeframe = ${quote(partition.timeframe)}`);
    folders.set(key, { partition, tsMin: lo, tsMax: hi, where: conditions.join(' AND ') });
  }
  return { folders: [...folders.values()], isSorted: Number(days[0]?.disorder) === 0 };
}

/**
 * Counts the rows whose (subject, ts) is not above that of the row before: where there is none, no key is there twice
 * and nothing needs sorting.
 */
function disorderSql({ dataset, constants }: Staged): string {
  const { subject, hasTimeframe } = shapeOf(dataset);
  const columns = ['ts', 'lag(ts) OVER () AS ts0'];
  let broken = 'ts <= ts0';
  if (hasTimeframe && !constants.has('timeframe')) {
    columns.push('timeframe', 'lag(timeframe) OVER () AS t0');
    broken = `(${broken} OR timeframe <> t0)`;
  }
  if (!constants.has(subject)) {
    columns.push(`${subject} AS s`, `lag(${subject}) OVER () AS s0`);
    broken = `(s < s0 OR (s = s0 AND ${broken}))`;
  }
  return `SELECT count(*) FROM (SELECT ${columns.join(', ')} FROM ${STAGED}) WHERE ${broken}`;
}

function partSql(
  { dataset, present, constants: known }: Staged,
  origin: { readonly source: string; readonly ingestedAt: number },
  where: string,
  clean: boolean,
): Pick<PendingPart, 'select' | 'constants'> {
  const { subject } = shapeOf(dataset);
  const { computed, constants } = partColumns(dataset, present, known, origin);
  const list = computed.map(({ name, sql }) => `${sql} AS ${name}`).join(', ');
  if (clean) return { select: `SELECT ${list} FROM ${STAGED} WHERE ${where}`, constants };
  const key = keyOf(dataset).filter((name) => !constants.some((column) => column.name === name));
  const fixed = constants.map(({ name, type, value }) => `${literal(value)}::${type} AS ${name}`);
  const rows = `SELECT ${[list, ...fixed].join(', ')}, rowid AS "$row" FROM ${STAGED} WHERE ${where}`;
  const select =
    `SELECT ${computed.map(({ name }) => name).join(', ')} FROM (${rows}) QUALIFY row_number() OVER (PARTITION BY ` +
    `${key.join(', ')} ORDER BY ${rankSql(dataset)} DESC, ingested_at DESC, "$row" DESC) = 1 ORDER BY ${subject}, ts`;
  return { select, constants };
}

/** Rows of one folder that need neither a check nor a sort nor a copy: each key once, ascending (subject, ts). */
export interface Slice {
  readonly partition: Partition;
  /** Smallest and largest ts inside. */
  readonly tsMin: number;
  readonly tsMax: number;
  readonly subject: string;
  readonly select: string;
  /** Columns of `select`, all of them columns of the dataset. */
  readonly columns: readonly string[];
}

/** A slice of staged rows as a part: casts to the dataset's types, columns with one value kept aside. */
export function slicePart(
  dataset: DatasetName,
  { partition, tsMin, tsMax, subject, select, columns }: Slice,
  origin: { readonly source: string; readonly ingestedAt: number },
): PendingPart {
  const casts = columns.map((name) => `${name}::${sqlType(columnOf(dataset, name))} AS ${name}`);
  const known = new Map([[shapeOf(dataset).subject, subject]]);
  const { computed, constants } = partColumns(dataset, columns, known, origin);
  const list = computed.map(({ name, sql }) => `${sql} AS ${name}`).join(', ');
  const rows = `SELECT ${casts.join(', ')} FROM (${select})`;
  return { dataset, partition, tsMin, tsMax, select: `SELECT ${list} FROM (${rows})`, constants };
}
