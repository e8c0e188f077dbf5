/** Which columns of a part are computed row by row, and which have one value in all rows and cost nothing. */
import type { ConstantColumn } from './constant-columns.js';
import { type Column, sqlType } from './dataset-shape.js';
import { type DatasetName, shapeOf } from './datasets.js';
import { quote } from './session.js';

/** What a file of the dataset is made of: columns to be computed row by row, and those with one value for all rows. */
export interface PartColumns {
  readonly computed: readonly { readonly name: string; readonly sql: string }[];
  readonly constants: readonly ConstantColumn[];
}

/**
 * @param present columns that the rows carry
 * @param known columns whose text is the same in every row
 */
export function partColumns(
  dataset: DatasetName,
  present: readonly string[],
  known: ReadonlyMap<string, string>,
  origin: { readonly source: string; readonly ingestedAt: number },
): PartColumns {
  const computed: { name: string; sql: string }[] = [];
  const constants: ConstantColumn[] = [];
  const columns = Object.entries<Column>(shapeOf(dataset).columns);
  // a list column has several entries in the file's schema: such a file is left to the engine
  const isFlat = columns.every(([, column]) => isConstantType(sqlType(column)));
  for (const [name, column] of columns) {
    const type = sqlType(column);
    const filledIn =
      { source: origin.source, ingested_at: origin.ingestedAt }[name] ?? defaultValue(column.default);
    const value = known.get(name) ?? (present.includes(name) ? undefined : filledIn);
    if (value !== undefined && isFlat && isConstantType(type)) constants.push({ name, type, value });
    else if (value !== undefined) computed.push({ name, sql: `${literal(value)}::${type}` });
    else computed.push({ name, sql: columnSql(name, column, filledIn) });
  }
  return { computed, constants };
}

function columnSql(name: string, column: Column, filledIn: ConstantColumn['value']): string {
  return isFilledIn(name, column) ? `coalesce(${name}, ${literal(filledIn)}::${sqlType(column)})` : name;
}

/** The value of a default, which is written as an SQL literal; NULL without one. */
function defaultValue(sql: string | undefined): ConstantColumn['value'] {
  if (sql === undefined) return null;
  if (sql === 'true' || sql === 'false') return Number(sql === 'true');
  return sql.startsWith("'") ? sql.slice(1, -1).replaceAll("''", "'") : Number(sql);
}

function isConstantType(type: string): type is ConstantColumn['type'] {
  return ['DOUBLE', 'INTEGER', 'BIGINT', 'VARCHAR', 'BOOLEAN'].includes(type);
}

/** Columns that the lake fills in where a batch has none. */
export function isFilledIn(name: string, column: Column): boolean {
  return name === 'source' || name === 'ingested_at' || column.default !== undefined;
}

/** A value as SQL. */
export const literal = (value: ConstantColumn['value']): string =>
  typeof value === 'string' ? quote(value) : String(value);
