/** What can be said of a dataset: its columns, its key, and what no stored row may be. */

export type ColumnType = 'text' | 'double' | 'integer' | 'bigint' | 'boolean' | 'doubles';

export interface Column {
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** SQL literal used when a batch does not carry the column. */
  readonly default?: string;
}

/** A condition that no stored row may meet, checked before anything is published. */
export interface RowCheck {
  readonly code:
    | 'non_finite_value'
    | 'non_positive_price'
    | 'inconsistent_bar'
    | 'negative_volume'
    | 'implausible_value';
  readonly violation: string;
}

export interface DatasetShape {
  readonly columns: Readonly<Record<string, Column>>;
  /** The instrument, driver or bucket that a row is about: first sort column. */
  readonly subject: 'instrument_id' | 'driver' | 'bucket';
  /** Key columns beside the subject, the partition timeframe and ts. */
  readonly extraKey: readonly string[];
  /** Whether `timeframe=` holds a timeframe (else `none`). */
  readonly hasTimeframe: boolean;
  /** Rules one by one, to say which one a row breaks. */
  readonly checks: readonly RowCheck[];
  /** The same rules put together for speed: what holds of a good row. A part counts when its columns are there. */
  readonly sound: readonly { readonly needs: readonly string[]; readonly sql: string }[];
}

const SQL_TYPES: Record<ColumnType, string> = {
  text: 'VARCHAR',
  double: 'DOUBLE',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  boolean: 'BOOLEAN',
  doubles: 'DOUBLE[]',
};

/** Type of the column in SQL. */
export function sqlType(column: Column): string {
  return SQL_TYPES[column.type];
}
