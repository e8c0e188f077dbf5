/** Zeroed containers and sums of E-step statistics (shapes: expectation.ts). */
import type { SufficientStatistics } from './expectation.js';

/** Zeros in the shape of K states and D features, full second moments. */
export function emptyStatistics(states: number, features: number): SufficientStatistics {
  return {
    logLikelihood: 0,
    start: new Float64Array(states),
    transition: new Float64Array(states * states),
    mass: new Float64Array(states),
    weightedSum: new Float64Array(states * features),
    weightedOuter: new Float64Array(states * features * features),
  };
}

/** target += addend, in place. */
export function addStatistics(target: SufficientStatistics, addend: SufficientStatistics): void {
  target.logLikelihood += addend.logLikelihood;
  for (const name of ['start', 'transition', 'mass', 'weightedSum', 'weightedOuter'] as const) {
    const into = target[name];
    const from = addend[name];
    for (let i = 0; i < into.length; i += 1) into[i]! += from[i]!;
  }
}
