import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeSeries } from '../../market/series.js';
import { buildLevels, type LadderInput, LEVEL_ROWS, ladder, NO_STATE } from './level-of-detail.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MONDAY = Date.UTC(2024, 0, 1);

interface Shape {
  /** Hours from the start at which there is a bar. */
  hours: number[];
  trainEndHour?: number | null;
  continuous?: boolean;
  firstBar?: number;
  stateOf?: (bar: number) => number;
}

function input({
  hours,
  trainEndHour = null,
  continuous = true,
  firstBar = 0,
  stateOf = (bar) => bar % 2,
}: Shape): LadderInput {
  const column = (value: (bar: number) => number): Float64Array =>
    Float64Array.from(hours, (_, bar) => value(bar));
  const close = column((bar) => 100 + Math.sin(bar) * 10);
  const open = column((bar) => (bar === 0 ? 100 : close[bar - 1]!));
  const probabilities = new Float64Array((hours.length - firstBar) * 2);
  for (let bar = firstBar; bar < hours.length; bar += 1) {
    probabilities[(bar - firstBar) * 2 + stateOf(bar)] = 0.75;
    probabilities[(bar - firstBar) * 2 + 1 - stateOf(bar)] = 0.25;
  }
  return {
    series: makeSeries('binance:spot:BTCUSDT', '1h', {
      time: Float64Array.from(hours, (hour) => MONDAY + hour * HOUR),
      open,
      close,
      high: column((bar) => Math.max(open[bar]!, close[bar]!) + 1),
      low: column((bar) => Math.min(open[bar]!, close[bar]!) - 1),
      volume: column(() => 1),
    }),
    firstBar,
    probabilities,
    stateCount: 2,
    trainEnd: trainEndHour === null ? null : MONDAY + trainEndHour * HOUR,
    continuous,
  };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('level of detail', () => {
  it('climbs from the bar to what a phone shows of all history', () => {
    expect(ladder(HOUR, 1457 * DAY)).toEqual([HOUR, 4 * HOUR, DAY, 7 * DAY]);
    expect(ladder(60_000, 90 * DAY)).toEqual([60_000, 300_000, HOUR, 4 * HOUR, DAY]);
    expect(ladder(13 * 60_000, 30 * DAY)[1]).toBe(52 * 60_000);
    expect(ladder(HOUR, 10 * DAY)).toEqual([HOUR]);
  });

  it('keeps the finest level as it is and holds no more than 5,000 rows', () => {
    const levels = buildLevels(input({ hours: range(6000) }));
    expect(levels[0]!.rows).toBe(LEVEL_ROWS);
    expect(levels[0]!.time[0]).toBe(MONDAY + 1000 * HOUR);
    expect(levels[1]!.rows).toBe(1500);
    expect(levels[1]!.time[0]).toBe(MONDAY);
  });

  it('shows the state of most bars with its share and the mean probabilities', () => {
    const levels = buildLevels(input({ hours: range(480), stateOf: (bar) => (bar % 4 === 0 ? 0 : 1) }));
    const fourHours = levels[1]!;
    expect(fourHours.state[0]).toBe(1);
    expect(fourHours.share[0]).toBe(0.75);
    expect(fourHours.probabilities[1]).toBeCloseTo((0.25 + 3 * 0.75) / 4, 12);
  });

  it('starts a new row at the train end inside a bucket', () => {
    const levels = buildLevels(input({ hours: range(480), trainEndHour: 6 }));
    const fourHours = levels[1]!;
    expect([...fourHours.time.slice(0, 4)].map((time) => (time - MONDAY) / HOUR)).toEqual([0, 4, 6, 8]);
  });

  it('starts a new row after a gap, unless the market closes', () => {
    const hours = range(480).filter((hour) => hour !== 5);
    const starts = (continuous: boolean): number[] =>
      [...buildLevels(input({ hours, continuous }))[1]!.time.slice(0, 3)].map(
        (time) => (time - MONDAY) / HOUR,
      );
    expect(starts(true)).toEqual([0, 4, 6]);
    expect(starts(false)).toEqual([0, 4, 8]);
  });

  it('has no state where no bar has one', () => {
    const levels = buildLevels(input({ hours: range(480), firstBar: 4 }));
    expect(levels[0]!.state[3]).toBe(NO_STATE);
    expect(levels[1]!.state[0]).toBe(NO_STATE);
    expect(levels[1]!.state[1]).not.toBe(NO_STATE);
  });

  it('loses no extreme, no end and no bar on any level', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 1200 }), { minLength: 450, maxLength: 600 }),
        fc.integer({ min: 0, max: 1200 }),
        fc.boolean(),
        (hours, trainEndHour, continuous) => {
          const ladderInput = input({ hours: hours.sort((a, b) => a - b), trainEndHour, continuous });
          const { series } = ladderInput;
          for (const level of buildLevels(ladderInput)) {
            expect(Math.max(...level.high)).toBe(Math.max(...series.high));
            expect(Math.min(...level.low)).toBe(Math.min(...series.low));
            expect(level.open[0]).toBe(series.open[0]);
            expect(level.close.at(-1)).toBe(series.close.at(-1));
            for (let row = 1; row < level.rows; row += 1) {
              expect(level.time[row]!).toBeGreaterThan(level.time[row - 1]!);
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});
