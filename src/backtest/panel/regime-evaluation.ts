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
  /** Interval of the mean from the same blocks as that of the edges; null without bootstrap. */
  readonly low: number | null;
  readonly high: number | null;
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
  const codeOfDay = new Map(
    Array.from(timeline.day, (day, row) => [day, NEUTRAL_REGIMES.indexOf(timeline.regime[row]!)]),
  );
  const codes = Array.from(alwaysOn.day, (day) => codeOfDay.get(day));
  return settings.horizonsDays.map((horizon) => {
    const regimes: number[] = [];
    const forward: number[] = [];
    for (let row = 0; row + horizon < codes.length; row += 1) {
      const code = codes[row];
      if (code === undefined) continue;
      regimes.push(code);
      forward.push(forwardReturn(alwaysOn.return, row, horizon, profile));
    }
    return evaluateHorizon(horizon, regimes, Float64Array.from(forward), settings);
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
  codes: readonly number[],
  forward: Float64Array,
  settings: RegimeEvaluationSettings,
): HorizonEvaluation {
  // from most alts to most majors, numbered by those that are there
  const present = NEUTRAL_REGIMES.filter((_, code) => codes.includes(code));
  const regimes: Regimes = {
    count: present.length,
    ofRow: Uint8Array.from(codes, (code) => present.indexOf(NEUTRAL_REGIMES[code]!)),
  };
  const edges = edgesOf(regimes, forward);
  const drawn = settings.bootstrap.enabled ? bootstrapEdges(regimes, forward, settings.bootstrap) : null;
  const estimate = (name: keyof Edges): EdgeEstimate => {
    const edge = edges[name];
    const values = sortedValues(drawn?.[name]);
    if (values.length === 0) return { edge, pValue: null, low: null, high: null };
    const size = Math.abs(edge);
    let atLeast = 0;
    for (let i = 0; i < values.length; i += 1) atLeast += Number(Math.abs(values[i]!) >= size);
    return { edge, pValue: atLeast / values.length, ...rangeOf(values) };
  };
  return {
    horizon,
    regimes: new Map(
      [...present].sort().map((name) => {
        const place = present.indexOf(name);
        const returns = forward.filter((_, row) => regimes.ofRow[row] === place);
        return [name, { ...describeForward(returns), ...rangeOf(sortedValues(drawn?.means[place])) }];
      }),
    ),
    meanAll: meanOf(forward),
    countAll: forward.length,
    best: estimate('best'),
    worst: estimate('worst'),
    spread: estimate('spread'),
  };
}

/** Draws that have a value, ascending. */
function sortedValues(draws: Float64Array | undefined): Float64Array {
  return (draws ?? new Float64Array()).filter((value) => !Number.isNaN(value)).sort();
}

function rangeOf(sorted: Float64Array): { low: number | null; high: number | null } {
  if (sorted.length === 0) return { low: null, high: null };
  return { low: percentileOfSorted(sorted, 0.025), high: percentileOfSorted(sorted, 0.975) };
}

const meanOf = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function describeForward(returns: Float64Array): Omit<RegimeForward, 'low' | 'high'> {
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

/** The regimes that are there, numbered from most alts to most majors. */
interface Regimes {
  readonly count: number;
  readonly ofRow: Uint8Array;
}

/** Sum of forward returns and number of rows, by regime. */
interface RegimeSums {
  readonly sum: Float64Array;
  readonly count: Float64Array;
}

/** Means of the extreme regimes that have rows against the overall mean; NaN without rows. */
function edgesFrom({ sum, count }: RegimeSums): Edges {
  let lowest = -1;
  let highest = -1;
  let total = 0;
  let rows = 0;
  for (let regime = 0; regime < count.length; regime += 1) {
    if (count[regime] === 0) continue;
    if (lowest < 0) lowest = regime;
    highest = regime;
    total += sum[regime]!;
    rows += count[regime]!;
  }
  const overall = total / rows;
  const best = highest < 0 ? Number.NaN : sum[highest]! / count[highest]!;
  const worst = lowest < 0 ? Number.NaN : sum[lowest]! / count[lowest]!;
  return { best: best - overall, worst: worst - overall, spread: best - worst };
}

function edgesOf({ count, ofRow }: Regimes, forward: Float64Array): Edges {
  const sums = { sum: new Float64Array(count), count: new Float64Array(count) };
  for (let row = 0; row < forward.length; row += 1) {
    sums.sum[ofRow[row]!]! += forward[row]!;
    sums.count[ofRow[row]!]! += 1;
  }
  return edgesFrom(sums);
}

/** One value per draw; NaN where the draw has none. */
interface DrawnEdges {
  readonly best: Float64Array;
  readonly worst: Float64Array;
  readonly spread: Float64Array;
  /** Mean forward return by regime. */
  readonly means: readonly Float64Array[];
}

/** Sums of a block are differences of running sums: a draw then costs blocks × regimes, not rows. */
function bootstrapEdges(
  regimes: Regimes,
  forward: Float64Array,
  { blockSize, draws, seed }: RegimeEvaluationSettings['bootstrap'],
): DrawnEdges | null {
  const n = forward.length;
  if (n < blockSize) return null;
  const running = runningSums(regimes, forward);
  const random = new Random(seed);
  const width = regimes.count;
  const sums = { sum: new Float64Array(width), count: new Float64Array(width) };
  const best = new Float64Array(draws);
  const worst = new Float64Array(draws);
  const spread = new Float64Array(draws);
  const means = Array.from({ length: width }, () => new Float64Array(draws));
  for (let draw = 0; draw < draws; draw += 1) {
    drawBlocks(sums, running, n, blockSize, random);
    const edges = edgesFrom(sums);
    best[draw] = edges.best;
    worst[draw] = edges.worst;
    spread[draw] = edges.spread;
    // 0 / 0 is NaN: the regime was not drawn
    for (let regime = 0; regime < width; regime += 1) {
      means[regime]![draw] = sums.sum[regime]! / sums.count[regime]!;
    }
  }
  return { best, worst, spread, means };
}

/** Sums up to each row, regimes of a row together; one row more than there are. */
function runningSums({ count: width, ofRow }: Regimes, forward: Float64Array): RegimeSums {
  const n = forward.length;
  const sum = new Float64Array((n + 1) * width);
  const count = new Float64Array((n + 1) * width);
  for (let row = 0; row < n; row += 1) {
    const [from, to] = [row * width, (row + 1) * width];
    sum.copyWithin(to, from, to);
    count.copyWithin(to, from, to);
    sum[to + ofRow[row]!]! += forward[row]!;
    count[to + ofRow[row]!]! += 1;
  }
  return { sum, count };
}

/** One draw of as many rows as there are: the last block is cut to that. */
function drawBlocks(
  into: RegimeSums,
  running: RegimeSums,
  rows: number,
  blockSize: number,
  random: Random,
): void {
  const { sum, count } = into;
  const width = sum.length;
  sum.fill(0);
  count.fill(0);
  for (let drawn = 0; drawn < rows; drawn += blockSize) {
    const from = random.below(rows - blockSize + 1) * width;
    const to = from + Math.min(blockSize, rows - drawn) * width;
    for (let regime = 0; regime < width; regime += 1) {
      sum[regime]! += running.sum[to + regime]! - running.sum[from + regime]!;
      count[regime]! += running.count[to + regime]! - running.count[from + regime]!;
    }
  }
}
