import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeIntegers, decodeLevel } from './client/decode-columns.js';
import { encodeIntegers, encodeLevel } from './column-encoding.js';
import { type DetailLevel, NO_STATE } from './level-of-detail.js';

describe('column encoding', () => {
  it('reads back every integer up to 2^52', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -(2 ** 52), max: 2 ** 52 })), (values) => {
        expect([...decodeIntegers(encodeIntegers(values), values.length)]).toEqual(values.map((v) => v + 0));
      }),
    );
  });

  it('reads back levels to seven digits and a thousandth', () => {
    const price = fc.double({ min: 0.2, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: -15, max: 6 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), price, price, price, price, fc.boolean()), {
          minLength: 1,
        }),
        (magnitude, bars) => {
          const level = levelOf(bars, 10 ** magnitude);
          const decoded = decodeLevel(encodeLevel(level, 3));
          const highest = Math.max(...level.high);
          for (let row = 0; row < level.rows; row += 1) {
            expect(decoded.time[row]).toBe(level.time[row]! / 1000);
            for (const name of ['open', 'high', 'low', 'close'] as const) {
              expect(Math.abs(decoded[name][row]! - level[name][row]!)).toBeLessThanOrEqual(highest * 1e-6);
            }
            expect(decoded.state[row]).toBe(level.state[row]);
            for (let state = 0; state < 3; state += 1) {
              const expected = level.state[row] === NO_STATE ? 0 : level.probabilities[row * 3 + state]!;
              expect(Math.abs(decoded.probabilities[state]![row]! - expected)).toBeLessThanOrEqual(0.0015);
            }
          }
        },
      ),
    );
  });
});

function levelOf(
  bars: readonly (readonly [number, number, number, number, number, boolean])[],
  scale: number,
): DetailLevel {
  let time = Date.UTC(2024, 0, 1);
  const rows = bars.map(([gap, a, b, c, d, known]) => {
    const [low, open, close, high] = [a, b, c, d].sort((x, y) => x - y).map((value) => value * scale);
    return { time: (time += gap * 3_600_000), low: low!, open: open!, close: close!, high: high!, known };
  });
  const column = (pick: (row: (typeof rows)[number]) => number): Float64Array =>
    Float64Array.from(rows, pick);
  return {
    bucket: 3_600_000,
    rows: rows.length,
    time: column((row) => row.time),
    open: column((row) => row.open),
    high: column((row) => row.high),
    low: column((row) => row.low),
    close: column((row) => row.close),
    state: Uint8Array.from(rows, (row, index) => (row.known ? index % 3 : NO_STATE)),
    share: column((row) => (row.known ? 1 : 0)),
    probabilities: Float64Array.from(rows.flatMap((row) => (row.known ? [0.2, 0.3004, 0.4996] : [0, 0, 0]))),
  };
}
