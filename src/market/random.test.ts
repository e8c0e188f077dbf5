import { describe, expect, it } from 'vitest';
import { FixedClock } from './clock.js';
import { Random } from './random.js';

describe('Random', () => {
  it('gives the same stream for the same seed and another for the next', () => {
    const draw = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 5 }, () => random.uint32());
    };
    expect(draw(42)).toEqual(draw(42));
    expect(draw(42)).not.toEqual(draw(43));
  });

  it('keeps its stream across releases', () => {
    const random = new Random(42);
    expect(Array.from({ length: 4 }, () => random.uint32())).toMatchInlineSnapshot(`
      [
        660444221,
        3652823732,
        77672526,
        910233633,
      ]
    `);
  });

  it('is uniform in [0, 1) and normal where asked', () => {
    const random = new Random(7);
    const count = 200_000;
    let sum = 0;
    let normalSum = 0;
    let normalSquares = 0;
    for (let index = 0; index < count; index += 1) {
      const u = random.uniform();
      expect(u >= 0 && u < 1).toBe(true);
      sum += u;
      const z = random.normal();
      normalSum += z;
      normalSquares += z * z;
    }
    expect(sum / count).toBeCloseTo(0.5, 2);
    expect(normalSum / count).toBeCloseTo(0, 2);
    expect(normalSquares / count).toBeCloseTo(1, 1);
  });

  it('forks independent streams by label', () => {
    const first = new Random(1).fork(0).uniform();
    const second = new Random(1).fork(1).uniform();
    expect(first).not.toBe(second);
    expect(new Random(1).fork(0).uniform()).toBe(first);
  });
});

describe('FixedClock', () => {
  it('moves only when told to', () => {
    const clock = new FixedClock(1000);
    expect(clock.now()).toBe(1000);
    clock.advance(500);
    expect(clock.now()).toBe(1500);
  });
});
