/** The state of an indicator as JSON: numbers exactly, null for NaN, which JSON lacks. */
import { z } from 'zod';

/**
 * All that an indicator needs to go on, as JSON; null stands for NaN. Made by `snapshot`, read by `restore`.
 */
export interface IndicatorSnapshot {
  /** Rows seen so far. */
  readonly rows: number;
  /** State after the last row; null stands for NaN, which JSON lacks. */
  readonly state: readonly (number | null)[];
  /** State before the last row, for `replaceLast`. */
  readonly before: readonly (number | null)[];
  /** Values of all lines at the last row. */
  readonly values: readonly (number | null)[];
  /** Long windows of raw values, empty for most indicators. */
  readonly ring: readonly (number | null)[];
  readonly parts: readonly IndicatorSnapshot[];
}

const numbers = z.array(z.number().nullable());
export const indicatorSnapshotSchema: z.ZodType<IndicatorSnapshot> = z.lazy(() =>
  z.strictObject({
    rows: z.int().nonnegative(),
    state: numbers,
    before: numbers,
    values: numbers,
    ring: numbers,
    parts: z.array(indicatorSnapshotSchema),
  }),
);

/** NaN becomes null. */
export const encode = (values: Float64Array): (number | null)[] =>
  Array.from(values, (value) => (Number.isNaN(value) ? null : value));

/** Null becomes NaN. */
export const decode = (value: number | null): number => value ?? Number.NaN;
