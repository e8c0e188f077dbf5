import { describe, expect, it } from 'vitest';
import { viewBars } from './bar-view.js';
import { HOUR, regimeContent, START } from './regime-content.fixture.js';
import { boundaryOf, stackOrder, switchMarksOf } from './regime-look.js';

describe('what regimes draw over the bars', () => {
  it('puts the train end on its bar, and nowhere when it is outside the window', () => {
    const boundary = (end: number): number | null =>
      boundaryOf(viewBars(regimeContent([0, 1, 2], [0, 0, 0], end)));
    expect(boundary(START + 2 * HOUR)).toBe(2);
    expect(boundary(START)).toBeNull();
    expect(boundary(START + 9 * HOUR)).toBeNull();
  });

  it('marks every switch inside the window on the row that holds it, not the first run', () => {
    const time = [START - 20 * HOUR, START + HOUR, START + 4.5 * HOUR, START + 40 * HOUR];
    const content = { ...regimeContent([0, 1, 4], [0, 0, 1]), switches: { time, state: [1, 0, 1, 0] } };
    expect(switchMarksOf(viewBars(content)).map(({ position, state }) => [position, state])).toEqual([
      [1, 0],
      [4, 1],
    ]);
  });

  it('stacks the bear side below the bull side', () => {
    expect(stackOrder(['bull', 'chop-1', 'strong-bear', 'bear'])).toEqual([2, 3, 1, 0]);
  });
});
