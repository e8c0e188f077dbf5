/**
 * One EM run from one starting point (Baum, Welch; HMM spec §5.5, §5.8).
 *
 * `history` holds the log-likelihood before each update, so its last entry is not the score of the result. The run
 * stops when the watched objective grows by less than the tolerance, a fall included; the last update is kept. The
 * objective is the log-likelihood in `hmmlearn` mode, and log-likelihood + log prior in `map` mode, the quantity that
 * EM cannot lower there.
 * A state that loses all its rows is re-seeded once at the row that the mixture explains worst; the second time the
 * run is given up.
 */
import { TidewatchError } from '../../../errors.js';
import type { CovariancePrior } from './covariance-prior.js';
import type { ExpectationEngine, GaussianHmmParameters, Observations } from './expectation.js';
import { relocateState } from './initialisation.js';
import { LogEmission } from './log-emission.js';
import { maximise, type Stickiness } from './maximisation.js';
import type { TrainingMoments } from './training-moments.js';

/** A fall of the objective beyond rounding. */
const DECREASE = 1.5e-8;
/** Posterior mass, in rows, below which a state counts as empty. */
const EMPTY_MASS = 1e-8;
export interface EmSettings {
  readonly prior: CovariancePrior;
  readonly moments: TrainingMoments;
  /** Smallest growth of the objective, nats, that keeps the run going. */
  readonly tolerance: number;
  readonly sticky?: Stickiness;
}

export class EmRun {
  /** Log-likelihood before each update. */
  readonly history: number[] = [];
  converged = false;
  decreased = false;
  reseeded = false;
  /** Objective before the last update. */
  objective = Number.NEGATIVE_INFINITY;
  /** Smallest share of the rows that a state held in the last E step. */
  smallestShare = 0;
  private comparable = false;

  constructor(
    public parameters: GaussianHmmParameters,
    private readonly observations: Observations,
    private readonly engine: ExpectationEngine,
    private readonly settings: EmSettings,
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
    const { prior, tolerance, sticky } = this.settings;
    const statistics = this.engine.expectation(this.parameters);
    const objective = statistics.logLikelihood + prior.logPrior(this.parameters);
    if (!Number.isFinite(objective)) {
      throw new TidewatchError('degenerate_data', 'the likelihood is not finite', {
        hint: 'try fewer states or a simpler covariance',
      });
    }
    const growth = objective - this.objective;
    this.history.push(statistics.logLikelihood);
    this.objective = objective;
    this.smallestShare =
      statistics.mass.reduce((least, m) => Math.min(least, m), Infinity) / this.observations.rows;
    const empty = statistics.mass.findIndex((mass) => !(mass > EMPTY_MASS));
    if (empty >= 0) {
      this.reseed(empty);
      return;
    }
    this.parameters = maximise(this.parameters, statistics, prior, sticky);
    if (this.comparable) {
      if (growth < -DECREASE && sticky === undefined) this.decreased = true;
      if (growth < tolerance) this.converged = true;
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
    this.parameters = relocateState(
      this.parameters,
      state,
      this.observations,
      this.worstExplainedRow(),
      this.settings.moments,
    );
  }

  /** The row with the lowest density under its best state. */
  private worstExplainedRow(): number {
    const { states } = this.parameters;
    const emission = new LogEmission(this.parameters);
    const density = new Float64Array(states);
    let worst = 0;
    let lowest = Number.POSITIVE_INFINITY;
    for (let row = 0; row < this.observations.rows; row += 1) {
      emission.densities(this.observations.data, row, density, 0);
      const best = density.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
      if (best < lowest) {
        lowest = best;
        worst = row;
      }
    }
    return worst;
  }
}
