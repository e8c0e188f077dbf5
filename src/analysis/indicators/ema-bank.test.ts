import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Ema } from './ema.js';
import { EmaBank } from './ema-bank.js';

it('gives the bits of one Ema per span, missing values included', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 9 }),
      fc.array(fc.oneof(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), fc.constant(Number.NaN)), {
        maxLength: 200,
      }),
      (lengths, numbers) => {
        const spans = [...new Set(lengths)];
        const values = Float64Array.from(numbers);
        const bank = new EmaBank(spans).batch(values);
        for (const span of spans) expect(bank[`ema${span}`]).toEqual(new Ema(span).batch(values).ema);
      },
    ),
  );
});
