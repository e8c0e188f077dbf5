/**
 * Extra weight on staying in a state (HMM spec §11.5; the Dirichlet prior of the sticky HMM, Fox et al. 2011).
 *
 * `kappa`: A_ii ∝ ξ_ii + κ, a Dirichlet prior with κ more on the diagonal; κ counts transitions, so its weight fades
 * with the number of rows. `targetDuration` d: κ is set anew in every M step to what makes the expected stay at least
 * d bars, κ = max(0, (d − 1)·Σ_{j≠i} ξ_ij − ξ_ii); that is the constraint A_ii ≥ 1 − 1/d, whatever the number of rows.
 * Neither lowers the watched objective, given that κ Σ ln A_ii belongs to it.
 */
import { TidewatchError } from '../../../errors.js';
import type { MarkovChainParameters } from '../hidden-chain/markov-chain-parameters.js';

/** A fixed count, or whatever makes the expected duration at least d bars. */
export type Stickiness = { readonly kappa: number } | { readonly targetDuration: number };

/** The prior, checked. @throws TidewatchError `bad_parameter` */
export function checkStickiness(sticky: Stickiness | undefined): Stickiness | undefined {
  if (sticky === undefined) return undefined;
  const [value, least, name] =
    'kappa' in sticky ? [sticky.kappa, 0, 'kappa'] : [sticky.targetDuration, 1, 'a target duration'];
  if (Number.isFinite(value) && value >= least) return sticky;
  throw new TidewatchError('bad_parameter', `${value} cannot be ${name}`, {
    hint: `give a finite number of at least ${least}`,
    details: { value },
  });
}

/** Adds κ to the diagonal of expected transition counts, K × K, in place; a forbidden stay remains forbidden. */
export function addStickiness(
  counts: Float64Array,
  { states, transitionMatrix }: Pick<MarkovChainParameters, 'states' | 'transitionMatrix'>,
  sticky: Stickiness | undefined,
): void {
  if (sticky === undefined) return;
  for (let i = 0; i < states; i += 1) {
    const diagonal = i * states + i;
    if (!(transitionMatrix[diagonal]! > 0)) continue;
    let leaving = 0;
    for (let j = 0; j < states; j += 1) if (j !== i) leaving += counts[i * states + j]!;
    counts[diagonal]! +=
      'kappa' in sticky
        ? sticky.kappa
        : Math.max(0, (sticky.targetDuration - 1) * leaving - counts[diagonal]!);
  }
}

/** κ Σ ln A_ii; 0 for a target duration, which is a constraint. */
export function stickyLogPrior(
  { states, transitionMatrix }: Pick<MarkovChainParameters, 'states' | 'transitionMatrix'>,
  sticky: Stickiness | undefined,
): number {
  if (sticky === undefined || !('kappa' in sticky) || sticky.kappa === 0) return 0;
  let sum = 0;
  for (let i = 0; i < states; i += 1) {
    const stay = transitionMatrix[i * states + i]!;
    if (stay > 0) sum += Math.log(stay);
  }
  return sticky.kappa * sum;
}

/**
 * Parameters from which EM under the prior may start: with a target duration d every stay is at least 1 − 1/d, so that
 * the first M step, which moves into the constraint, cannot lower the likelihood. A forbidden stay remains forbidden.
 */
export function startSticky<P extends Pick<MarkovChainParameters, 'states' | 'transitionMatrix'>>(
  parameters: P,
  sticky: Stickiness | undefined,
): P {
  if (sticky === undefined || 'kappa' in sticky) return parameters;
  const { states } = parameters;
  const least = 1 - 1 / sticky.targetDuration;
  const transitionMatrix = parameters.transitionMatrix.slice();
  for (let i = 0; i < states; i += 1) {
    const stay = transitionMatrix[i * states + i]!;
    if (!(stay > 0 && stay < least)) continue;
    for (let j = 0; j < states; j += 1) transitionMatrix[i * states + j]! *= (1 - least) / (1 - stay);
    transitionMatrix[i * states + i] = least;
  }
  return { ...parameters, transitionMatrix };
}
