import { describe, expect, it } from 'vitest';
import { twoSidedStudent } from './student-t.js';

describe("the tail of Student's t", () => {
  // one and two degrees have closed forms: arctangent, and a root
  it.each([0, 0.1, 1, 2.5, 12, 400])('agrees with its closed forms at %s', (t) => {
    expect(twoSidedStudent(t, 1)).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(t), 13);
    expect(twoSidedStudent(t, 2)).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 13);
    expect(twoSidedStudent(-t, 2)).toBe(twoSidedStudent(t, 2));
  });

  it.each([0.3, 1, 2.228, 6])('agrees with the finite sum for ten degrees at %s', (t) => {
    const angle = Math.atan(t / Math.sqrt(10));
    const c = Math.cos(angle) ** 2;
    // Abramowitz, Stegun 26.7.4
    const inside = Math.sin(angle) * (1 + c * (1 / 2 + c * (3 / 8 + c * (5 / 16 + (c * 35) / 128))));
    expect(twoSidedStudent(t, 10)).toBeCloseTo(1 - inside, 13);
  });

  it('comes near the normal with many degrees', () => {
    expect(twoSidedStudent(1.959963984540054, 1e7)).toBeCloseTo(0.05, 6);
  });

  it('has no answer without degrees', () => {
    expect(twoSidedStudent(1, 0)).toBeNaN();
    expect(twoSidedStudent(Number.NaN, 5)).toBeNaN();
    expect(twoSidedStudent(Number.POSITIVE_INFINITY, 5)).toBe(0);
  });
});
