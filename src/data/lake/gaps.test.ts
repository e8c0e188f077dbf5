import { describe, expect, it } from 'vitest';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { coverageOfTimes } from './gaps.js';

const BTC = 'binance:spot:BTCUSDT';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Open times from `start` on, without those whose number is left out. */
function times(
  timeframe: Timeframe,
  start: number,
  count: number,
  without: readonly number[] = [],
): Float64Array {
  const numbers = Array.from({ length: count }, (_, at) => at).filter((at) => !without.includes(at));
  return Float64Array.from(numbers, (at) => start + at * TIMEFRAME_MS[timeframe]);
}

describe('coverageOfTimes', () => {
  const start = Date.UTC(2024, 0, 1);

  it('names where a gap starts, where it ends and how many bars are missing', () => {
    const coverage = coverageOfTimes(BTC, '1h', times('1h', start, 10, [3, 4, 7]));
    expect(coverage).toMatchObject({ rows: 7, missing: 3, firstTs: start, lastTs: start + 9 * HOUR });
    expect(coverage.gaps).toEqual([
      { from: start + 3 * HOUR, to: start + 5 * HOUR, missing: 2, confirmed: 0 },
      { from: start + 7 * HOUR, to: start + 8 * HOUR, missing: 1, confirmed: 0 },
    ]);
  });

  it('lists holes of minutes from ten on and counts the shorter ones', () => {
    const nine = Array.from({ length: 9 }, (_, at) => at + 5);
    const ten = Array.from({ length: 10 }, (_, at) => at + 30);
    const coverage = coverageOfTimes(BTC, '1m', times('1m', start, 60, [...nine, ...ten]));
    expect(coverage.missing).toBe(19);
    expect(coverage.gaps.map(({ missing }) => missing)).toEqual([10]);
  });

  it('does not take a closed exchange for a gap', () => {
    const friday = Date.UTC(2024, 0, 12);
    // Martin Luther King Day follows: the next session is Tuesday
    const closed = coverageOfTimes('file:equity:SPY', '1d', Float64Array.of(friday, friday + 4 * DAY));
    expect(closed).toMatchObject({ missing: 0, gaps: [] });
    const late = coverageOfTimes('file:equity:SPY', '1d', Float64Array.of(friday, friday + 5 * DAY));
    expect(late.gaps).toEqual([{ from: friday + 4 * DAY, to: friday + 5 * DAY, missing: 1, confirmed: 0 }]);
  });

  it('answers for no bars', () => {
    expect(coverageOfTimes(BTC, '1h', new Float64Array(0))).toMatchObject({ rows: 0, missing: 0, gaps: [] });
  });
});
