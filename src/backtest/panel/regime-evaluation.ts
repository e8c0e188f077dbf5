/**
 * Do regimes tell what the always-on book does next (spec majors-alts-monitor §11)?
 *
 * Forward returns by the regime of their day: compounded over the next H days (corrected), or the single day H days ahead
 * (reference). Forward returns overlap, so the t statistic flatters; blocks of consecutive days drawn with replacement
 * (Künsch 1989) give the interval. The bootstrap share is, as the spec has it, that of draws whose edge is at least as
 * large in size as the one measured; it is not a centred test, and the interval is the figure to read.
 */

import type { NeutralProfile } from '../../analysis/neutral/neutral-settings.js';
import { NEUTRAL_REGIMES, type NeutralRegime } from '../../analysis/neutral/regime-state.js';
import { percentileOfSorted } from '../../analysis/neutral/ridge-betas.js';
import { twoSidedStudent } from '../../analysis/statistics/student-t.js';
import { Random } from '../../market/random.js';
import type { MajorsAltsResult } from './majors-alts-result.js';
import type { RegimeEvaluationSettings } from './panel-settings.js';

/** Forward returns over one horizon after days of one regime; fractions per horizon. */
export interface RegimeForward {
  readonly meanReturn: number;
  /** Sample deviation. */
  readonly stdReturn: number;
  readonly count: number;
  /** Share of positive ones, 0..1. */
  readonly hitRate: number;
  /** Of the mean; overlapping returns make it too large. */
  readonly tStat: number;
  /** Two-sided, n − 1 degrees. */
  readonly pValue: number;
}

/** A difference of means, fraction per horizon, with the interval of its bootstrap. */
export interface EdgeEstimate {
  readonly edge: number;
  /** Null without bootstrap. */
  readonly pValue: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** Forward returns by regime over one horizon in days; means are fractions per horizon. */
export interface HorizonEvaluation {
  readonly horizon: number;
  /** By regime, ascending by name. */
  readonly regimes: ReadonlyMap<NeutralRegime, RegimeForward>;
  readonly meanAll: number;
  readonly countAll: number;
  /** Mean of the most-majors regime less the overall mean; of the most-alts regime likewise; the first less the second. */
  readonly best: EdgeEstimate;
  readonly worst: EdgeEstimate;
  readonly spread: EdgeEstimate;
}

/**
 * Forward returns of the always-on book by the regime of their day (spec majors-alts-monitor §11; Künsch 1989).
 * @returns one evaluation per horizon of the settings, in their order
 */
export function evaluateRegimes(
  { timeline, alwaysOn }: Pick<MajorsAltsResult, 'timeline' | 'alwaysOn'>,
  profile: NeutralProfile,
  settings: RegimeEvaluationSettings,
): HorizonEvaluation[] {
  const regimeOfDay = new Map(Array.from(timeline.day, (day, row) => [day, timeline.regime[row]!]));
  const days = alwaysOn.day.length;
  return settings.horizonsDays.map((horizon) => {
    const regimes: number[] = [];
    const forward: number[] = [];
    for (let row = 0; row + horizon < days; row += 1) {
      const regime = regimeOfDay.get(alwaysOn.day[row]!);
      if (regime === undefined) continue;
      regimes.push(NEUTRAL_REGIMES.indexOf(regime));
      forward.push(forwardReturn(alwaysOn.return, row, horizon, profile));
    }
    return evaluateHorizon(horizon, Uint8Array.from(regimes), Float64Array.from(forward), settings);
  });
}

function forwardReturn(returns: Float64Array, row: number, horizon: number, profile: NeutralProfile): number {
  if (profile === 'reference') return returns[row + horizon]!;
  let growth = 1;
  for (let ahead = 1; ahead <= horizon; ahead += 1) growth *= 1 + returns[row + ahead]!;
  return growth - 1;
}

function evaluateHorizon(
  horizon: number,
  regimes: Uint8Array,
  forward: Float64Array,
  settings: RegimeEvaluationSettings,
): HorizonEvaluation {
  const present = NEUTRAL_REGIMES.filter((_, code) => regimes.includes(code)).sort();
  const edges = edgesOf(regimes, forward);
  const draws = settings.bootstrap.enabled ? bootstrapEdges(regimes, forward, settings.bootstrap) : [];
  const estimate = (name: keyof Edges): EdgeEstimate => {
    const edge = edges[name];
    const drawn = Float64Array.from(draws, (draw) => draw[name])
      .filter((value) => !Number.isNaN(value))
      .sort();
    if (drawn.length === 0) return { edge, pValue: null, low: null, high: null };
    return {
      edge,
      pValue: drawn.filter((value) => Math.abs(value) >= Math.abs(edge)).length / drawn.length,
      low: percentileOfSorted(drawn, 0.025),
      high: percentileOfSorted(drawn, 0.975),
    };
  };
  return {
    horizon,
    regimes: new Map(
      present.map((name) => {
        const code = NEUTRAL_REGIMES.indexOf(name);
        return [name, describeForward(forward.filter((_, row) => regimes[row] === code))];
      }),
    ),
    meanAll: meanOf(forward),
    countAll: forward.length,
    best: estimate('best'),
    worst: estimate('worst'),
    spread: estimate('spread'),
  };
}

const meanOf = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function describeForward(returns: Float64Array): RegimeForward {
  const n = returns.length;
  const mean = meanOf(returns);
  const squares = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = n > 1 ? Math.sqrt(squares / (n - 1)) : Number.NaN;
  const tStat = deviation > 0 ? mean / (deviation / Math.sqrt(n)) : Number.NaN;
  return {
    meanReturn: mean,
    stdReturn: deviation,
    count: n,
    hitRate: returns.filter((value) => value > 0).length / n,
    tStat,
    pValue: twoSidedStudent(tStat, n - 1),
  };
}

interface Edges {
  readonly best: number;
  readonly worst: number;
  readonly spread: number;
}

const REGIMES = NEUTRAL_REGIMES.length;

/** Sum of forward returns and number of rows, by regime. */
interface RegimeSums {
  readonly sum: Float64Array;
  readonly count: Float64Array;
}

/** Means of the extreme regimes that are present against the overall mean; NaN without rows. */
function edgesFrom({ sum, count }: RegimeSums): Edges {
  let [lowest, highest, total, rows] = [-1, -1, 0, 0];
  for (let code = 0; code < REGIMES; code += 1) {
    if (count[code] === 0) continue;
    if (lowest < 0) lowest = code;
    highest = code;
    total += sum[code]!;
    rows += count[code]!;
  }
  const overall = total / rows;
  const best = highest < 0 ? Number.NaN : sum[highest]! / count[highest]!;
  const worst = lowest < 0 ? Number.NaN : sum[lowest]! / count[lowest]!;
  return { best: best - overall, worst: worst - overall, spread: best - worst };
}

function edgesOf(regimes: Uint8Array, forward: Float64Array): Edges {
  const sums = { sum: new Float64Array(REGIMES), count: new Float64Array(REGIMES) };
  for (let row = 0; row < forward.length; row += 1) {
    sums.sum[regimes[row]!]! += forward[row]!;
    sums.count[regimes[row]!]! += 1;
  }
  return edgesFrom(sums);
}

/** Sums of a block are differences of running sums: a draw then costs blocks × regimes, not rows. */
function bootstrapEdges(
  regimes: Uint8Array,
  forward: Float64Array,
  { blockSize, draws, seed }: RegimeEvaluationSettings['bootstrap'],
): Edges[] {
  const n = forward.length;
  if (n < blockSize) return [];
  const sumUpTo = new Float64Array((n + 1) * REGIMES);
  const countUpTo = new Float64Array((n + 1) * REGIMES);
  for (let row = 0; row < n; row += 1) {
    for (let code = 0; code < REGIMES; code += 1) {
      const isThis = regimes[row] === code;
      const at = row * REGIMES + code;
      sumUpTo[at + REGIMES] = sumUpTo[at]! + (isThis ? forward[row]! : 0);
      countUpTo[at + REGIMES] = countUpTo[at]! + (isThis ? 1 : 0);
    }
  }
  const present = Uint8Array.from(new Set(regimes));
  const random = new Random(seed);
  const sums = { sum: new Float64Array(REGIMES), count: new Float64Array(REGIMES) };
  return Array.from({ length: draws }, () => {
    sums.sum.fill(0);
    sums.count.fill(0);
    for (let drawn = 0; drawn < n; drawn += blockSize) {
      const from = random.below(n - blockSize + 1) * REGIMES;
      // the last block is cut so that a draw has as many rows as the data
      const to = from + Math.min(blockSize, n - drawn) * REGIMES;
      for (const code of present) {
        sums.sum[code]! += sumUpTo[to + code]! - sumUpTo[from + code]!;
        sums.count[code]! += countUpTo[to + code]! - countUpTo[from + code]!;
      }
    }
    return edgesFrom(sums);
  });
}
