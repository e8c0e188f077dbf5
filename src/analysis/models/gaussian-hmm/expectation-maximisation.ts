/**
 * One EM run from one starting point (Baum, Welch; HMM spec §5.5, §5.8).
 *
 * `history` holds the log-likelihood before each update, so its last entry is not the score of the result. The run
 * stops when the watched objective grows by less than the tolerance, a fall included; the last update is kept. The
 * objective is the log-likelihood in `hmmlearn` mode, and log-likelihood + log prior in `map` mode, the quantity that
 * EM cannot lower there; a sticky prior adds its own term (sticky-prior.ts).
 * A state that loses all its rows is re-seeded once at the row that the mixture explains worst; the second time the
 * run is given up.
 */
import { TidewatchError } from '../../../errors.js';
import type { Observations } from '../observations.js';
import type { CovariancePrior } from './covariance-prior.js';
import type { ExpectationEngine, GaussianHmmParameters } from './expectation.js';
import { relocateState } from './initialisation.js';
import { LogEmission } from './log-emission.js';
import { maximise } from './maximisation.js';
import { type Stickiness, startSticky, stickyLogPrior } from './sticky-prior.js';
import type { TrainingMoments } from './training-moments.js';

/** A fall of the objective beyond rounding. */
const DECREASE = 1.5e-8;
/** Posterior mass, in rows, below which a state counts as empty. */
const EMPTY_MASS = 1e-8;

/** The model-specific parts of EM: P are parameters, S what an E step hands to the M step. */
export interface Estimation<P, S> {
  readonly rows: number;
  /** Smallest growth of the objective, nats, that keeps a run going. */
  readonly tolerance: number;
  expectation(parameters: P): S & { readonly logLikelihood: number };
  /** Rows that each state holds, from an E step. */
  counts(statistics: S): Float64Array;
  logPrior(parameters: P): number;
  maximise(parameters: P, statistics: S): P;
  /** The parameters with one state moved to the row that is explained worst. */
  reseed(parameters: P, state: number): P;
}

export interface EmSettings {
  readonly prior: CovariancePrior;
  readonly moments: TrainingMoments;
  /** Nats of the objective over all rows, not per row. */
  readonly tolerance: number;
  readonly sticky?: Stickiness;
}

/** EM of a Gaussian HMM on the rows of an engine. */
export function gaussianEstimation(
  observations: Observations,
  engine: ExpectationEngine,
  { prior, moments, tolerance, sticky }: EmSettings,
): Estimation<GaussianHmmParameters, ReturnType<ExpectationEngine['expectation']>> {
  return {
    rows: observations.rows,
    tolerance,
    expectation: (parameters) => engine.expectation(parameters),
    counts: ({ mass }) => mass,
    logPrior: (parameters) => prior.logPrior(parameters) + stickyLogPrior(parameters, sticky),
    maximise: (parameters, statistics) => maximise(parameters, statistics, prior, sticky),
    reseed(parameters, state) {
      const emission = new LogEmission(parameters);
      const row = worstExplainedRow(observations.rows, parameters.states, (at, out) =>
        emission.densities(observations.data, at, out, 0),
      );
      return startSticky(relocateState(parameters, state, observations, row, moments), sticky);
    },
  };
}

/** The row with the lowest density under its best state. */
export function worstExplainedRow(
  rows: number,
  states: number,
  densities: (row: number, out: Float64Array) => void,
): number {
  const density = new Float64Array(states);
  let worst = 0;
  let lowest = Number.POSITIVE_INFINITY;
  for (let row = 0; row < rows; row += 1) {
    densities(row, density);
    const best = density.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    if (best < lowest) {
      lowest = best;
      worst = row;
    }
  }
  return worst;
}

/** One run, resumable: every start gets a few iterations before the most promising ones go on. */
export class EmRun<P = GaussianHmmParameters, S = ReturnType<ExpectationEngine['expectation']>> {
  /** Log-likelihood before each update. */
  readonly history: number[] = [];
  /** Stopped because the objective grew by less than the tolerance. */
  converged = false;
  /** The objective fell at some update by more than rounding. */
  decreased = false;
  /** A state had lost all its rows and was started again; a second time the run gives up. */
  reseeded = false;
  /** Objective before the last update. */
  objective = Number.NEGATIVE_INFINITY;
  /** Smallest share of the rows that a state held in the last E step. */
  smallestShare = 0;
  private comparable = false;

  constructor(
    public parameters: P,
    private readonly estimation: Estimation<P, S>,
  ) {}

  get iterations(): number {
    return this.history.length;
  }

  /**
   * Iterates until the run has made `iterations` in total or has stopped by the tolerance.
   * @throws TidewatchError `degenerate_data` or `invalid_parameters` when this run cannot go on
   */
  advance(iterations: number): void {
    while (!this.converged && this.history.length < iterations) this.iterate();
  }

  private iterate(): void {
    const { estimation } = this;
    const statistics = estimation.expectation(this.parameters);
    const objective = statistics.logLikelihood + estimation.logPrior(this.parameters);
    if (!Number.isFinite(objective)) {
      throw new TidewatchError('degenerate_data', 'the likelihood is not finite', {
        hint: 'try fewer states or a simpler covariance',
      });
    }
    const growth = objective - this.objective;
    this.history.push(statistics.logLikelihood);
    this.objective = objective;
    const counts = estimation.counts(statistics);
    this.smallestShare = counts.reduce((least, m) => Math.min(least, m), Infinity) / estimation.rows;
    const empty = counts.findIndex((count) => !(count > EMPTY_MASS));
    if (empty >= 0) {
      this.reseed(empty);
      return;
    }
    this.parameters = estimation.maximise(this.parameters, statistics);
    if (this.comparable) {
      if (growth < -DECREASE) this.decreased = true;
      if (growth < estimation.tolerance) this.converged = true;
    }
    this.comparable = true;
  }

  /** Moves an empty state to the worst-explained row. */
  private reseed(state: number): void {
    if (this.reseeded) {
      throw new TidewatchError('degenerate_data', `state ${state} lost all its rows twice`, {
        hint: 'ask for fewer states',
        details: { state },
      });
    }
    this.reseeded = true;
    this.comparable = false;
    this.parameters = this.estimation.reseed(this.parameters, state);
  }
}
