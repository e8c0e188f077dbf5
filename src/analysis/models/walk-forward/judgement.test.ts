/** The parts of the scorecard and of the revision account, on small paths whose answers can be counted by hand. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../market/random.js';
import { regimeTable } from '../feature-table.fixture.js';
import { GaussianHmm } from '../gaussian-hmm/gaussian-hmm.js';
import { calibration } from './calibration.js';
import { economicValue, exposure, nextReturns, performance, wealthCurve } from './economic-value.js';
import type { Candidate } from './fold-family.js';
import { searchFold, type WalkForwardInput } from './fold-search.js';
import { hindsightFold, withHindsight } from './hindsight.js';
import { returnForecast, returnMoments } from './return-forecast.js';
import { accountRevisions, median, viewAsOf } from './revision.js';
import { type Scorecard, scorecard, verdict } from './scorecard.js';
import { syntheticDelay } from './synthetic-switch.js';
import { shownLabels, walkForward } from './walk-forward.js';

const COSTS = { costBps: 100, barsPerYear: 4 };
const table = regimeTable(new Random(5), [700, 500]);
const input: WalkForwardInput = { table, returns: table.columns[0]! };
const candidate: Candidate = { family: 'hmm', states: 3, restarts: 4, seed: 42 };
const schedule = { window: 'expanding', train: 400, refit: 110 } as const;
const result = walkForward(input, { candidate, schedule, viewRows: 150 });
const last = hindsightFold(1_200, result.folds.length, schedule);
const hindsight = withHindsight(input, last, searchFold(input, last, candidate), candidate, result.from);
const revision = accountRevisions(result, hindsight, 'long_short', { costBps: 10, barsPerYear: 8_760 });

describe('the fixed rule', () => {
  it('takes its position from the label', () => {
    const labels = ['Strong Bear', 'Bear', 'Chop', 'Bull', 'Strong Bull', 'Undecided'];
    expect(labels.map((label) => exposure(label, 'long_short'))).toEqual([-1, -1, 0, 1, 1, 0]);
    expect(labels.map((label) => exposure(label, 'long_flat'))).toEqual([0, 0, 1, 1, 1, 1]);
  });

  it('earns the bar after the decision and pays for every change, counted by hand', () => {
    const next = Float64Array.of(0.1, -0.05, 0.02);
    // long: 0.1 − 1 %; flat: −1 %; short: −0.02 − 1 %
    const nets = [0.09, -0.01, -0.03];
    const got = performance([1, 0, -1], next, COSTS);
    expect(got.net_return).toBeCloseTo(1.09 * 0.99 * 0.97 - 1, 12);
    expect(got.turnover).toBeCloseTo((3 / 3) * 4, 12);
    expect(got.max_drawdown).toBeCloseTo(1 - 0.99 * 0.97, 12);
    const mean = (0.09 - 0.01 - 0.03) / 3;
    const deviation = Math.sqrt(nets.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 2);
    expect(got.sharpe).toBeCloseTo((mean / deviation) * 2, 10);
    expect(got.per_bar).toBeCloseTo(Math.log(1 + got.net_return) / 3, 12);
    expect(performance([0, 0, 0], next, COSTS)).toMatchObject({ net_return: 0, sharpe: null, turnover: 0 });
  });

  it('reads the returns one row ahead', () => {
    expect([...nextReturns(Float64Array.of(9, Math.log(1.1), Number.NaN))]).toEqual([
      expect.closeTo(0.1, 12),
      0,
    ]);
  });

  it('draws its curve from 1 to its final wealth, with the last bar on it', () => {
    const returns = Float64Array.from({ length: 101 }, (_, i) => (i % 3) * 0.01 - 0.01);
    const labels = Array.from(returns, (_, i) => (i % 2 === 0 ? 'Bull' : 'Bear'));
    const time = Float64Array.from(returns, (_, i) => i);
    const settings = { labels, returns, rule: 'long_short', ...COSTS } as const;
    const curve = wealthCurve(settings, time, 10);
    const { strategy, buy_and_hold: hold } = economicValue({
      ...settings,
      regime: Int16Array.from(labels, (label) => (label === 'Bull' ? 1 : 0)),
      draws: 99,
      seed: 1,
    });
    expect([curve.ts[0], curve.ts.at(-1), curve.strategy[0]]).toEqual([0, 100, 1]);
    expect(curve.strategy.at(-1)).toBeCloseTo(1 + strategy.net_return, 12);
    expect(curve.buy_and_hold.at(-1)).toBeCloseTo(1 + hold.net_return, 12);
    expect(curve.ts.length).toBeLessThanOrEqual(11);
  });

  it('knows a path that tells the next bar from one that tells nothing', () => {
    const random = new Random(3);
    const bars = 600;
    const regime = Int16Array.from({ length: bars }, (_, i) => Math.floor(i / 15) % 2);
    const labels = Array.from(regime, (id) => (id === 1 ? 'Bull' : 'Bear'));
    const noise = Float64Array.from({ length: bars }, () => 0.01 * random.normal());
    const told = noise.map((value, i) => value + (i > 0 && regime[i - 1] === 1 ? 0.006 : -0.006));
    const value = (returns: Float64Array) =>
      economicValue({
        ...{ regime, labels, returns, rule: 'long_short' as const, draws: 499, seed: 1 },
        costBps: 1,
        barsPerYear: 365,
      });
    const informed = value(told);
    expect(informed.direction?.p).toBeLessThan(1e-6);
    expect(informed.states.map(({ label, t }) => [label, Math.sign(t ?? 0)])).toEqual([
      ['Bear', -1],
      ['Bull', 1],
    ]);
    for (const { bootstrap_p: p } of informed.states) expect(p).toBeLessThan(0.02);
    expect(informed.phase_shift?.p).toBeLessThan(0.15);
    const blind = value(noise);
    expect(blind.direction?.p).toBeGreaterThan(0.01);
    expect(blind.phase_shift?.p).toBeGreaterThan(0.02);
    expect(value(told)).toEqual(informed);
  });
});

describe('the return forecast', () => {
  // one state that is never left: the forecast is its own normal distribution
  const model = new GaussianHmm({
    states: 1,
    features: 1,
    covarianceType: 'diag',
    startProbability: Float64Array.of(1),
    transitionMatrix: Float64Array.of(1),
    means: Float64Array.of(0),
    covariances: Float64Array.of(1),
  });

  it('of one state is the plain normal distribution, to the last digits', () => {
    const random = new Random(8);
    const returns = Float64Array.from({ length: 300 }, () => random.normal());
    const moments = returnMoments(new Float64Array(300).fill(1), 1, returns);
    const { pit, returnDensity, plainReturnDensity, memorylessReturnDensity } = returnForecast({
      model,
      probability: new Float64Array(300).fill(1),
      entry: Float64Array.of(1),
      lengths: [300],
      returns,
      moments,
    });
    returnDensity.forEach((density, row) => {
      expect(density).toBeCloseTo(plainReturnDensity[row]!, 12);
      expect(memorylessReturnDensity[row]).toBeCloseTo(density, 12);
    });
    const within = pit.filter((p) => p > 0.158_655 && p < 0.841_345).length;
    expect(within / 300).toBeCloseTo(0.683, 1);
  });

  it('says nothing after a gap, and stays finite far out', () => {
    const returns = Float64Array.of(0.1, 500, 0.2, Number.NaN);
    const moments = returnMoments(Float64Array.of(1, 1, 1), 1, Float64Array.of(-1, 0, 1));
    const { pit, returnDensity } = returnForecast({
      model,
      probability: new Float64Array(4).fill(1),
      entry: undefined,
      lengths: [2, 2],
      returns,
      moments,
    });
    expect([...pit].map(Number.isNaN)).toEqual([true, false, true, true]);
    expect(pit[1]).toBe(1);
    expect(Number.isFinite(returnDensity[1])).toBe(true);
    expect(returnDensity[1]).toBeLessThan(-1_000);
  });
});

describe('revisions', () => {
  it('count what later views name otherwise', () => {
    const shown = shownLabels(result);
    let viewed = 0;
    let revised = 0;
    for (let row = result.from; row < 1_200; row += 1) {
      const views = result.folds.flatMap(({ view, identities, labels }) => {
        const identity = view.identities[row - view.from];
        return identity === undefined || row < view.from ? [] : [labels[identities.indexOf(identity)]];
      });
      if (views.length > 0) viewed += 1;
      if (views.some((label) => label !== shown[row - result.from])) revised += 1;
    }
    expect(revision.viewed_rows).toBe(viewed);
    expect(revision.revised_by_refits).toBeCloseTo(revised / viewed, 12);
    const hind = hindsight.smoothed.filter((label, row) => label !== shown[row]).length / 800;
    expect(revision.revised_in_hindsight).toBe(hind);
  });

  it('measure the lag of each switch of the smoothed path', () => {
    const { detection } = revision;
    const { smoothed } = hindsight;
    const switches = smoothed.filter((label, row) => row > 0 && label !== smoothed[row - 1]).length;
    expect(detection.switches).toBe(switches);
    expect(detection.detected).toBeLessThanOrEqual(switches);
    expect(detection.median_lag).toBeGreaterThanOrEqual(0);
    expect([median([3, 1, 2]), median([4, 1]), median([])]).toEqual([2, 2.5, null]);
  });

  it('show what lookahead would have faked beside what was earned', () => {
    const { filtered, hindsight_smoothed: smoothed, faked_per_bar: faked } = revision.profit;
    expect(faked).toBe(smoothed.per_bar - filtered.per_bar);
    expect(hindsight.lookahead).toBe(true);
  });

  it('give the chart of any day: the view of its refit, then what was shown since', () => {
    const shown = shownLabels(result);
    const { from, labels } = viewAsOf(result, 555);
    const fold = result.folds[1]!;
    expect(from).toBe(fold.fold.trainTo - 150);
    expect(labels.length).toBe(555 - from + 1);
    expect(labels.slice(150)).toEqual(shown.slice(510 - 400, 556 - 400));
    expect(viewAsOf(result, 1_199).labels.at(-1)).toBe(shown.at(-1));
  });

  it('a refit on hardly changed rows flips at most one label in two hundred', () => {
    const daily = { window: 'expanding', train: 1_170, refit: 1 } as const;
    const steps = walkForward(input, { candidate, schedule: daily, viewRows: 1_000 });
    const nothing = { lookahead: true, filtered: shownLabels(steps), smoothed: shownLabels(steps) } as const;
    const { churn } = accountRevisions(steps, nothing, 'long_short', COSTS);
    expect(churn.length).toBe(29);
    for (const { changed } of churn) expect(changed).toBeLessThanOrEqual(0.005);
  });

  it('refits on stable data change few labels', () => {
    expect(revision.churn.length).toBe(result.folds.length - 1);
    expect(revision.mean_adjusted_rand).toBeGreaterThan(0.9);
  });
});

describe('the scorecard', () => {
  const options = { rule: 'long_short', costBps: 10, barsPerYear: 8_760, draws: 199, seed: 42 } as const;
  const card = scorecard(input, result, revision, options);

  it('measures on rows that no fit has seen', () => {
    expect(card.rows).toBe(800);
    const total = result.folds.reduce((sum, { loglik }) => sum + loglik!, 0);
    expect(card.likelihood.out_of_sample).toBeCloseTo(total / 800, 12);
    expect(card.likelihood.over_one_state?.per_row).toBeGreaterThan(0.1);
    expect(card.likelihood.over_no_memory?.per_row).toBeGreaterThan(0);
    expect(card.persistence.mean_run_length).toBeCloseTo(800 / (1 + result.decoding.changes), 12);
    expect(card.certainty).toBeGreaterThan(0.8);
    expect(card.separation).toBeGreaterThan(1);
    expect(card.detection_delay).toMatchObject({ switches: 300, missed: 0 });
    expect(card.detection_delay?.median).toBeLessThanOrEqual(2);
  });

  it('finds forecasts of a true model calibrated', () => {
    const { pit_histogram: histogram, state_forecast: states } = calibration(result);
    expect(histogram.reduce((sum, n) => sum + n, 0)).toBe(799);
    for (const n of histogram) expect(n).toBeGreaterThan(40);
    expect(states.brier).toBeLessThan(states.brier_climatology / 2);
    expect(states.calibration_error).toBeLessThan(0.05);
  });

  it('sees no switch where there is one state', () => {
    const one = walkForward(input, { candidate: { ...candidate, states: 1 }, schedule, viewRows: 50 });
    const [first] = one.folds;
    const rows = { data: new Float64Array(first!.states.features), rows: 1, features: 5, lengths: [1] };
    expect(syntheticDelay(first!.model, rows, new Random(1), 5)).toBeNull();
    const single = scorecard(input, one, accountRevisions(one, { ...hindsight }, 'long_flat', options), {
      ...options,
      rule: 'long_flat',
    });
    expect(single.certainty).toBeNull();
    expect(single.returns.over_one_state.per_row).toBeCloseTo(0, 3);
    expect(single.economic.strategy).toEqual(single.economic.buy_and_hold);
    expect(single.verdict.code).toBe('no_better_than_one_state');
  });

  const gain = (perRow: number, t: number) => ({ per_row: perRow, t });
  const returns = (plain: [number, number], memory: [number, number]): Scorecard['returns'] => ({
    out_of_sample: 3,
    over_one_state: gain(...plain),
    over_no_memory: gain(...memory),
  });
  const economic = (p: number, best: number, shift: number, net: number) => ({
    ...card.economic,
    direction: { statistic: 1, p, groups: 3 },
    states: card.economic.states.map((state) => ({ ...state, bootstrap_p: best })),
    phase_shift: { p: shift, median_per_bar: 0, draws: 999 },
    strategy: { ...card.economic.strategy, net_return: net },
    buy_and_hold: { ...card.economic.buy_and_hold, net_return: 0.2 },
  });

  it.each([
    ['no_better_than_one_state', returns([0.01, 1.2], [0.01, 3]), economic(0.001, 0.001, 0.001, 1)],
    ['no_better_than_one_state', returns([-0.2, -5], [0.01, 3]), economic(0.001, 0.001, 0.001, 1)],
    ['no_better_than_no_memory', returns([0.2, 8], [0.001, 0.4]), economic(0.001, 0.001, 0.001, 1)],
    ['risk_only', returns([0.2, 8], [0.1, 4]), economic(0.3, 0.001, 0.001, 1)],
    ['risk_only', returns([0.2, 8], [0.1, 4]), economic(0.01, 0.04, 0.001, 1)],
    ['direction_without_profit', returns([0.2, 8], [0.1, 4]), economic(0.01, 0.001, 0.4, 1)],
    ['direction_without_profit', returns([0.2, 8], [0.1, 4]), economic(0.01, 0.001, 0.001, 0.1)],
    ['direction_and_profit', returns([0.2, 8], [0.1, 4]), economic(0.01, 0.001, 0.001, 1)],
  ] as const)('says %s when that is the least favourable thing that is true', (code, likelihood, value) => {
    expect(verdict(3, likelihood, value).code).toBe(code);
  });

  it('says in words that a model is no better than one state', () => {
    expect(verdict(3, returns([0.01, 1.2], [0.01, 3]), card.economic).sentence).toBe(
      'No better than one state at forecasting the next return (+0.010 nats per bar, t = 1.2).',
    );
  });
});
