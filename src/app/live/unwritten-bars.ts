/** Bars of the streams that do not reach the disk: a warning after a minute, critical after five. Nothing is lost yet. */
import type { AlertToRaise } from '../../platform/alerts/alert-book.js';
import type { StreamsJson } from './streams-schema.js';

const MINUTE = 60_000;

/** Oldest bar that is in memory alone, ms: amber from the first on, red from the second. */
export const UNWRITTEN_MS = { amber: MINUTE, red: 5 * MINUTE } as const;

/** @returns undefined while every bar is on disk within a minute */
export function unwrittenBars({
  waiting_rows,
  waiting_ms,
  write_error,
}: Pick<StreamsJson, 'waiting_rows' | 'waiting_ms' | 'write_error'>): Omit<AlertToRaise, 'name'> | undefined {
  if (waiting_ms < UNWRITTEN_MS.amber) return undefined;
  const isLong = waiting_ms >= UNWRITTEN_MS.red;
  return {
    severity: isLong ? 'critical' : 'warning',
    message: `closed bars wait in memory for more than ${isLong ? 'five minutes' : 'a minute'} · ${
      write_error ?? 'the disk is slow'
    } · they are written when it takes them`,
    details: { waiting_rows },
  };
}
