/**
 * A batch on its way into the lake: columns or rows become a temporary table, its rows are checked, split by folder,
 * left with one row per key and sorted by (subject, ts).
 */
import {
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  listValue,
  VARCHAR,
} from '@duckdb/node-api';
import { TidewatchError } from '../../errors.js';
import {
  type Column,
  type DatasetName,
  keyOf,
  type RowOf,
  rankSql,
  rowSchema,
  shapeOf,
  sqlType,
} from './datasets.js';
import { NO_PARTITION, type Partition } from './part-name.js';
import type { PendingPart } from './publish.js';
import { quote, rowsOf } from './session.js';

/** Columns of equal length by name (snake_case as stored), or rows. */
export type Batch<D extends DatasetName> =
  | readonly RowOf<D>[]
  | { readonly columns: Readonly<Record<string, ArrayLike<unknown>>>; readonly length: number };

const INCOMING = 'incoming';
const STAGED = 'staged';
const CHUNK_ROWS = 2048;

/** Type in which a value of JavaScript arrives; integers come as doubles and are cast, exact below 2⁵³. */
function arrivalType(column: Column): DuckDBType {
  if (column.type === 'text') return VARCHAR;
  if (column.type === 'boolean') return BOOLEAN;
  if (column.type === 'doubles') return LIST(DOUBLE);
  return DOUBLE;
}

function columnOf(dataset: DatasetName, name: string): Column {
  const shape = shapeOf(dataset);
  if (name === 'timeframe' && shape.hasTimeframe) return { type: 'text', nullable: false };
  const column = shape.columns[name];
  if (!column) {
    throw new TidewatchError('bad_parameter', `${dataset} has no column "${name}"`, {
      hint: `its columns are ${Object.keys(shape.columns).join(', ')}`,
      details: { dataset, column: name },
    });
  }
  return column;
}

/** Checks rows against the dataset's schema and turns them into columns. */
function toColumns(dataset: DatasetName, rows: readonly object[]): Record<string, unknown[]> {
  const schema = rowSchema(dataset);
  const columns: Record<string, unknown[]> = {};
  for (const [index, row] of rows.entries()) {
    const parsed = schema.safeParse(row);
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      const name = issue.path.join('.') || 'row';
      const value = (row as Record<string, unknown>)[name];
      const code =
        typeof value === 'number' && !Number.isFinite(value) ? 'non_finite_value' : 'bad_parameter';
      throw new TidewatchError(code, `${dataset} row ${index}: ${name} is not valid · ${issue.message}`, {
        hint: 'mend the row; nothing of the batch was stored',
        details: { dataset, row: index, column: name },
      });
    }
    for (const [name, value] of Object.entries(row)) {
      columns[name] ??= new Array<unknown>(rows.length).fill(null);
      columns[name][index] = value ?? null;
    }
  }
  return columns;
}

/** Puts a batch into a temporary table and returns the SELECT that reads it. */
export async function loadBatch<D extends DatasetName>(
  connection: DuckDBConnection,
  dataset: D,
  batch: Batch<D>,
): Promise<string> {
  const columns = 'columns' in batch ? batch.columns : toColumns(dataset, batch);
  const names = Object.keys(columns);
  for (const name of names) {
    if (columns[name]!.length !== batch.length) {
      throw new TidewatchError(
        'column_length_mismatch',
        `column ${name} of a ${dataset} batch has ${columns[name]!.length} rows, the batch ${batch.length}`,
        { hint: 'give every column one value per row', details: { dataset, column: name } },
      );
    }
  }
  const shapes = names.map((name) => columnOf(dataset, name));
  const types = shapes.map(arrivalType);
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ${INCOMING} (${names.map((name, at) => `${name} ${types[at]}`).join(', ')})`,
  );
  const appender = await connection.createAppender(INCOMING, null, 'temp');
  try {
    for (let from = 0; from < batch.length; from += CHUNK_ROWS) {
      const rows = Math.min(CHUNK_ROWS, batch.length - from);
      const chunk = DuckDBDataChunk.create(types, rows);
      for (const [at, name] of names.entries()) {
        const source = columns[name]!;
        const values = new Array<DuckDBValue>(rows);
        for (let row = 0; row < rows; row += 1) values[row] = arrival(source[from + row], shapes[at]!);
        chunk.setColumnValues(at, values);
      }
      appender.appendDataChunk(chunk);
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
  return `SELECT ${names.map((name, at) => `${name}::${sqlType(shapes[at]!)} AS ${name}`).join(', ')} FROM ${INCOMING}`;
}

function arrival(value: unknown, column: Column): DuckDBValue {
  if (value === null || value === undefined) return null;
  if (column.type === 'doubles') return listValue(value as readonly number[]);
  if (column.type === 'boolean' && typeof value === 'number') return value !== 0;
  // NaN is how typed arrays say "missing"
  if (column.nullable && typeof value === 'number' && Number.isNaN(value)) return null;
  return value as DuckDBValue;
}

/**
 * Stages the result of a SELECT: column names matched, gaps filled, rows checked.
 * @returns the parts to publish, none when there is no row
 * @throws TidewatchError `missing_column`, `bad_parameter`, or the rule of the dataset that a row breaks
 */
export async function stage(
  connection: DuckDBConnection,
  dataset: DatasetName,
  select: string,
  origin: { readonly source: string; readonly ingestedAt: number },
): Promise<PendingPart[]> {
  const shape = shapeOf(dataset);
  const described = await rowsOf(connection, `DESCRIBE ${select}`);
  const present = described.map((row) => String(row.column_name));
  const casts = present.map((name) => `${name}::${sqlType(columnOf(dataset, name))} AS ${name}`);
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
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ${STAGED} AS SELECT ${casts.join(', ')} FROM (${select})`,
  );
  await checkRows(connection, dataset, present);
  const folders = await splitByFolder(connection, dataset);
  const clean = shape.extraKey.length === 0 && (await isSorted(connection, dataset));
  return folders.map(({ partition, tsMin, tsMax, where }) => ({
    dataset,
    partition,
    tsMin,
    tsMax,
    select: selectPart(dataset, present, origin, where, clean),
  }));
}

export async function dropStaging(connection: DuckDBConnection): Promise<void> {
  await connection.run(`DROP TABLE IF EXISTS temp.${STAGED}; DROP TABLE IF EXISTS temp.${INCOMING}`);
}

/** Every rule in one pass; only when one is broken a second pass finds the row. */
async function checkRows(
  connection: DuckDBConnection,
  dataset: DatasetName,
  present: readonly string[],
): Promise<void> {
  const shape = shapeOf(dataset);
  const rules = shape.checks.map(({ code, violation }) => ({
    code,
    // a column that the batch leaves out is NULL or its default, which breaks no rule
    violation: Object.keys(shape.columns).some((name) => mentions(violation, name) && !present.includes(name))
      ? withoutMissing(violation, shape.columns, present)
      : violation,
  }));
  const notNull = present.filter(
    (name) =>
      name === 'timeframe' || (!isFilledIn(name, shape.columns[name]!) && !shape.columns[name]!.nullable),
  );
  const all = [
    { code: 'non_finite_value' as const, violation: notNull.map((name) => `${name} IS NULL`).join(' OR ') },
    { code: 'bad_parameter' as const, violation: 'ts < 0' },
    ...rules,
  ].filter(({ violation }) => violation !== '');
  const [counts] = await rowsOf(
    connection,
    `SELECT ${all.map(({ violation }, at) => `count(*) FILTER (WHERE ${violation}) AS c${at}`).join(', ')} FROM ${STAGED}`,
  );
  for (const [at, { code, violation }] of all.entries()) {
    const count = Number(counts![`c${at}`]);
    if (count === 0) continue;
    const [row] = await rowsOf(
      connection,
      `SELECT rowid AS row, * FROM ${STAGED} WHERE ${violation} LIMIT 1`,
    );
    const { row: index, ...values } = row!;
    throw new TidewatchError(code, `${dataset} row ${index} breaks a rule of the dataset · ${violation}`, {
      hint: 'mend or drop such rows; nothing of the batch was stored',
      details: { dataset, row: index, rows: count, values },
    });
  }
}

/** Columns that the lake fills in where a batch has none. */
function isFilledIn(name: string, column: Column): boolean {
  return name === 'source' || name === 'ingested_at' || column.default !== undefined;
}

function mentions(expression: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(expression);
}

/** Replaces columns that are not there by their default (or NULL, which makes the comparison unknown, hence false). */
function withoutMissing(
  expression: string,
  columns: Readonly<Record<string, Column>>,
  present: readonly string[],
): string {
  return Object.entries(columns)
    .filter(([name]) => !present.includes(name))
    .reduce(
      (text, [name, column]) =>
        text.replace(new RegExp(`\\b${name}\\b`, 'g'), `(${column.default ?? 'NULL'}::${sqlType(column)})`),
      expression,
    );
}

function venueSql(dataset: DatasetName): string {
  return shapeOf(dataset).subject === 'instrument_id'
    ? "split_part(instrument_id, ':', 1)"
    : quote(NO_PARTITION);
}

interface StagedFolder {
  readonly partition: Partition;
  readonly tsMin: number;
  readonly tsMax: number;
  readonly where: string;
}

async function splitByFolder(connection: DuckDBConnection, dataset: DatasetName): Promise<StagedFolder[]> {
  const { hasTimeframe } = shapeOf(dataset);
  const timeframe = hasTimeframe ? 'timeframe' : quote(NO_PARTITION);
  const rows = await rowsOf(
    connection,
    `SELECT ${venueSql(dataset)} AS venue, ${timeframe} AS timeframe, min(ts) AS lo, max(ts) AS hi,
       year(make_timestamp_ms(ts)) * 12 + month(make_timestamp_ms(ts)) - 1 AS month
     FROM ${STAGED} GROUP BY ALL ORDER BY venue, timeframe, month`,
  );
  const several = new Set(rows.map((row) => `${row.venue} ${row.timeframe}`)).size > 1;
  return rows.map((row) => {
    const month = Number(row.month);
    const [year, index] = [Math.floor(month / 12), month % 12];
    const partition = {
      venue: String(row.venue),
      timeframe: String(row.timeframe),
      period: `${String(year).padStart(4, '0')}-${String(index + 1).padStart(2, '0')}`,
    };
    const conditions = [`ts >= ${Date.UTC(year, index, 1)}`, `ts < ${Date.UTC(year, index + 1, 1)}`];
    if (several) {
      conditions.push(`${venueSql(dataset)} = ${quote(partition.venue)}`);
      if (hasTimeframe) conditions.push(`timeframe = ${quote(partition.timeframe)}`);
    }
    return { partition, tsMin: Number(row.lo), tsMax: Number(row.hi), where: conditions.join(' AND ') };
  });
}

/** True when (subject, ts) strictly increases from row to row: then no key is there twice and nothing needs sorting. */
async function isSorted(connection: DuckDBConnection, dataset: DatasetName): Promise<boolean> {
  const { subject, hasTimeframe } = shapeOf(dataset);
  const sameFolder = hasTimeframe ? 'AND timeframe = t0' : '';
  const [row] = await rowsOf(
    connection,
    `SELECT count(*) AS n FROM (
       SELECT ${subject} AS s, ts, lag(${subject}) OVER () AS s0, lag(ts) OVER () AS ts0
         ${hasTimeframe ? ', timeframe, lag(timeframe) OVER () AS t0' : ''} FROM ${STAGED}
     ) WHERE s0 IS NOT NULL AND NOT (s > s0 OR (s = s0 AND ts > ts0 ${sameFolder}))`,
  );
  return Number(row!.n) === 0;
}

function selectPart(
  dataset: DatasetName,
  present: readonly string[],
  origin: { readonly source: string; readonly ingestedAt: number },
  where: string,
  clean: boolean,
): string {
  const { columns, subject } = shapeOf(dataset);
  const fallback = (name: string, column: Column): string => {
    if (name === 'source') return quote(origin.source);
    if (name === 'ingested_at') return `${origin.ingestedAt}::BIGINT`;
    return `${column.default ?? 'NULL'}::${sqlType(column)}`;
  };
  const list = Object.entries<Column>(columns).map(([name, column]) => {
    if (!present.includes(name)) return `${fallback(name, column)} AS ${name}`;
    return isFilledIn(name, column) ? `coalesce(${name}, ${fallback(name, column)}) AS ${name}` : name;
  });
  if (clean) return `SELECT ${list.join(', ')} FROM ${STAGED} WHERE ${where}`;
  const key = keyOf(dataset).join(', ');
  const rows = `SELECT ${list.join(', ')}, rowid AS "$row" FROM ${STAGED} WHERE ${where}`;
  return (
    `SELECT * EXCLUDE ("$row") FROM (${rows}) QUALIFY row_number() OVER (PARTITION BY ${key} ORDER BY ` +
    `${rankSql(dataset)} DESC, ingested_at DESC, "$row" DESC) = 1 ORDER BY ${subject}, ts`
  );
}
