import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AlertToRaise } from '../../platform/alerts/alert-book.js';
import { systemClock } from '../../platform/system-clock.js';
import { catchStrayErrors } from './stray-errors.js';

let raised: string[];
let logged: unknown[];
const alerts = {
  raise: async ({ name, severity }: AlertToRaise) => void raised.push(`${severity} ${name}`),
  clear: async (name: string) => void raised.push(`clear ${name}`),
};

beforeEach(() => {
  vi.useFakeTimers();
  raised = [];
  logged = [];
});
afterEach(() => void vi.useRealTimers());

it('what no part caught is logged and told, graver when it comes often, and is over after ten calm minutes', async () => {
  const source = new EventEmitter();
  const end = catchStrayErrors({
    clock: systemClock,
    alerts,
    onError: (error) => logged.push(error),
    source,
  });
  const error = new Error('a frame that nobody expected');
  source.emit('unhandledRejection', error);
  expect(raised).toEqual(['warning stray_error']);
  expect(logged).toEqual([error]);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(raised.at(-1)).toBe('clear stray_error');
  for (let count = 0; count < 5; count += 1) {
    await vi.advanceTimersByTimeAsync(60_000);
    source.emit('uncaughtException', 'no error at all');
  }
  expect(raised.slice(2)).toEqual([...new Array(4).fill('warning stray_error'), 'critical stray_error']);
  end();
  expect(source.listenerCount('uncaughtException')).toBe(0);
});
