import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalsOf, decimalText } from './decimals.js';

describe('decimalText', () => {
  it('pads to the decimals, and takes more where they are needed', () => {
    expect([88900, 88900.5, 0.12345, 1e-7].map((value) => decimalText(value, 2))).toEqual([
      '88900.00',
      '88900.50',
      '0.12345',
      '0.0000001',
    ]);
    expect(decimalText(3, 0)).toBe('3');
  });

  it('reads back as the value, never with an exponent', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-9, max: 1e12, noNaN: true }),
        fc.integer({ min: 0, max: 8 }),
        (value, decimals) => {
          const text = decimalText(value, decimals);
          expect(text).toMatch(/^\d+(\.\d+)?$/);
          // twenty decimals are all that tiny values get
          if (value >= 1e-4) expect(Number(text)).toBe(value);
        },
      ),
    );
  });
});

it('decimalsOf counts the decimals that the values need', () => {
  expect(decimalsOf(Float64Array.of(1, 2.5, 3.125))).toBe(3);
  expect(decimalsOf(Float64Array.of(7))).toBe(0);
});
