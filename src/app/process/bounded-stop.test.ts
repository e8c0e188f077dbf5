import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BoundedStop, type StopStep } from './bounded-stop.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const log = () => {
  const said: string[] = [];
  const say = (_facts: unknown, text: string): void => void said.push(text);
  return { said, debug: say, warn: say };
};
const never = (name: string, limitMs: number): StopStep => ({
  name,
  limitMs,
  run: () => new Promise(() => undefined),
});

it('ends what ends, leaves what hangs, and says each', async () => {
  const told = log();
  const stop = new BoundedStop(told, performance.now());
  const ended = stop.together(
    { name: 'server', limitMs: 1_000, run: async () => undefined },
    { name: 'schedule', limitMs: 1_000, run: () => Promise.reject(new Error('no')) },
    never('streams', 2_500),
  );
  await vi.advanceTimersByTimeAsync(2_500);
  await ended;
  expect(stop.left).toEqual(['streams']);
  expect(told.said).toEqual([
    'server ended',
    'schedule could not be ended',
    'streams did not end within 2500 ms and is left',
  ]);
});

it('takes no longer than its time in all, whatever hangs, and tries every step', async () => {
  const stop = new BoundedStop(log(), performance.now() - 1_000);
  let closed = false;
  let endedAt = Number.NaN;
  const begun = performance.now();
  const ended = (async () => {
    for (const name of ['parts', 'jobs', 'store']) await stop.together(never(name, 3_000));
    await stop.together({ name: 'home', limitMs: 500, run: async () => void (closed = true) });
    endedAt = performance.now();
  })();
  await vi.advanceTimersByTimeAsync(4_000);
  await ended;
  expect(endedAt - begun).toBeLessThanOrEqual(3_310);
  expect([stop.left, closed]).toEqual([['parts', 'jobs', 'store'], true]);
});
