/**
 * One estimation of a Markov-switching regression from one start: EM, then quasi-Newton.
 *
 * EM climbs safely from anywhere but crawls near the top; BFGS is quick there and works on the exact likelihood, of
 * which EM neglects how the transition matrix sets the first row (regression-likelihood.ts).
 */
import { EmRun } from '../gaussian-hmm/expectation-maximisation.js';
import type { RestartRun } from '../gaussian-hmm/restart-search.js';
import { minimise } from '../quasi-newton.js';
import type { RegressionLikelihood, RegressionStatistics } from './regression-likelihood.js';
import type { MarkovRegressionParameters } from './regression-parameters.js';

export interface RunPlan {
  /** EM iterations after which quasi-Newton takes over; without it EM runs to the end. */
  readonly emIterations: number;
  /** Quasi-Newton iterations at most; 0 for EM alone. */
  readonly quasiNewtonIterations: number;
}

/** Gain, nats, of a quasi-Newton step that counts as none. */
const SMALL_GAIN = 1e-7;

export class RegressionRun implements RestartRun<MarkovRegressionParameters> {
  private readonly em: EmRun<MarkovRegressionParameters, RegressionStatistics>;
  private polished: { parameters: MarkovRegressionParameters; objective: number } | undefined;
  private polishIterations = 0;
  private polishConverged = false;

  constructor(
    start: MarkovRegressionParameters,
    private readonly likelihood: RegressionLikelihood,
    private readonly plan: RunPlan,
  ) {
    this.em = new EmRun(start, likelihood);
  }

  get parameters(): MarkovRegressionParameters {
    return this.polished?.parameters ?? this.em.parameters;
  }

  get objective(): number {
    return this.polished?.objective ?? this.em.objective;
  }

  /** Log-likelihood before each EM update. */
  get history(): readonly number[] {
    return this.em.history;
  }

  get iterations(): number {
    return this.em.iterations + this.polishIterations;
  }

  get smallestShare(): number {
    return this.em.smallestShare;
  }

  get converged(): boolean {
    return this.polished ? this.polishConverged : this.em.converged;
  }

  /** EM neglects the start of the chain and may fall a little at the end; quasi-Newton mends that. */
  get decreased(): boolean {
    return this.polished === undefined && this.em.decreased;
  }

  get reseeded(): boolean {
    return this.em.reseeded;
  }

  advance(iterations: number): void {
    const { emIterations, quasiNewtonIterations } = this.plan;
    this.em.advance(Math.min(iterations, emIterations));
    if (iterations <= emIterations || quasiNewtonIterations === 0 || this.polished) return;
    const { likelihood } = this;
    const {
      point,
      value,
      iterations: made,
      converged,
    } = minimise((variables) => likelihood.evaluate(variables), likelihood.toVariables(this.em.parameters), {
      maxIterations: quasiNewtonIterations,
      tolerance: SMALL_GAIN,
    });
    this.polishIterations = made;
    this.polishConverged = converged;
    this.polished = { parameters: likelihood.fromVariables(point), objective: -value };
  }
}
