import { describe, expect, it } from 'vitest';
import { placeOfTime, positionHolding, timeAtPlace, viewBars } from './bar-view.js';
import { HOUR, regimeContent, START } from './regime-content.fixture.js';

describe('a view of bars', () => {
  it('keeps missing bars as positions without a row', () => {
    const { axis } = viewBars(regimeContent([0, 1, 4], [0, 0, 1]));
    expect([...axis.rowAt]).toEqual([0, 1, -1, -1, 2]);
  });

  it('finds the row that holds a time, and none in a gap or outside', () => {
    const view = viewBars(regimeContent([0, 1, 4], [0, 0, 1]));
    const at = (hour: number): number | null => positionHolding(view, START + hour * HOUR);
    expect([-1, 0, 0.9, 1, 2.5, 4, 4.99, 5].map(at)).toEqual([null, 0, 0, 1, null, 4, 4, null]);
  });
});

describe('places and times', () => {
  const view = viewBars(regimeContent([0, 1, 4, 5], [0, 0, 1, 1]));

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
