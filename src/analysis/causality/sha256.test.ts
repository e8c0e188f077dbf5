import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { Sha256 } from './sha256.js';

it('equals the platform’s SHA-256 for every length around a block', () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 131 + length) & 255);
    const expected = createHash('sha256').update(bytes).digest('hex');
    const split = Math.floor(length / 3);
    expect(new Sha256().bytes(bytes.subarray(0, split)).bytes(bytes.subarray(split)).hex()).toBe(expected);
  }
});

it('hashes numbers as the bytes of their doubles', () => {
  const values = Float64Array.of(1.5, Number.NaN, -0, 1e300).subarray(1);
  const expected = createHash('sha256')
    .update('a')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');
  expect(new Sha256().text('a').numbers(values).hex()).toBe(expected);
});
