/** A batch in JavaScript, rows or columns, becomes a temporary table: the way in for live writers. */
import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { TidewatchError } from '../../errors.js';
import type { Series } from '../../market/series.js';
import { duckdb } from '../../platform/duckdb.js';
import { type RowOf, rowSchema } from './dataset-rows.js';
import { type Column, sqlType } from './dataset-shape.js';
import { columnOf, type DatasetName } from './datasets.js';
import { quote } from './session.js';
import { constantNames, type StagedRows } from './staging.js';

const { BOOLEAN, DOUBLE, DuckDBDataChunk, LIST, listValue, VARCHAR } = duckdb;

/** Columns of equal length by name (snake_case as stored). */
export interface ColumnBatch {
  /** Numbers travel fastest as Float64Array. */
  readonly columns: Readonly<Record<string, ArrayLike<unknown>>>;
  readonly length: number;
  /** Texts that are the same in every row, such as instrument_id and timeframe. */
  readonly constants?: Readonly<Record<string, string>>;
}

/** Columns, or rows. */
export type Batch<D extends DatasetName> = readonly RowOf<D>[] | ColumnBatch;

/** Bars as the lake takes them, without a copy. */
export function seriesBatch(series: Series): ColumnBatch {
  const { instrument, timeframe, length, time: ts, open, high, low, close, volume } = series;
  return {
    length,
    constants: { instrument_id: instrument, timeframe },
    columns: { ts, open, high, low, close, volume },
  };
}

export const INCOMING = 'incoming';
const CHUNK_ROWS = 2048;

/** Type in which a value of JavaScript arrives; integers come as doubles and are cast, exact below 2⁵³. */
function arrivalType(column: Column): DuckDBType {
  if (column.type === 'text') return VARCHAR;
  if (column.type === 'boolean') return BOOLEAN;
  if (column.type === 'doubles') return LIST(DOUBLE);
  return DOUBLE;
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

/** Puts a batch into a temporary table. @returns how to read it, and what is known of it without a look */
export async function loadBatch<D extends DatasetName>(
  connection: DuckDBConnection,
  dataset: D,
  batch: Batch<D>,
): Promise<StagedRows> {
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
        if (isDoubles(source, shapes[at]!)) {
          // the binding's own buffer, without a call and a box per value
          const vector = chunk.getColumnVector(at) as unknown as { items: Float64Array; flush(): void };
          vector.items.set(source.subarray(from, from + rows));
          vector.flush();
          continue;
        }
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
  const cells = names.map((name, at) => {
    const shape = shapes[at]!;
    const value = shape.nullable && isDoubles(columns[name]!, shape) ? `nullif(${name}, ${NAN})` : name;
    return `${value}::${sqlType(shape)} AS ${name}`;
  });
  const constants = 'columns' in batch ? Object.entries(batch.constants ?? {}) : [];
  const fixed = constants.map(([name, value]) => `${quote(value)}::VARCHAR AS ${name}`);
  return {
    select: `SELECT ${[...cells, ...fixed].join(', ')} FROM ${INCOMING}`,
    present: [...names, ...constants.map(([name]) => name)],
    constants: new Map(
      constantNames(dataset).flatMap((name) => {
        const value = constants.find(([fixedName]) => fixedName === name)?.[1] ?? oneText(columns[name]);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  };
}

/** The text that all rows share; undefined where they do not. */
function oneText(values: ArrayLike<unknown> | undefined): string | undefined {
  const first = values?.[0];
  if (values === undefined || typeof first !== 'string') return undefined;
  for (let row = 1; row < values.length; row += 1) if (values[row] !== first) return undefined;
  return first;
}

const NAN = "'NaN'::DOUBLE";

/** Numbers that need no look at each value; NaN then becomes NULL in the query, where the column may be empty. */
function isDoubles(source: ArrayLike<unknown>, column: Column): source is Float64Array {
  return source instanceof Float64Array && ['double', 'integer', 'bigint'].includes(column.type);
}

function arrival(value: unknown, column: Column): DuckDBValue {
  if (value === null || value === undefined) return null;
  if (column.type === 'doubles') return listValue(value as readonly number[]);
  if (column.type === 'boolean' && typeof value === 'number') return value !== 0;
  // NaN is how typed arrays say "missing"
  if (column.nullable && typeof value === 'number' && Number.isNaN(value)) return null;
  return value as DuckDBValue;
}
