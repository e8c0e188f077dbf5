/**
 * Lights of operations spec §6 for what runs by the clock: failed jobs, lag of the newest bars, budgets of the venues. Told
 * by `tidewatch up` only: where nothing keeps the series fresh, an old one is no fault.
 */
import type { DatasetStatus } from '../../data/lake/status.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import type { Services } from '../services.js';
import type { HealthItem, Light } from './health.js';

const HOUR = 3_600_000;
const worse: readonly Light[] = ['green', 'amber', 'red'];

/** Lag of the newest final bar of watched series: green up to one period, amber up to two; the worst per timeframe. */
export function barLag(
  stored: readonly DatasetStatus[],
  watched: readonly string[],
  now: number,
): HealthItem[] {
  const lags = new Map<Timeframe, number>();
  for (const { dataset, subject, timeframe, lastTs } of stored) {
    if (dataset !== 'bars' || !watched.includes(subject)) continue;
    const tf = timeframe as Timeframe;
    const lag = Math.max(0, now - (lastTs + TIMEFRAME_MS[tf]));
    lags.set(tf, Math.max(lags.get(tf) ?? 0, lag));
  }
  return [...lags].map(([timeframe, value]) => ({
    name: `bar_lag_${timeframe}`,
    light: worse[Math.min(2, Math.max(0, Math.ceil(value / TIMEFRAME_MS[timeframe]) - 1))]!,
    value,
    unit: 'ms',
  }));
}

/** Failed runs of the last hour: none green, up to two amber. */
export async function jobFailures({ operations, clock, schedule }: Services): Promise<HealthItem[]> {
  const { here } = await operations.open();
  if (here === undefined) return [];
  const ids = schedule.all.map(({ id }) => id);
  const { failed, inRow } = await here.store.jobRuns.failures(ids, clock.now() - HOUR);
  const light: Light = failed >= 3 || inRow ? 'red' : failed > 0 ? 'amber' : 'green';
  return [{ name: 'job_failures_last_hour', light, value: failed, unit: 'runs' }];
}
