import { describe, expect, it } from 'vitest';
import type { WindowRuns } from '../store/job-runs.js';
import { Schedule, scheduled } from './schedule.js';
import { findings } from './schedule-watchdog.js';

const at = (text: string): number => Date.parse(`2026-01-05T${text}Z`);
const none: WindowRuns = {
  ok: undefined,
  failed: undefined,
  failedAt: undefined,
  skipped: undefined,
  open: undefined,
  openStatus: undefined,
  openSince: undefined,
};
const schedule = new Schedule();
// every five minutes, three minutes after
schedule.add(scheduled('lake.sync', async () => undefined));

function wrong(runs: Partial<WindowRuns> | undefined, now: string, since = '00:00:00'): string[] {
  const known = new Map(runs === undefined ? [] : [['lake.sync', { ...none, ...runs }]]);
  return findings(schedule, known, at(since), at(now)).flatMap(({ name, wrong: found }) =>
    found ? [`${name} ${(found.details as { window_key: string }).window_key.slice(-5)}`] : [],
  );
}

describe('the watchdog', () => {
  const done = { ok: 'lake.sync@2026-01-05T11:50' };

  it.each([
    ['12:04:14', done, []],
    ['12:04:15', done, ['job_missed:lake.sync 11:55']],
    ['12:04:15', { ok: 'lake.sync@2026-01-05T11:55' }, []],
    ['12:09:15', { ...done, open: 'lake.sync@2026-01-05T11:55', openStatus: 'running' as const }, []],
    ['12:04:15', { ...done, openStatus: 'queued' as const, openSince: at('12:03:01') }, []],
    [
      '12:05:00',
      { ...done, openStatus: 'queued' as const, openSince: at('12:03:01') },
      ['job_missed:lake.sync 11:55'],
    ],
    ['12:04:15', undefined, ['job_missed:lake.sync 11:55']],
  ])('at %s, knowing %o', (now, runs, expected) => {
    expect(wrong(runs, now)).toEqual(expected);
  });

  it('leaves a process time to make up for what was missed before it', () => {
    expect(wrong(done, '12:04:15', '12:03:30')).toEqual([]);
    expect(wrong(done, '12:04:45', '12:03:30')).toEqual(['job_missed:lake.sync 11:55']);
  });

  it('tells a job that fails, until a later window works', () => {
    const failed = { ...done, failed: 'lake.sync@2026-01-05T11:55' };
    expect(wrong(failed, '12:04:15')).toEqual(['job_failed:lake.sync 11:55']);
    expect(wrong({ ...failed, ok: 'lake.sync@2026-01-05T12:00' }, '12:09:00')).toEqual([]);
  });
});
