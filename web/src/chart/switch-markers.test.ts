import { describe, expect, it } from 'vitest';
import { groupMarks, shapeOf } from './switch-markers.js';

const marks = (...positions: number[]) =>
  positions.map((position) => ({ position, state: 0, high: 2, low: 1 }));

describe('marks', () => {
  it('tell the direction by their shape', () => {
    expect(['strong-bull', 'bull', 'chop-1', 'bear', 'strong-bear'].map(shapeOf)).toEqual([
      'up',
      'up',
      'diamond',
      'down',
      'down',
    ]);
  });

  it('stand alone when they have room, and are counted together when not', () => {
    const at = (spacing: number) =>
      groupMarks(marks(0, 2, 3, 50), 0, 100, spacing).map(({ mark, count }) => [mark.position, count]);
    expect(at(20)).toEqual([
      [0, 1],
      [2, 1],
      [3, 1],
      [50, 1],
    ]);
    expect(at(1)).toEqual([
      [0, 3],
      [50, 1],
    ]);
  });

  it('of ten thousand held, draws what fits on the screen', () => {
    const many = marks(...Array.from({ length: 10_000 }, (_, index) => index));
    const groups = groupMarks(many, 2000, 3500, 0.7);
    expect(groups.length).toBeLessThanOrEqual(Math.ceil((1500 * 0.7) / 18) + 1);
    expect(groups[0]!.mark.position).toBe(2000);
    expect(groups.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(1500);
  });
});
