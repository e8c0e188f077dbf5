/** Streams that say nothing (regime spec §16.4): a warning after two minutes, critical after thirty. */
import type { AlertToRaise } from '../../platform/alerts/alert-book.js';
import type { HealthItem } from '../server/health.js';

const WARN_MS = 120_000;
const CRITICAL_MS = 1_800_000;

/** @param lights of the streams; @returns undefined while the slowest connection is fresh enough, or none is followed */
export function silentStreams(lights: readonly HealthItem[]): Omit<AlertToRaise, 'name'> | undefined {
  const age = lights.find(({ name }) => name === 'stream_data_age')?.value ?? 0;
  if (age <= WARN_MS) return undefined;
  const isLong = age > CRITICAL_MS;
  return {
    severity: isLong ? 'critical' : 'warning',
    message: `a stream has been silent for more than ${isLong ? 30 : 2} minutes · see: /api/streams`,
  };
}
