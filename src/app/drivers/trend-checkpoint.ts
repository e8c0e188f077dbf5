/**
 * Where the engine of a driver stands, kept in its record (feature `trend_meta`) so that a process that starts need not
 * step through all of history. It holds as long as the bars that it was made of are the same, which their checksum tells.
 * Packed, because a window of a thousand bars is a hundred kilobytes of JSON.
 */
import { deflateSync, inflateSync } from 'node:zlib';
import { z } from 'zod';
import {
  DriverTrend,
  type DriverTrendOptions,
  type DriverTrendSnapshot,
} from '../../analysis/drivers/driver-trend.js';
import type { RegimeSeries } from '../../data/drivers/regime-series.js';

const storedCheckpoint = z.object({
  schema_version: z.literal(1),
  bars: z.int().positive(),
  checksum: z.string(),
  snapshot: z.string().describe('Base64 of the deflated JSON of the engine'),
});
export type StoredCheckpoint = z.infer<typeof storedCheckpoint>;

export interface Checkpoint {
  /** Bars that it was made of, from the first stored one. */
  readonly bars: number;
  readonly stored: StoredCheckpoint;
}

/** Undefined where a record holds none, or one of another product version. */
export function readCheckpoint(json: unknown): StoredCheckpoint | undefined {
  return storedCheckpoint.safeParse(json).data;
}

/** @param trend has taken in every bar of the series */
export function checkpointOf(trend: DriverTrend, series: RegimeSeries): Checkpoint {
  const bars = series.length;
  const json = JSON.stringify(trend.snapshot());
  const snapshot = deflateSync(json, { level: 1 }).toString('base64');
  return { bars, stored: { schema_version: 1, bars, checksum: series.checksum(bars), snapshot } };
}

/** The engine as it stood; undefined when the bars before are others now, or it is of another engine. */
export function restoredTrend(
  options: DriverTrendOptions,
  { bars, stored }: Checkpoint,
  series: RegimeSeries,
): DriverTrend | undefined {
  if (bars > series.length || series.checksum(bars) !== stored.checksum) return undefined;
  const trend = new DriverTrend(options);
  try {
    const json = inflateSync(Buffer.from(stored.snapshot, 'base64')).toString('utf8');
    trend.restore(JSON.parse(json) as DriverTrendSnapshot);
  } catch {
    // of an older engine, or damaged: the bars say it all anyway
    return undefined;
  }
  return trend;
}
