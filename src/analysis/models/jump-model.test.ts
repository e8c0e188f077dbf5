import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../market/random.js';
import { randomModel, sampleObservations } from './gaussian-hmm/random-model.fixture.js';
import { descendJump, fitJump } from './jump-fit.js';
import { JumpModel, jumpModelFamily } from './jump-model.js';
import { jumpPath } from './jump-path.js';
import { lloyd, seedCentres } from './kmeans.js';
import { readModelJson } from './model-json.js';
import type { Observations } from './observations.js';
import { orderStates } from './state-order.js';

const RUNS = process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 500 : 60;

const rows = sampleObservations(new Random(3), randomModel(new Random(4), 3, 2, 'diag'), [400]);

/** Two regimes of returns, `days` bars each in turn, seen through two noisy features. */
function alternating(days: number, count: number): { rows: Observations; logReturn: Float64Array } {
  const random = new Random(11);
  const data = new Float64Array(2 * count);
  const logReturn = new Float64Array(count);
  for (let row = 0; row < count; row += 1) {
    const up = Math.floor(row / days) % 2 === 0;
    logReturn[row] = (up ? 0.004 : -0.004) + 0.01 * random.normal();
    data[2 * row] = (up ? 1 : -1) + 0.8 * random.normal();
    data[2 * row + 1] = (up ? -1 : 1) + 0.8 * random.normal();
  }
  return { rows: { data, rows: count, features: 2, lengths: [count] }, logReturn };
}

describe('jump path', () => {
  it('is the cheapest of all paths', () => {
    const cost = fc.integer({ min: 0, max: 20 }).map((n) => n / 4);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cost, cost), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 12 }).map((n) => n / 4),
        (losses, penalty) => {
          const { path, objective } = jumpPath(Float64Array.from(losses.flat()), 2, penalty, [losses.length]);
          const price = (states: ArrayLike<number>): number =>
            losses.reduce(
              (sum, loss, t) =>
                sum + loss[states[t]!]! + (t > 0 && states[t] !== states[t - 1] ? penalty : 0),
              0,
            );
          const every = Array.from({ length: 2 ** losses.length }, (_, code) =>
            price(losses.map((_, t) => (code >> t) & 1)),
          );
          expect(objective).toBeCloseTo(Math.min(...every), 10);
          expect(price(path)).toBeCloseTo(objective, 10);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('jump model', () => {
  it('is k-means when jumps are free', () => {
    const start = seedCentres(rows, 3, new Random(8));
    const jump = descendJump(rows, start, 0);
    const kmeans = lloyd(rows, start, { tolerance: 0 });
    expect([...jump.path]).toEqual([...kmeans.labels]);
    expect(jump.objective).toBeCloseTo(kmeans.inertia / 2, 8);
  });

  it('never costs more with each round, and jumps less as jumps cost more', () => {
    const start = seedCentres(rows, 3, new Random(8));
    const { history } = descendJump(rows, start, 3);
    history.forEach((value, i) => {
      if (i > 0) expect(value).toBeLessThanOrEqual(history[i - 1]!);
    });
    const jumps = [0, 2, 20, 1000].map(
      (jumpPenalty) => jumpModelFamily.fit(rows, { states: 3, jumpPenalty }).report.jumps,
    );
    expect([...jumps].sort((a, b) => b - a)).toEqual(jumps);
    expect(jumps[0]).toBeGreaterThan(jumps[2]!);
    expect(jumps[3]).toBe(0);
  });

  it('keeps a state that no row takes out of reach, through JSON too', () => {
    const { model } = jumpModelFamily.fit(rows, { states: 3, jumpPenalty: 1e6 });
    const again = JumpModel.fromJson(JSON.parse(JSON.stringify(model)));
    expect([...again.centres].filter(Number.isNaN).length).toBe(4);
    expect(new Set(again.decode(rows).path).size).toBe(1);
    const online = again.online();
    online.next(1, [0, 0]);
    expect(again.online(JSON.parse(JSON.stringify(online.snapshot()))).next(2, [1, 1])).toEqual(
      online.next(2, [1, 1]),
    );
  });

  it('numbers its states by what they earned', () => {
    const { rows: market, logReturn } = alternating(40, 800);
    const { report } = jumpModelFamily.fit(market, { states: 2, jumpPenalty: 20, logReturn });
    const earned = [0, 0];
    report.path.forEach((state, row) => {
      earned[state]! += logReturn[row]!;
    });
    expect(earned[0]).toBeGreaterThan(earned[1]!);
  });

  it('chooses its penalty by out-of-sample value, the same each time, and never by free jumps alone', () => {
    const { rows: market, logReturn } = alternating(40, 1200);
    const options = { states: 2, jumpPenalty: 'walk_forward', logReturn } as const;
    const first = jumpModelFamily.fit(market, options);
    expect(first.report.candidates.length).toBe(10);
    const values = first.report.candidates.map(({ sharpePerBar }) => sharpePerBar);
    const chosen = first.report.candidates.find(
      ({ jumpPenalty }) => jumpPenalty === first.report.jumpPenalty,
    )!;
    expect(chosen.sharpePerBar).toBeCloseTo(Math.max(...values), 12);
    expect(chosen.sharpePerBar).toBeGreaterThan(0.1);
    expect(JSON.stringify(jumpModelFamily.fit(market, options).model)).toBe(JSON.stringify(first.model));
  });

  it('says what is wrong with its options', () => {
    const refused = expect.objectContaining({ code: 'bad_parameter' });
    expect(() => jumpModelFamily.fit(rows, { states: 3, jumpPenalty: -1 })).toThrow(refused);
    expect(() => jumpModelFamily.fit(rows, { states: 3, jumpPenalty: 'walk_forward' })).toThrow(/returns/);
    expect(() => jumpModelFamily.fit(rows, { states: 0 })).toThrow(refused);
    expect(() => jumpModelFamily.fit(rows, { states: 2, logReturn: new Float64Array(3) })).toThrow(
      expect.objectContaining({ code: 'column_length_mismatch' }),
    );
    const short = { data: new Float64Array(4), rows: 2, features: 2, lengths: [2] };
    expect(() => fitJump(short, 3, 1, new Random(1))).toThrow(
      expect.objectContaining({ code: 'too_few_rows' }),
    );
  });

  it('goes on from a given state as from a jump away', () => {
    const { model } = jumpModelFamily.fit(rows, { states: 3, jumpPenalty: 1e5 / 2 });
    const whole = model.filter(rows).probability;
    const carried = model.filter(rows, { from: 'carried', probability: whole.slice(0, 3) });
    expect(carried.probability.subarray(0, 3)).toEqual(whole.subarray(0, 3));
  });
});

describe('order of states', () => {
  const path = [0, 0, 1, 1, 1, 2];
  const weight = Float64Array.from(path.flatMap((state) => [0, 1, 2, 3].map((k) => Number(k === state))));
  const returns = Float64Array.of(0.01, 0.03, 0.02, 0.02, 0.02, -0.01);

  it.each([
    ['cumulative_return', [1, 0, 2, 3]],
    ['volatility', [1, 2, 0, 3]],
    ['frequency', [1, 0, 2, 3]],
    ['return', [0, 1, 2, 3]],
  ] as const)('%s, with the state without rows last', (order, expected) => {
    expect(orderStates(weight, 4, returns, order)).toEqual(expected);
  });
});

it('tells a damaged record from one of another version', () => {
  expect(() => readModelJson({ schema_version: 2 }, {} as never, 1, 'model')).toThrow(/version 2/);
});
