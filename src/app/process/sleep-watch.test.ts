import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../platform/system-clock.js';
import { SleepWatch } from './sleep-watch.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('notices a sleep and a moved clock, and nothing else', async () => {
  const drifts: number[] = [];
  const watch = new SleepWatch(systemClock, (drift) => drifts.push(drift));
  watch.start();
  await vi.advanceTimersByTimeAsync(60_000);
  vi.setSystemTime(Date.now() + 20_000);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(drifts).toEqual([]);
  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(5_000);
  vi.setSystemTime(Date.now() - 3_600_000);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(drifts).toEqual([3_600_000, -3_600_000]);
  watch.stop();
  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(drifts).toHaveLength(2);
});
