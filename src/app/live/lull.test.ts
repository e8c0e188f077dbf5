import { expect, it } from 'vitest';
import type { Timer } from '../../data/venues/timer.js';
import { Lull } from './lull.js';

const MINUTE = 60_000;

/** Time that each sleep moves on at once, and a little too far or too short, as timers do. */
function timerFrom(start: number, error: (sleep: number) => number) {
  let time = start;
  let sleeps = 0;
  const timer: Timer & { pass(ms: number): void } = {
    now: () => time,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      time += ms + error(sleeps);
      sleeps += 1;
    },
    pass(ms) {
      time += ms;
    },
  };
  return timer;
}

it('calls work at the beginning of each lull for days, however late or early timers are', async () => {
  const timer = timerFrom(5_000, (at) => (at % 7) * 3 - 2);
  const calls: number[] = [];
  await new Promise<void>((resolve) => {
    const end = new Lull(timer).every(
      1,
      async () => {
        calls.push(timer.now());
        timer.pass(20_000);
        if (calls.length === 5000) void end().then(resolve);
      },
      () => undefined,
    );
  });
  const phases = calls.map((at) => at % MINUTE);
  expect(Math.max(...phases)).toBeLessThan(15_100);
  expect(Math.min(...phases)).toBeGreaterThan(14_900);
  expect(calls.at(-1)! - calls[0]!, 'each minute once').toBeLessThan(5000 * MINUTE);
  expect(new Set(calls.map((at) => Math.floor(at / MINUTE))).size).toBe(5000);
});

it('leaves out the lulls that a long call fills, goes on after a failure and ends with the last call', async () => {
  const timer = timerFrom(100 * MINUTE, () => 0);
  const calls: number[] = [];
  const failures: unknown[] = [];
  let under = 0;
  await new Promise<void>((resolve) => {
    const end = new Lull(timer).every(
      10,
      async () => {
        expect(under).toBe(0);
        under += 1;
        calls.push(timer.now() / MINUTE - 100);
        timer.pass(calls.length === 1 ? 25 * MINUTE : 0);
        await Promise.resolve();
        under -= 1;
        if (calls.length === 4) void end().then(resolve);
        if (calls.length === 2) throw new Error('no');
      },
      (error) => failures.push(error),
    );
  });
  expect(calls).toEqual([9.25, 44.25, 54.25, 64.25]);
  expect(failures).toEqual([new Error('no')]);
});
