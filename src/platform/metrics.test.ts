import { expect, it } from 'vitest';
import type { Job } from './jobs/job.js';
import { MetricSources } from './metric-sources.js';
import { Metrics } from './metrics.js';

it('tells its own numbers, those of jobs and those of every source that can tell', async () => {
  const sources = new MetricSources();
  const failures: unknown[] = [];
  const lag = (timeframe: string, value: number) => ({
    name: 'tidewatch_bar_lag_seconds',
    help: 'Lag',
    type: 'gauge' as const,
    labels: { timeframe },
    value,
  });
  let calls = 3;
  sources.add(() => [lag('1m', 7), lag('1h', Number.NaN)]);
  sources.add(async () => [
    {
      name: 'tidewatch_api_calls_total',
      help: 'Calls',
      type: 'counter',
      labels: { venue: 'okx' },
      value: calls,
    },
  ]);
  sources.add(() => {
    throw new Error('away');
  });
  const metrics = new Metrics(sources, (error) => failures.push(error));
  const job = { kind: 'backup', status: 'completed', startedAt: 1_000, finishedAt: 3_000 } as Job;
  metrics.observe(job);
  metrics.observe({ ...job, status: 'failed', finishedAt: 1_000 });
  metrics.observe({ ...job, status: 'running' });
  const [text] = await Promise.all([metrics.text(), metrics.text()]);
  const lines = text.split('\n');
  expect(lines).toContain('tidewatch_bar_lag_seconds{timeframe="1m"} 7');
  expect(lines.some((line) => line.includes('timeframe="1h"'))).toBe(false);
  expect(lines).toContain('# TYPE tidewatch_api_calls_total counter');
  expect(lines).toContain('tidewatch_api_calls_total{venue="okx"} 3');
  expect(lines).toContain('tidewatch_job_runs_total{job="backup",status="completed"} 1');
  expect(lines).toContain('tidewatch_job_runs_total{job="backup",status="failed"} 1');
  expect(lines).toContain('tidewatch_job_duration_seconds_sum{job="backup"} 2');
  expect(text).toContain('tidewatch_process_cpu_seconds_total');
  calls = 5;
  expect(await metrics.text()).toContain('tidewatch_api_calls_total{venue="okx"} 5');
  expect(failures).toHaveLength(3);
});
