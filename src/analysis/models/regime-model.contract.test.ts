/** What every regime model promises (regime-model.ts), held for each family. */
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { Random } from '../../market/random.js';
import { bocpdFamily } from './bocpd-model.js';
import { POSTURE, POSTURE_BANDS } from './families/posture-family.js';
import { UPTREND, UPTREND_STATES } from './families/uptrend-family.js';
import { gaussianHmmFamily } from './gaussian-hmm/gaussian-hmm.js';
import { randomModel, sampleObservations } from './gaussian-hmm/random-model.fixture.js';
import { GivenStatesModel } from './given-states-model.js';
import { continuousJumpFamily } from './jump-continuous-model.js';
import { jumpModelFamily } from './jump-model.js';
import { kmeansFamily } from './kmeans-model.js';
import { markovRegressionFamily } from './markov-regression/markov-regression.js';
import type { Observations } from './observations.js';
import { peltFamily } from './pelt-model.js';
import type { Causal, DecodedPath, FilteredProbability, Json, RegimeModel } from './regime-model.js';
import { studentTHmmFamily } from './student-t-hmm/student-t-hmm.js';

const RUNS = process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 300 : 30;
const HOUR = 3_600_000;

const rows = sampleObservations(new Random(1), randomModel(new Random(9), 3, 4, 'full'), [150, 90]);

/** Rows of a family that reads states: each lasts some bars. */
const stateRows: Observations = {
  ...rows,
  features: 1,
  data: Float64Array.from({ length: rows.rows }, (_, row) => Math.floor(row / 7) % 5),
};

/** What a family is tried with where it is not three states over four features. */
interface Trial {
  readonly rows: Observations;
  readonly states: number;
  /** Values that a later row may hold. */
  readonly values: fc.Arbitrary<number>;
}
const USUAL: Trial = { rows, states: 3, values: fc.double({ min: -3, max: 3, noNaN: true }) };
/** A of a posture, from rail to rail. */
const appetiteRows: Observations = {
  ...stateRows,
  data: stateRows.data.map((state) => state / 4),
};
const APPETITE: Trial = {
  rows: appetiteRows,
  states: 3,
  values: fc.double({ min: 0, max: 1, noNaN: true }),
};

const STATES: Trial = { rows: stateRows, states: 5, values: fc.integer({ min: 0, max: 4 }) };

const families: [string, () => RegimeModel, (json: unknown) => RegimeModel, Trial?][] = [
  [
    'gaussian_hmm',
    () => gaussianHmmFamily.fit(rows, { states: 3, covarianceType: 'full', restarts: 3, rounds: 0 }).model,
    gaussianHmmFamily.fromJson,
  ],
  ['jump', () => jumpModelFamily.fit(rows, { states: 3, jumpPenalty: 2 }).model, jumpModelFamily.fromJson],
  [
    'jump',
    () => jumpModelFamily.fit(rows, { states: 3, jumpPenalty: 4, effectiveFeatures: 2 }).model,
    jumpModelFamily.fromJson,
  ],
  [
    'jump_continuous',
    () => continuousJumpFamily.fit(rows, { states: 3, jumpPenalty: 4, gridStep: 0.1 }).model,
    continuousJumpFamily.fromJson,
  ],
  ['bocpd', () => bocpdFamily.fit(rows, { states: 3 }).model, bocpdFamily.fromJson],
  ['pelt', () => peltFamily.fit(rows, { states: 3, penalty: 8 }).model, peltFamily.fromJson],
  [
    'markov_regression',
    () => markovRegressionFamily.fit(rows, { states: 3, regressors: [1, 2, 3], restarts: 3 }).model,
    markovRegressionFamily.fromJson,
  ],
  [
    'student_t_hmm',
    () => studentTHmmFamily.fit(rows, { states: 3, restarts: 3, rounds: 0, maxIterations: 30 }).model,
    studentTHmmFamily.fromJson,
  ],
  ['kmeans', () => kmeansFamily.fit(rows, { states: 3 }).model, kmeansFamily.fromJson],
  ['uptrend', () => GivenStatesModel.fit(UPTREND_STATES, stateRows).model, UPTREND.fromJson, STATES],
  ['posture', () => GivenStatesModel.fit(POSTURE_BANDS, appetiteRows).model, POSTURE.fromJson, APPETITE],
];

function prefix({ data, features, lengths }: Observations, keep: number): Observations {
  const kept: number[] = [];
  let left = keep;
  for (const length of lengths) {
    if (left > 0) kept.push(Math.min(left, length));
    left -= length;
  }
  return { data: data.slice(0, keep * features), rows: keep, features, lengths: kept };
}

describe.each(families)('regime model %s', (kind, make, fromJson, { rows, states, values } = USUAL) => {
  const model = make();
  const rowOf = (row: number): Float64Array =>
    rows.data.slice(row * rows.features, (row + 1) * rows.features);
  const startsSegment = (row: number): boolean => row === rows.lengths[0];
  const { causal } = model.capabilities;
  /** What the model answers in its most causal way. */
  const answered = causal ? model.filter(rows) : model.smooth(rows);
  const itCausal = (promise: string, test: () => void): void => {
    if (causal) it(promise, test);
  };

  it('says its kind and shape', () => {
    expect(model.kind).toBe(kind);
    expect([model.states, model.features]).toEqual([states, rows.features]);
  });

  it('gives probabilities', () => {
    for (const { probability } of [answered, model.smooth(rows)]) {
      expect(probability.length).toBe(rows.rows * states);
      for (let row = 0; row < rows.rows; row += 1) {
        const of = probability.subarray(row * states, (row + 1) * states);
        expect(of.every((p) => p >= 0 && p <= 1)).toBe(true);
        expect(of.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      }
    }
  });

  it('tags what looks ahead, in the value and in the type', () => {
    expect(answered.lookahead).toBe(!causal);
    expect(model.smooth(rows).lookahead).toBe(true);
    expect(model.decode(rows).lookahead).toBe(true);
    expectTypeOf<FilteredProbability>().toExtend<Causal>();
    expectTypeOf<ReturnType<RegimeModel['smooth']>>().not.toExtend<Causal>();
    expectTypeOf<DecodedPath>().not.toExtend<Causal>();
  });

  it('says whether it is causal, and refuses a filter when it is not', () => {
    const refused = expect.objectContaining({ code: 'not_causal' });
    if (causal) expect(answered.kind).toBe('filtered');
    else {
      expect(() => model.filter(rows)).toThrow(refused);
      expect(() => model.online()).toThrow(refused);
    }
  });

  itCausal('filters causally: a prefix is the same bit for bit, and later rows change nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: rows.rows - 1 }), values, (keep, spoil) => {
        const expected = answered.probability.slice(0, keep * states);
        expect(model.filter(prefix(rows, keep)).probability).toEqual(expected);
        const data = rows.data.map((value, i) => (i < keep * rows.features ? value : spoil));
        expect(model.filter({ ...rows, data }).probability.slice(0, keep * states)).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
  });

  itCausal('gives bar by bar what it gives in one go', () => {
    const online = model.online();
    let worst = 0;
    for (let row = 0; row < rows.rows; row += 1) {
      const probability = online.next(row * HOUR, rowOf(row), startsSegment(row));
      probability.forEach((p, k) => {
        worst = Math.max(worst, Math.abs(p - answered.probability[row * states + k]!));
      });
    }
    expect(worst).toBeLessThan(1e-9);
    expect(online.lastTime).toBe((rows.rows - 1) * HOUR);
  });

  itCausal('resumes from a snapshot bit for bit, wherever it was taken', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: rows.rows - 1 }), (stop) => {
        const through = model.online();
        for (let row = 0; row < stop; row += 1) through.next(row * HOUR, rowOf(row), startsSegment(row));
        const resumed = model.online(JSON.parse(JSON.stringify(through.snapshot())) as Json);
        for (let row = stop; row < Math.min(stop + 20, rows.rows); row += 1) {
          const expected = through.next(row * HOUR, rowOf(row), startsSegment(row));
          expect(resumed.next(row * HOUR, rowOf(row), startsSegment(row))).toEqual(expected);
        }
        expect(resumed.snapshot()).toEqual(through.snapshot());
      }),
      { numRuns: RUNS },
    );
  });

  itCausal('rewrites history from a corrected bar as if it had always been so, under a new revision', () => {
    const corrected = (row: number): Float64Array => (row === 140 ? rowOf(3) : rowOf(row));
    const expected = model.online();
    const online = model.online();
    for (let row = 0; row < 160; row += 1) {
      online.next(row * HOUR, rowOf(row), startsSegment(row));
      expected.next(row * HOUR, corrected(row), startsSegment(row));
    }
    const again = Array.from({ length: 20 }, (_, i) => ({
      time: (140 + i) * HOUR,
      values: corrected(140 + i),
      startsSegment: startsSegment(140 + i),
    }));
    const { revision, probability } = online.revise(again);
    expect([revision, online.revision, probability.length]).toEqual([1, 1, 20]);
    expect(online.probability).toEqual(expected.probability);
  });

  itCausal('refuses rows out of order or not finite, and keeps its state', () => {
    const online = model.online();
    online.next(HOUR, rowOf(0));
    const before = online.snapshot();
    expect(() => online.next(HOUR, rowOf(1))).toThrow(
      expect.objectContaining({ code: 'time_not_increasing' }),
    );
    const broken = rowOf(1);
    broken[broken.length - 1] = Number.NaN;
    expect(() => online.next(2 * HOUR, broken)).toThrow(
      expect.objectContaining({ code: 'non_finite_input' }),
    );
    const rewriting = [
      { time: HOUR, values: rowOf(2) },
      { time: 2 * HOUR, values: broken },
    ];
    expect(() => online.revise(rewriting)).toThrow(expect.objectContaining({ code: 'non_finite_input' }));
    expect(online.snapshot()).toEqual(before);
    expect(() => model.online({ kind: 'something else' })).toThrow(/snapshot/);
  });

  it('forecasts a distribution; no bars ahead is now', () => {
    const now = answered.probability.slice(-states);
    expect(model.forecast(now, 0)).toEqual(now);
    expect(model.forecast(now, 7).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(() => model.forecast(now, -1)).toThrow(expect.objectContaining({ code: 'bad_parameter' }));
    expect(() => model.forecast(now, 1.5)).toThrow(expect.objectContaining({ code: 'bad_parameter' }));
  });

  it('survives JSON: same bytes, same answers; equal input gives equal bytes', () => {
    const text = JSON.stringify(model);
    const again = fromJson(JSON.parse(text));
    expect(JSON.stringify(again)).toBe(text);
    const repeated = causal ? again.filter(rows) : again.smooth(rows);
    expect(repeated.probability).toEqual(answered.probability);
    expect(JSON.stringify(make())).toBe(text);
  });

  it('refuses JSON of another schema version, of another model, or damaged', () => {
    const json = JSON.parse(JSON.stringify(model)) as Record<string, unknown>;
    const unknown = expect.objectContaining({ code: 'unsupported_schema_version' });
    expect(() => fromJson({ ...json, schema_version: 99 })).toThrow(unknown);
    expect(() => fromJson(null)).toThrow(unknown);
    const damaged = expect.objectContaining({ code: 'invalid_parameters' });
    expect(() => fromJson({ ...json, kind: 'other' })).toThrow(damaged);
    expect(() => fromJson({ ...json, transition_matrix: [] })).toThrow(damaged);
  });

  it('refuses rows of another width, and rows that are not finite by name of row and column', () => {
    const other = rows.features - 1 || 2;
    const narrow = { data: new Float64Array(2 * other), rows: 2, features: other, lengths: [2] };
    const answer = causal ? model.filter.bind(model) : model.smooth.bind(model);
    expect(() => answer(narrow)).toThrow(expect.objectContaining({ code: 'column_length_mismatch' }));
    const data = rows.data.slice();
    const column = rows.features >> 1;
    data[rows.features * 7 + column] = Number.POSITIVE_INFINITY;
    expect(() => answer({ ...rows, data })).toThrow(new RegExp(`row 7, column ${column} is Infinity`));
  });
});
