import { expect, it } from 'vitest';
import { unwrittenBars } from './unwritten-bars.js';

it('warns of bars that wait for the disk, by name of the reason, and gets graver', () => {
  const waiting = (waiting_ms: number, write_error: string | null = null) =>
    unwrittenBars({ waiting_rows: 3, waiting_ms, write_error });
  expect(waiting(59_999, 'the disk is full')).toBeUndefined();
  const warned = waiting(60_000, 'the disk is full');
  expect([warned?.severity, warned?.message, warned?.details]).toEqual([
    'warning',
    'closed bars wait in memory for more than a minute · the disk is full · they are written when it takes them',
    { waiting_rows: 3 },
  ]);
  const graver = waiting(300_000);
  expect([graver?.severity, graver?.message]).toEqual([
    'critical',
    expect.stringMatching(/five minutes · the disk is slow/),
  ]);
});
