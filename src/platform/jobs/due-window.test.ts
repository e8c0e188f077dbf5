import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DueWindow, dueWindow } from './due-window.js';
import type { CatchUp } from './schedule-table.js';
import { everyHours, everyMinutes, windowKey } from './schedule-window.js';

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(`2026-01-05T${text}Z`);
const job = (catchUp: CatchUp) => ({ cadence: everyHours(1), offsetMs: 45_000, catchUp });
const label = (due: DueWindow | undefined): string | undefined => due && windowKey('j', due.window).slice(13);

describe('a window is due', () => {
  const none = { ok: undefined, settled: undefined };

  it.each([
    ['13:00:44', { ok: at('12:00'), settled: undefined }, undefined],
    ['13:00:45', { ok: at('12:00'), settled: undefined }, '12:00'],
    ['13:00:45', { ok: at('13:00'), settled: undefined }, undefined],
    ['13:00:45', { ok: undefined, settled: at('13:00') }, undefined],
    ['13:59:59', none, '12:00'],
    ['12:30:00', { ok: at('14:00'), settled: undefined }, undefined],
  ] as const)('at %s, once', (time, known, expected) => {
    expect(label(dueWindow(job({ policy: 'newest' }), known, at(time), at('00:00')))).toBe(expected);
  });

  it.each([
    [{ policy: 'none' }, undefined, undefined],
    [{ policy: 'newest' }, '17:00', '17:00'],
    [{ policy: 'span', lookBackMs: 24 * HOUR }, '17:00', '13:00'],
    [{ policy: 'span', lookBackMs: 2 * HOUR }, '17:00', '16:00'],
    [{ policy: 'each', lookBackMs: 24 * HOUR }, '13:00', '13:00'],
    [{ policy: 'each', lookBackMs: 2 * HOUR }, '16:00', '16:00'],
  ] as const)('after five hours without a process, as %o says', (catchUp, expected, since) => {
    const known = { ok: at('13:00'), settled: undefined };
    const due = dueWindow(job(catchUp as CatchUp), known, at('18:20'), at('18:10'));
    expect(label(due)).toBe(expected);
    expect(due?.since).toBe(since && at(since));
  });

  it('is each of them exactly once, whatever stops, runs late and moves the clock', () => {
    const minute = { cadence: everyMinutes(1), offsetMs: 5_000 };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3_600_000, max: 3_600_000 }), { maxLength: 30 }), (jumps) => {
        const each = { ...minute, catchUp: { policy: 'each', lookBackMs: 100 * HOUR } as const };
        const span = { ...minute, catchUp: { policy: 'span', lookBackMs: 100 * HOUR } as const };
        let now = at('12:00');
        const ran: number[] = [];
        const covered: number[] = [];
        for (const jump of [0, ...jumps]) {
          now += jump;
          for (;;) {
            const due = dueWindow(each, { ok: ran.at(-1), settled: undefined }, now, now);
            if (!due) break;
            ran.push(due.window.end);
          }
          const due = dueWindow(span, { ok: covered.at(-1), settled: undefined }, now, now);
          if (due) {
            expect(due.since).toBe(covered.at(-1) ?? due.window.start);
            covered.push(due.window.end);
          }
        }
        expect(ran).toEqual(ran.map((_, index) => ran[0]! + index * 60_000));
        expect(ran.at(-1)).toBe(covered.at(-1));
      }),
    );
  });
});
