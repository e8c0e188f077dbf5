/** Rows of a dataset as writers hand them in, typed and checked by its columns. */
import { z } from 'zod';
import type { ColumnType } from './dataset-shape.js';
import { type DATASETS, type DatasetName, shapeOf } from './datasets.js';

interface Values {
  text: string;
  double: number;
  integer: number;
  bigint: number;
  boolean: boolean;
  doubles: readonly number[];
}

/** One stored row, snake_case as in the files; times are epoch ms. `timeframe` where the dataset is partitioned by it. */
export type RowOf<D extends DatasetName> = {
  [K in keyof (typeof DATASETS)[D]['columns'] as (typeof DATASETS)[D]['columns'][K] extends {
    nullable: false;
  }
    ? (typeof DATASETS)[D]['columns'][K] extends { default: string }
      ? never
      : K extends 'source' | 'ingested_at'
        ? never
        : K
    : never]: (typeof DATASETS)[D]['columns'][K] extends { type: infer T extends ColumnType }
    ? Values[T]
    : never;
} & {
  [K in keyof (typeof DATASETS)[D]['columns'] as (typeof DATASETS)[D]['columns'][K] extends
    | { nullable: true }
    | { default: string }
    ? K
    : K extends 'source' | 'ingested_at'
      ? K
      : never]?:
    | ((typeof DATASETS)[D]['columns'][K] extends { type: infer T extends ColumnType } ? Values[T] : never)
    | null
    | undefined;
} & ((typeof DATASETS)[D]['hasTimeframe'] extends true ? { timeframe: string } : { timeframe?: never });

const SCALARS = {
  text: z.string().min(1),
  double: z.number(),
  integer: z.int(),
  bigint: z.int(),
  boolean: z.boolean(),
  doubles: z.array(z.number()),
} as const;

/** The zod schema of one row as a writer hands it in. */
export function rowSchema(dataset: DatasetName): z.ZodType {
  const { columns, hasTimeframe } = shapeOf(dataset);
  const fields: Record<string, z.ZodType> = {};
  for (const [name, column] of Object.entries(columns)) {
    const scalar: z.ZodType = SCALARS[column.type];
    const fromWriter = name === 'source' || name === 'ingested_at' || column.default !== undefined;
    fields[name] = column.nullable || fromWriter ? scalar.nullish() : scalar;
  }
  if (hasTimeframe) fields.timeframe = z.string().min(1);
  return z.strictObject(fields);
}
