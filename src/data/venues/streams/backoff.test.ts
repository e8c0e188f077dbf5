import { expect, it } from 'vitest';
import { Random } from '../../../market/random.js';
import { backoffMs } from './backoff.js';

it('doubles from half a second to half a minute, within a fifth, the same for the same seed', () => {
  const pauses = (): number[] => {
    const random = new Random(3);
    return Array.from({ length: 12 }, (_, failures) => backoffMs(failures, random));
  };
  const plain = [500, 1000, 2000, 4000, 8000, 16_000, ...Array.from({ length: 6 }, () => 30_000)];
  for (const [at, pause] of pauses().entries()) {
    expect(pause).toBeGreaterThanOrEqual(plain[at]! * 0.8);
    expect(pause).toBeLessThanOrEqual(plain[at]! * 1.2);
  }
  expect(pauses()).toEqual(pauses());
  expect(new Set(pauses().slice(6)).size).toBeGreaterThan(1);
});
