/**
 * Walk-forward search for weights and thresholds of the score (spec majors-alts-monitor §5).
 *
 * Seeded candidates are judged on the always-on return that they would have taken, over the rows before each test window;
 * the test window takes the best of them. The state machine of a candidate runs over the whole series, so it enters a
 * window in the state in which it would have been.
 */
import { compositeScore, type ScoreColumn } from './composite-score.js';
import { mulberry32 } from './mulberry32.js';
import type { CompositeRule, NeutralGridSettings } from './neutral-settings.js';
import { isTraded, regimePath } from './regime-state.js';
import type { TestWindow } from './trading-rows.js';

/** One test window, the candidate that its training rows chose and what that earned. */
export interface GridWindow {
  readonly window: number;
  /** Trading rows [from, to) that are tested. */
  readonly from: number;
  readonly to: number;
  /** Index of the chosen candidate; null when none is eligible. */
  readonly sample: number | null;
  /** Of the chosen candidate's daily returns × √365; null when no candidate is eligible. */
  readonly trainSharpe: number | null;
  /** Training rows on which it holds the book. */
  readonly trainActiveDays: number | null;
  /** Mean daily return of the window, fraction. */
  readonly testMean: number;
  /** Of the window's daily returns × √365; 0 when nothing varies. */
  readonly testSharpe: number;
}

export interface GridSearchResult {
  readonly seed: number;
  readonly candidates: readonly CompositeRule[];
  readonly windows: readonly GridWindow[];
  /**
   * The window after the last complete one, as far as it has come. Its candidate is known at its start; scores of its
   * days are the candidate's, so that a day does not change when its window fills up.
   */
  readonly unfinished: GridWindow | null;
  /** Sharpe of all test windows' returns one after the other. */
  readonly oosSharpe: number;
}

export interface GridInput {
  readonly columns: readonly ScoreColumn[];
  /** 1 on feature rows whose high-volatility gate is closed. */
  readonly gate: Uint8Array;
  readonly regimes: 3 | 5;
  /** Feature row of each trading row, −1 before the first. */
  readonly featureRow: Int32Array;
  /** Always-on return of each trading row. */
  readonly alwaysOn: Float64Array;
  readonly windows: readonly TestWindow[];
  readonly unfinished: TestWindow | null;
  /** Training rows before a window. */
  readonly lookback: number;
}

/** Distance between the strong thresholds and the plain ones. */
const STRONG_MARGIN = 0.25;
const SWITCH_COST = 0.001;
const LEAST_ACTIVE_DAYS = 20;
const TIE = 1e-12;
const YEAR = 365;

/** The candidates of a seed, in the order in which they are drawn. */
export function gridCandidates(grid: NeutralGridSettings, { hysteresis }: CompositeRule): CompositeRule[] {
  const uniform = mulberry32(grid.seed);
  const draw = ([low, high]: readonly [number, number]): number => low + (high - low) * uniform();
  return Array.from({ length: grid.samples }, () => {
    const drawn = Object.entries(grid.weightRanges).map(([key, range]) => [key, draw(range)] as const);
    const size = drawn.reduce((sum, [, weight]) => sum + Math.abs(weight), 0);
    const thresholdLow = draw(grid.thresholdLow);
    const thresholdHigh = draw(grid.thresholdHigh);
    const strongLow = draw(grid.thresholdStrongLow);
    const strongHigh = draw(grid.thresholdStrongHigh);
    return {
      weights: Object.fromEntries(drawn.map(([key, weight]) => [key, size === 0 ? 0 : weight / size])),
      thresholdLow,
      thresholdHigh,
      thresholdStrongLow: Math.min(strongLow, thresholdLow - STRONG_MARGIN),
      thresholdStrongHigh: Math.max(strongHigh, thresholdHigh + STRONG_MARGIN),
      hysteresis,
    };
  });
}

/** Score and regimes of a rule over all feature rows. */
export function applyRule(
  rule: CompositeRule,
  { columns, gate, regimes }: Pick<GridInput, 'columns' | 'gate' | 'regimes'>,
) {
  const score = compositeScore(columns, rule.weights, rule.thresholdHigh, gate);
  return { score, regime: regimePath(score, rule, regimes) };
}

/** mean / population deviation × √365; 0 when nothing varies. */
function sharpe(returns: Float64Array): number {
  const n = returns.length;
  if (n === 0) return 0;
  const mean = returns.reduce((sum, value) => sum + value, 0) / n;
  let squares = 0;
  for (const value of returns) squares += (value - mean) * (value - mean);
  return squares === 0 ? 0 : (mean / Math.sqrt(squares / n)) * Math.sqrt(YEAR);
}

interface Trial {
  /** 1 on trading rows whose close finds the candidate in a traded regime. */
  readonly active: Uint8Array;
  readonly returns: Float64Array;
}

function tryRule(rule: CompositeRule, input: GridInput): Trial {
  const { regime } = applyRule(rule, input);
  const active = Uint8Array.from(input.featureRow, (row) => (row >= 0 && isTraded(regime[row]!) ? 1 : 0));
  const returns = new Float64Array(active.length);
  for (let t = 1; t < active.length; t += 1) {
    returns[t] = active[t - 1]! * input.alwaysOn[t]! - Math.abs(active[t]! - active[t - 1]!) * SWITCH_COST;
  }
  return { active, returns };
}

/**
 * Best rule per test window, judged on the rows before it alone (spec majors-alts-monitor §5). Equal input and seed,
 * equal result.
 */
export function searchGrid(
  candidates: readonly CompositeRule[],
  seed: number,
  input: GridInput,
): GridSearchResult {
  const trials = candidates.map((rule) => tryRule(rule, input));
  const judge = ({ from, to }: TestWindow, window: number): { chosen: GridWindow; returns: Float64Array } => {
    const first = Math.max(0, from - input.lookback);
    let best: { sample: number; trainSharpe: number; trainActiveDays: number } | undefined;
    for (const [sample, { active, returns }] of trials.entries()) {
      const days = active.subarray(first, from).reduce((sum, flag) => sum + flag, 0);
      const objective = sharpe(returns.subarray(first, from));
      if (days < LEAST_ACTIVE_DAYS || objective === 0) continue;
      if (!best || objective > best.trainSharpe + TIE) {
        best = { sample, trainSharpe: objective, trainActiveDays: days };
      }
    }
    const returns = best ? trials[best.sample]!.returns.subarray(from, to) : new Float64Array(to - from);
    const chosen = {
      window,
      from,
      to,
      sample: best?.sample ?? null,
      trainSharpe: best?.trainSharpe ?? null,
      trainActiveDays: best?.trainActiveDays ?? null,
      testMean: returns.reduce((sum, value) => sum + value, 0) / Math.max(1, returns.length),
      testSharpe: sharpe(returns),
    };
    return { chosen, returns };
  };
  const judged = input.windows.map(judge);
  return {
    seed,
    candidates,
    windows: judged.map(({ chosen }) => chosen),
    unfinished: input.unfinished ? judge(input.unfinished, judged.length).chosen : null,
    oosSharpe: sharpe(Float64Array.from(judged.flatMap(({ returns }) => Array.from(returns)))),
  };
}
