import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBarsAsTime,
  formatCount,
  formatDate,
  formatDuration,
  formatNumber,
  formatPercent,
  formatPrice,
  formatProbability,
  formatReturn,
  formatSigned,
  formatTime,
  formatTimeOfYear,
} from './number-format.js';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('number format', () => {
  it.each([
    [111_445.2, '111,445'],
    [1000, '1,000'],
    [999.96, '1,000'],
    [999.94, '999.9'],
    [12.34, '12.3'],
    [9.99951, '10.0'],
    [9.5, '9.500'],
    [0.5, '0.5000'],
    [0.00001842, '0.000 018 42'],
    [0.012345, '0.01235'],
    [0, '0'],
    [Number.NaN, '—'],
    [null, '—'],
    [undefined, '—'],
  ])('writes the price %s as %s', (value, text) => {
    expect(plain(formatPrice(value))).toBe(text);
  });

  it.each([
    [0.0128, '+1.28 %'],
    [-0.029, '\u22122.90 %'],
    [0.00001, '0.00 %'],
    [-0.00001, '0.00 %'],
    [0, '0.00 %'],
    [null, '—'],
  ])('writes the return %s as %s', (value, text) => {
    expect(plain(formatReturn(value))).toBe(text);
  });

  it.each([
    [0.93, '93 %'],
    [1, '> 99 %'],
    [0.9901, '> 99 %'],
    [0.99, '99 %'],
    [0.01, '1 %'],
    [0.0099, '< 1 %'],
    [0, '< 1 %'],
    [Number.NaN, '—'],
  ])('writes the probability %s as %s', (value, text) => {
    expect(plain(formatProbability(value))).toBe(text);
  });

  it.each([
    [12_000, '12 s'],
    [100 * 60_000, '1 h 40 m'],
    [55 * 3_600_000, '2 d 7 h'],
    [86_400_000, '1 d'],
    [86_400_000 + 60_000, '1 d'],
    [Number.POSITIVE_INFINITY, '∞'],
  ])('writes the duration %s as %s', (value, text) => {
    expect(plain(formatDuration(value))).toBe(text);
  });

  it('writes bars as time in a unit that fits', () => {
    expect(plain(formatBarsAsTime(15.34, 3_600_000))).toBe('15.3 h');
    expect(plain(formatBarsAsTime(15.34, 4 * 3_600_000))).toBe('2.6 d');
    expect(plain(formatBarsAsTime(40, 60_000))).toBe('40 m');
    expect(plain(formatBarsAsTime(3, 86_400_000))).toBe('3.0 d');
    expect(formatBarsAsTime(Number.POSITIVE_INFINITY, 60_000)).toBe('∞');
  });

  it('names the zone of a time', () => {
    const time = Date.UTC(2025, 9, 16, 12);
    expect(formatTime(time)).toBe('16 Oct 2025 12:00 UTC');
    expect(formatTimeOfYear(time)).toBe('16 Oct 12:00 UTC');
    expect(formatDate(time)).toBe('16 Oct 2025');
  });

  it('writes counts, percentages and signs', () => {
    expect(formatCount(1, 'bar')).toBe('1 bar');
    expect(formatCount(34_976, 'bar')).toBe('34,976 bars');
    expect(plain(formatPercent(0.447))).toBe('44.7 %');
    expect(formatSigned(-1.3, 1)).toBe('\u22121.3');
    expect(formatSigned(Number.POSITIVE_INFINITY, 1)).toBe('+∞');
    expect(formatNumber(-320_110)).toBe('\u2212320,110');
  });

  it('never writes a negative zero, an ASCII minus or an exponent', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
        fc.integer({ min: 0, max: 6 }),
        (value, decimals) => {
          for (const text of [
            formatNumber(value, decimals),
            formatSigned(value, decimals),
            formatPrice(value),
          ]) {
            expect(text).not.toMatch(/-|e/);
            expect(text).not.toMatch(/^[\u2212+]0?[.0,\u00a0]*$/);
          }
        },
      ),
    );
  });

  it('reads back to the number within its rounding', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), (value) => {
        const text = formatNumber(value, 3).replaceAll(',', '').replace('\u2212', '-');
        expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(0.000501);
      }),
    );
  });
});
