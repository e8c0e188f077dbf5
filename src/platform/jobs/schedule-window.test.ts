import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Cadence,
  daily,
  everyHours,
  everyMinutes,
  parseWindow,
  weekly,
  windowAfter,
  windowBefore,
  windowKey,
} from './schedule-window.js';

const at = (text: string): number => Date.parse(`${text}Z`);
const CADENCES: readonly Cadence[] = [
  everyMinutes(1),
  everyMinutes(15),
  everyHours(4),
  daily,
  weekly,
  'month',
];

describe('windows', () => {
  it.each([
    [everyMinutes(15), '2026-01-05T13:07:59.999', '2026-01-05T12:45:00', '2026-01-05T13:00:00'],
    [everyHours(1), '2026-01-01T00:00:00', '2025-12-31T23:00:00', '2026-01-01T00:00:00'],
    [daily, '2024-03-01T05:00:00', '2024-02-29T00:00:00', '2024-03-01T00:00:00'],
    [weekly, '2026-11-21T19:00:00', '2026-11-08T00:00:00', '2026-11-15T00:00:00'],
    ['month', '2026-01-15T00:00:00', '2025-12-01T00:00:00', '2026-01-01T00:00:00'],
  ] as const)('are whole periods that have ended', (cadence, time, start, end) => {
    expect(windowBefore(cadence, at(time))).toEqual({ start: at(start), end: at(end) });
  });

  it('follow each other without gap or overlap, and their names lead back to them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CADENCES),
        fc.integer({ min: at('2020-01-01T00:00'), max: at('2030-01-01T00:00') }),
        (cadence, time) => {
          const window = windowBefore(cadence, time);
          const next = windowAfter(cadence, window);
          expect(window.end).toBeLessThanOrEqual(time);
          expect(next.end).toBeGreaterThan(time);
          expect(next.start).toBe(window.end);
          expect(windowBefore(cadence, next.end)).toEqual(next);
          expect(windowKey('job', window) < windowKey('job', next)).toBe(true);
          expect(parseWindow('job', cadence, windowKey('job', window))).toEqual(window);
        },
      ),
    );
  });

  it('are refused when they are none', () => {
    const hourly = everyHours(1);
    expect(parseWindow('regime.1h', hourly, '2026-01-05T13:00Z').start).toBe(at('2026-01-05T13:00'));
    expect(parseWindow('backup', daily, '2026-01-05').start).toBe(at('2026-01-05T00:00'));
    for (const text of ['', 'yesterday', '2026-01-05T13:30', 'regime.1d@2026-01-05T13:00', '2026-13-05']) {
      expect(() => parseWindow('regime.1h', hourly, text), text).toThrow(
        expect.objectContaining({ code: 'bad_parameter' }),
      );
    }
  });
});
