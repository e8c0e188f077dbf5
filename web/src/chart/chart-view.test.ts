import { describe, expect, it } from 'vitest';
import { type ChartContent, makeView, placeOfTime, timeAtPlace } from './chart-view.js';

const HOUR = 3_600_000;
const START = Date.UTC(2024, 0, 1);

/** Bars at the given hours with the given states. */
function content(
  hours: readonly number[],
  states: readonly number[],
  trainEnd: number | null = null,
): ChartContent {
  const rows = hours.length;
  const column = (value: number): Float64Array => new Float64Array(rows).fill(value);
  return {
    level: {
      bucket: HOUR,
      rows,
      time: Float64Array.from(hours, (hour) => (START + hour * HOUR) / 1000),
      open: column(10),
      high: column(12),
      low: column(9),
      close: column(11),
      state: Float64Array.from(states),
      share: column(1),
      probabilities: [column(0.25), column(0.75)],
    },
    barLength: HOUR,
    continuous: true,
    labels: ['Bear', 'Bull'],
    names: ['bear', 'bull'],
    trainEnd,
    refits: [],
    switches: null,
  };
}

describe('a view', () => {
  it('keeps missing bars as positions without a row and without a probability', () => {
    const view = makeView(content([0, 1, 4], [0, 0, 1]));
    expect([...view.axis.rowAt]).toEqual([0, 1, -1, -1, 2]);
    expect([...view.columns[1]!]).toEqual([0.75, 0.75, Number.NaN, Number.NaN, 0.75]);
    expect(view.runs).toEqual([
      { from: 0, to: 2, state: 0 },
      { from: 4, to: 5, state: 1 },
    ]);
  });

  it('draws no probability where a bar has no state', () => {
    const view = makeView(content([0, 1], [255, 1]));
    expect([...view.columns[0]!]).toEqual([Number.NaN, 0.25]);
  });

  it('puts the train end on its bar, and nowhere when it is outside the window', () => {
    expect(makeView(content([0, 1, 2], [0, 0, 0], START + 2 * HOUR)).boundary).toBe(2);
    expect(makeView(content([0, 1, 2], [0, 0, 0], START)).boundary).toBeNull();
    expect(makeView(content([0, 1, 2], [0, 0, 0], START + 9 * HOUR)).boundary).toBeNull();
  });

  it('marks every switch inside the window on the row that holds it, not the first run', () => {
    const time = [START - 20 * HOUR, START + HOUR, START + 4.5 * HOUR, START + 40 * HOUR];
    const view = makeView({ ...content([0, 1, 4], [0, 0, 1]), switches: { time, state: [1, 0, 1, 0] } });
    expect(view.marks.map(({ position, state }) => [position, state])).toEqual([
      [1, 0],
      [4, 1],
    ]);
  });
});

describe('places and times', () => {
  const view = makeView(content([0, 1, 4, 5], [0, 0, 1, 1]));

  it('agree in both directions, inside, before and after the rows', () => {
    for (const hour of [-3, -0.5, 0, 0.25, 1, 2.5, 4, 4.75, 5, 7.5]) {
      const time = START + hour * HOUR;
      expect(timeAtPlace(view, placeOfTime(view, time))).toBeCloseTo(time, 3);
    }
  });

  it('begin half a position before the first bar', () => {
    expect(placeOfTime(view, START)).toBe(-0.5);
    expect(timeAtPlace(view, 4.5)).toBe(START + 5 * HOUR);
  });
});
