/**
 * Bayesian online change-point detection: how many bars ago did the present stretch begin, told from bars up to now.
 *
 * Why: an alarm that needs no states and no training. Method: Adams, MacKay 2007 (HMM spec §11.9): the posterior of the
 * run length is carried forward; each run predicts the next row by a Student-t from a Normal-inverse-gamma prior, one
 * per feature, features independent given the run; a change comes with constant probability (hazard) per bar.
 * A run length of 0 after row t says that row t + 1 opens a new stretch; with a constant hazard its mass is always the
 * hazard, so it is no alarm. `recentChange` (mass of short runs) and `expectedRunLength` are.
 * Numerics: weights relative to the likeliest run; runs with mass up to 1e-6 are dropped, and beyond 500 runs the
 * lightest (thousands would stay where nothing changes for long), which bounds the cost per bar. Limits: rows are taken as independent within a stretch; features that move slowly
 * (ADX, volatility) look to it like many changes.
 */
import { logGamma } from './gamma-functions.js';

/** Normal-inverse-gamma prior of a feature's level and variance inside a run (Murphy 2007). */
export interface RunLengthPrior {
  /** In units of the feature. */
  readonly mean: number;
  /** Rows that the prior mean is worth. */
  readonly kappa: number;
  /** Shape and scale of the inverse gamma: the expected variance is beta / (alpha − 1) where alpha > 1. */
  readonly alpha: number;
  readonly beta: number;
}

export interface BocpdOptions {
  /** Probability per bar that a new stretch begins; 1/100 unless said. */
  readonly hazard?: number;
  /** Of each feature; mean 0, the rest 1 unless said, which suits standardised features. */
  readonly prior?: RunLengthPrior;
  /** Runs with mass up to this are dropped; 1e-6 unless said. */
  readonly prune?: number;
}

/** Runs kept at most. */
const MOST_RUNS = 500;

/** The weight that a run must exceed so that at most 500 do; below every weight when there are no more. */
export function crowdLimit(weights: Float64Array): number {
  if (weights.length <= MOST_RUNS) return Number.NEGATIVE_INFINITY;
  return weights.slice().sort()[weights.length - MOST_RUNS - 1]!;
}

export const DEFAULT_PRIOR: RunLengthPrior = { mean: 0, kappa: 1, alpha: 1, beta: 1 };

/**
 * The recursion over a memory of numbers: [ln P(row | rows before), then per run: length, mass, D means, D betas], runs
 * from the shortest. Memories are plain arrays so that a filter can keep and restore them.
 */
export class RunLengthRecursion {
  readonly hazard: number;
  readonly prior: RunLengthPrior;
  readonly prune: number;
  /** Numbers per run. */
  readonly width: number;
  /** ln Γ(α + ½) − ln Γ(α) by run length. */
  private readonly gammaRatio: number[] = [];

  constructor(
    readonly features: number,
    { hazard = 0.01, prior = DEFAULT_PRIOR, prune = 1e-6 }: BocpdOptions = {},
  ) {
    this.hazard = hazard;
    this.prior = prior;
    this.prune = prune;
    this.width = 2 + 2 * features;
  }

  /** Before any row: one run of length 0. */
  start(): Float64Array {
    const memory = new Float64Array(1 + this.width);
    this.writeNewRun(memory, 1, 1);
    return memory;
  }

  /** A run without rows at `at`. */
  writeNewRun(memory: Float64Array, at: number, mass: number): void {
    memory[at] = 0;
    memory[at + 1] = mass;
    memory.fill(this.prior.mean, at + 2, at + 2 + this.features);
    memory.fill(this.prior.beta, at + 2 + this.features, at + this.width);
  }

  /** ln density of the row under the run at `at`. */
  logPredictive(memory: Float64Array, at: number, data: ArrayLike<number>, row: number): number {
    const { features, prior, gammaRatio } = this;
    const length = memory[at]!;
    const kappa = prior.kappa + length;
    const alpha = prior.alpha + length / 2;
    const ratio = (gammaRatio[length] ??= logGamma(alpha + 0.5) - logGamma(alpha));
    const spread = (2 * (kappa + 1)) / kappa;
    let sum = features * ratio;
    for (let d = 0; d < features; d += 1) {
      const scale = spread * memory[at + 2 + features + d]!;
      const difference = data[row + d]! - memory[at + 2 + d]!;
      sum -= 0.5 * Math.log(Math.PI * scale) + (alpha + 0.5) * Math.log1p((difference * difference) / scale);
    }
    return sum;
  }

  /** Writes to `into` at `to` the run at `from`, one row longer. */
  grow(
    memory: Float64Array,
    from: number,
    data: ArrayLike<number>,
    row: number,
    into: Float64Array,
    to: number,
    mass: number,
  ): void {
    const { features } = this;
    const kappa = this.prior.kappa + memory[from]!;
    into[to] = memory[from]! + 1;
    into[to + 1] = mass;
    for (let d = 0; d < features; d += 1) {
      const mean = memory[from + 2 + d]!;
      const difference = data[row + d]! - mean;
      into[to + 2 + d] = mean + difference / (kappa + 1);
      into[to + 2 + features + d] =
        memory[from + 2 + features + d]! + (kappa * difference * difference) / (2 * (kappa + 1));
    }
  }

  /** The memory after the row of D features at `row`; a new array. */
  step(memory: Float64Array, data: ArrayLike<number>, row: number): Float64Array {
    const { width, hazard } = this;
    const runs = (memory.length - 1) / width;
    const weight = new Float64Array(runs);
    let largest = Number.NEGATIVE_INFINITY;
    for (let run = 0; run < runs; run += 1) {
      const at = 1 + run * width;
      weight[run] = Math.log(memory[at + 1]!) + this.logPredictive(memory, at, data, row);
      largest = Math.max(largest, weight[run]!);
    }
    let total = 0;
    for (let run = 0; run < runs; run += 1) {
      weight[run] = Math.exp(weight[run]! - largest);
      total += weight[run]!;
    }
    for (let run = 0; run < runs; run += 1) weight[run]! *= (1 - hazard) / total;
    const limit = Math.max(this.prune, crowdLimit(weight));
    let kept = 0;
    for (let run = 0; run < runs; run += 1) {
      if (weight[run]! > limit) kept += 1;
      else weight[run] = 0;
    }
    const next = new Float64Array(1 + (kept + 1) * width);
    next[0] = largest + Math.log(total);
    this.writeNewRun(next, 1, hazard);
    let to = 1 + width;
    for (let run = 0; run < runs; run += 1) {
      if (weight[run] === 0) continue;
      this.grow(memory, 1 + run * width, data, row, next, to, weight[run]!);
      to += width;
    }
    return next;
  }
}

/** What a memory says of the present stretch. */
export interface RunLengthPosterior {
  /** ln P(row | rows before), natural logarithm. */
  readonly logPredictive: number;
  readonly expectedRunLength: number;
  readonly likeliestRunLength: number;
  /** Probability that the stretch is at most `recentBars` old. */
  readonly recentChange: number;
}

/** @param recentBars up to this many bars a change counts as recent; 5 unless said */
export function runLengthPosterior(
  { width }: RunLengthRecursion,
  memory: Float64Array,
  recentBars = 5,
): RunLengthPosterior {
  let mass = 0;
  let expected = 0;
  let recent = 0;
  let likeliest = 0;
  let largest = -1;
  for (let at = 1; at < memory.length; at += width) {
    const length = memory[at]!;
    const share = memory[at + 1]!;
    mass += share;
    expected += share * length;
    if (length <= recentBars) recent += share;
    if (share > largest) {
      largest = share;
      likeliest = length;
    }
  }
  return {
    logPredictive: memory[0]!,
    expectedRunLength: expected / mass,
    likeliestRunLength: likeliest,
    recentChange: recent / mass,
  };
}
