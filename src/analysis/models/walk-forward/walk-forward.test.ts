import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../market/random.js';
import type { FeatureRows } from '../feature-observations.js';
import { regimeTable, withGivenStates } from '../feature-table.fixture.js';
import { modelFamily, TRAINABLE } from '../model-families.js';
import { FoldChain } from './fold-chain.js';
import type { Candidate } from './fold-family.js';
import { searchFold, type WalkForwardInput } from './fold-search.js';
import { scheduleFolds } from './schedule.js';
import {
  assembleWalkForward,
  joinFolds,
  shownLabels,
  type WalkForward,
  type WalkForwardOptions,
  walkForward,
} from './walk-forward.js';

/** Every family that may answer for a bar when it closes. */
const CAUSAL = TRAINABLE.filter((name) => modelFamily(name).capabilities.causal);
const NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const LENGTHS = [700, 500];
const table = regimeTable(new Random(5), LENGTHS);
const input: WalkForwardInput = { table, returns: table.columns[0]! };
const candidate: Candidate = { family: 'hmm', states: 3, restarts: 4, seed: 42 };
const options: WalkForwardOptions = {
  candidate,
  schedule: { window: 'expanding', train: 400, refit: 110 },
  viewRows: 150,
};

/** The first rows only, or every row with those from `keep` on replaced. */
function changed(
  keep: number,
  spoil?: (value: number, row: number) => number,
  { table, returns }: WalkForwardInput = input,
): WalkForwardInput {
  const column = (values: Float64Array): Float64Array =>
    spoil ? values.map((value, row) => (row < keep ? value : spoil(value, row))) : values.slice(0, keep);
  const columns = table.columns.map(column);
  const rows: FeatureRows = spoil
    ? { ...table, columns }
    : {
        ...table,
        columns,
        time: table.time.slice(0, keep),
        availableAt: table.availableAt.slice(0, keep),
        lengths: keep > 700 ? [700, keep - 700] : [keep],
      };
  return { table: rows, returns: column(returns) };
}

/** Everything that is known by the first `rows` rows of a result. */
function knownBy(result: WalkForward, rows: number) {
  const to = result.from + rows;
  return {
    // by identity: rows to come may meet new ones
    probability: Array.from({ length: rows }, (_, row) =>
      [0, 1, 2, 3, 4].map((id) =>
        id < result.identities ? result.probability[row * result.identities + id] : 0,
      ),
    ),
    regime: [...result.regime.subarray(0, rows)],
    labels: shownLabels(result).slice(0, rows),
    available: [...result.availableAt.subarray(0, rows)],
    folds: result.folds
      .filter(({ fold }) => fold.trainTo < to)
      .map((fold) => ({
        index: fold.fold.index,
        model: fold.model.toJSON(),
        scaler: [...fold.scaler.mean, ...fold.scaler.deviation],
        identities: fold.identities,
        labels: fold.labels,
        breaks: fold.alignment?.breaks,
        view: [...fold.view.identities],
        pit: [...fold.pit.subarray(0, to - fold.fold.trainTo)],
        forecast: [...fold.forecast.subarray(0, (to - fold.fold.trainTo) * fold.model.states)],
      })),
  };
}

const whole = walkForward(input, options);

describe('schedule', () => {
  it('covers every row after the first training window once, in order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 201, max: 3_000 }),
        fc.integer({ min: 200, max: 1_000 }),
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom('expanding' as const, 'rolling' as const),
        (rows, train, refit, window) => {
          fc.pre(rows > train);
          const folds = scheduleFolds(rows, { window, train, refit });
          expect(folds[0]).toMatchObject({ trainFrom: 0, trainTo: train });
          expect(folds.at(-1)?.applyTo).toBe(rows);
          const whole = folds.every(
            (fold, i) =>
              fold.trainTo === train + i * refit &&
              fold.trainTo - fold.trainFrom === (window === 'rolling' ? train : fold.trainTo) &&
              (i === 0 || folds[i - 1]?.applyTo === fold.trainTo),
          );
          expect(whole).toBe(true);
        },
      ),
    );
  });

  it.each([
    [{ window: 'rolling', train: 199, refit: 10 }, 'bad_parameter'],
    [{ window: 'rolling', train: 300, refit: 0 }, 'bad_parameter'],
    [{ window: 'expanding', train: 1_000, refit: 10 }, 'too_few_rows'],
  ] as const)('refuses %j', (schedule, code) => {
    expect(() => scheduleFolds(1_000, schedule)).toThrow(expect.objectContaining({ code }));
  });
});

describe('causality', () => {
  it('rows of a prefix are equal bit for bit, wherever it ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 402, max: 1_199 }), (keep) => {
        const rows = keep - whole.from;
        expect(knownBy(walkForward(changed(keep), options), rows)).toEqual(knownBy(whole, rows));
      }),
      { numRuns: NIGHTLY ? 100 : 10, seed: 4 },
    );
  }, 300_000);

  it('nothing before a poisoned row changes', () => {
    const poisons = [
      (value: number) => value * 10 + 1,
      (value: number) => -value,
      (_value: number, row: number) => (row % 7) - 3,
    ];
    fc.assert(
      fc.property(fc.integer({ min: 402, max: 1_199 }), fc.constantFrom(...poisons), (keep, poison) => {
        const rows = keep - whole.from;
        expect(knownBy(walkForward(changed(keep, poison), options), rows)).toEqual(knownBy(whole, rows));
      }),
      { numRuns: NIGHTLY ? 100 : 10, seed: 5 },
    );
  }, 300_000);

  it('every row is known from the close of its bar, and no training row lies in its fold', () => {
    expect(whole.from).toBe(400);
    expect(whole.rows).toBe(800);
    expect([...whole.availableAt]).toEqual([...table.availableAt.subarray(400)]);
    for (const { fold, view } of whole.folds) {
      expect(view.from + view.identities.length).toBe(fold.trainTo);
      expect(fold.applyTo - fold.trainTo).toBeLessThanOrEqual(110);
    }
  });
});

/** Another given value: a state of five, or an appetite. */
const otherOf =
  (family: string) =>
  (value: number): number =>
    family === 'posture' ? 1 - value : (value + 1) % 5;

/** What the family reads of the rows, as the application gives it. */
function inputOf(family: string): WalkForwardInput {
  const { features } = modelFamily(family);
  if (features === undefined) return input;
  const { names, columns, ...rest } = withGivenStates(new Random(6), table);
  const chosen = features.map((name) => columns[names.indexOf(name)]!);
  return { table: { ...rest, names: features, columns: chosen }, returns: input.returns };
}

describe.each(CAUSAL)('%s', (family) => {
  it('walks forward causally: a prefix gives the same rows bit for bit, and the rows after it change nothing', () => {
    const settings: WalkForwardOptions = {
      candidate: { family, states: 2, restarts: 2, seed: 7 },
      schedule: { window: 'rolling', train: 300, refit: 400 },
      viewRows: 50,
    };
    const given = inputOf(family);
    const all = walkForward(given, settings);
    expect(all.rows).toBe(900);
    const keep = 760;
    const rows = keep - all.from;
    const known = knownBy(all, rows);
    expect(knownBy(walkForward(changed(keep, undefined, given), settings), rows)).toEqual(known);
    expect(
      knownBy(
        walkForward(
          changed(keep, modelFamily(family).givenStates ? otherOf(family) : (value) => value * 3 + 1, given),
          settings,
        ),
        rows,
      ),
    ).toEqual(known);
  }, 120_000);
});

describe('folds', () => {
  it('may be searched in any order and restarted anywhere, with the same bytes', () => {
    const folds = scheduleFolds(1_200, options.schedule);
    const searches = folds.map((fold) => searchFold(input, fold, candidate));
    const stored = searches.map((search) => JSON.parse(JSON.stringify(search)) as (typeof searches)[number]);
    const shuffled = assembleWalkForward(input, options, stored.reverse());
    expect(knownBy(shuffled, 800)).toEqual(knownBy(whole, 800));

    for (const restart of [1, 3, folds.length - 1]) {
      const chain = new FoldChain(input, candidate, options);
      const early = folds.slice(0, restart).map((fold, i) => chain.next(fold, searches[i]!));
      const snapshot = JSON.parse(JSON.stringify(chain.snapshot()));
      const resumed = new FoldChain(input, candidate, options, snapshot);
      const late = folds.slice(restart).map((fold, i) => resumed.next(fold, searches[restart + i]!));
      const result = joinFolds(input, [...early, ...late]);
      expect(knownBy(result, 800)).toEqual(knownBy(whole, 800));
    }
  });

  it('states keep their identity over refits: the wildest one is the same throughout', () => {
    expect(whole.identities).toBe(3);
    const wildest = whole.folds.map(({ states, identities }) => {
      const volatility = identities.map((_, k) => states.means[k * states.features + 1]!);
      return identities[volatility.indexOf(Math.max(...volatility))];
    });
    expect(new Set(wildest).size).toBe(1);
  });

  it('reports a break exactly where the label of an identity changed, as no state moved far', () => {
    const renamed = whole.folds.slice(1).map(({ identities, labels }, i) => {
      const before = whole.folds[i]!;
      return identities.filter((id, k) => labels[k] !== before.labels[before.identities.indexOf(id)]);
    });
    const reported = whole.folds
      .slice(1)
      .map(({ alignment }) => (alignment?.breaks ?? []).map(({ identity }) => identity));
    expect(reported).toEqual(renamed);
    expect(renamed.flat().length).toBeGreaterThan(0);
  });

  it('carries probabilities across a refit: the first row of a fold continues the last of the one before', () => {
    const jumps = whole.folds.slice(1).map(({ fold }) => {
      const at = fold.trainTo - whole.from;
      return whole.likeliest[at] === whole.likeliest[at - 1];
    });
    expect(jumps.filter(Boolean).length).toBeGreaterThanOrEqual(jumps.length - 1);
  });

  it('rolling windows, a choice of K, a sticky prior and other families walk too', () => {
    const rolling = { window: 'rolling', train: 400, refit: 400 } as const;
    const each = (change: Partial<Candidate>) =>
      walkForward(input, { ...options, schedule: rolling, candidate: { ...candidate, ...change } });
    expect(each({}).folds.map(({ training }) => training.rows)).toEqual([400, 400]);
    const chosen = each({ states: { min: 1, max: 3 } });
    for (const { model } of chosen.folds) expect([2, 3]).toContain(model.states);
    expect(() => each({ family: 'kmeans', sticky: { kappa: 3 } })).toThrow(/does not take a sticky prior/);
    expect(() => each({ family: 'jump', covariance: 'full' })).toThrow(/does not take a covariance/);
    expect(() => each({ family: 'kmeans', states: { min: 1, max: 3 } })).toThrow(/no likelihood/);
    const leaving = (walked: WalkForward) =>
      1 - walked.folds[0]!.model.forecast(Float64Array.of(1, 0, 0), 1)[0]!;
    expect(leaving(each({ sticky: { kappa: 1e6 } }))).toBeLessThan(1e-3 * leaving(each({})));
    const plain = each({ family: 'kmeans' });
    expect(plain.folds[0]?.loglik).toBeNull();
    expect(plain.probability.every((p) => p === 0 || p === 1)).toBe(true);
  });

  it('takes the settings of a family and refuses those it does not have', () => {
    const rolling = { window: 'rolling', train: 400, refit: 400 } as const;
    const each = (change: Partial<Candidate>) =>
      walkForward(input, { ...options, schedule: rolling, candidate: { ...candidate, ...change } });
    const changes = (penalty: number) =>
      each({ family: 'jump', settings: { jump_penalty: penalty } }).decoding.changes;
    expect(changes(0)).toBeGreaterThan(changes(200));
    expect(each({ family: 'jump', settings: { jump_penalty: 50 } }).likeliest).toEqual(
      each({ family: 'jump' }).likeliest,
    );
    for (const family of ['hmm', 'student-t']) {
      const held = each({ family, settings: { target_duration: 500 } }).folds[0]!.model;
      expect(held.forecast(Float64Array.of(1, 0, 0), 1)[0]).toBeGreaterThanOrEqual(1 - 1 / 500 - 1e-9);
      expect(() => each({ family, settings: { jump_penalty: 3 } })).toThrow(/no setting "jump_penalty"/);
    }
    expect(() => each({ settings: { target_duration: 'long' } })).toThrow(/settings of hmm/);
    const heavy = each({ family: 'student-t', settings: { degrees_of_freedom: 5 } }).folds[0]!.model;
    expect(JSON.stringify(heavy.toJSON())).not.toBe(
      JSON.stringify(each({ family: 'student-t' }).folds[0]!.model.toJSON()),
    );
  });

  it('applies the decoding rule across folds', () => {
    const calm = walkForward(input, { ...options, decoding: { minimumDwell: 20 } });
    expect(calm.decoding.changes).toBeLessThan(whole.decoding.changes);
    expect([...calm.likeliest]).toEqual([...whole.likeliest]);
    expect(calm.probability).toEqual(whole.probability);
  });

  it('refuses an unknown family, a missing fold, a foreign snapshot', () => {
    expect(() => new FoldChain(input, { ...candidate, family: 'oracle' }, options)).toThrow(/oracle/);
    expect(() => assembleWalkForward(input, options, [])).toThrow(/fold 0/);
    expect(() => new FoldChain(input, candidate, options, { schema_version: 9 })).toThrow(
      expect.objectContaining({ code: 'unsupported_schema_version' }),
    );
    expect(() => new FoldChain(input, candidate, options).snapshot()).toThrow(/has not taken a fold/);
  });
});
