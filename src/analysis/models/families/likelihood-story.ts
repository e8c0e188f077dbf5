/** How a fit by EM went, as the registry tells it. */
import type { FitReport } from '../gaussian-hmm/fit.js';
import type { FitStory } from './model-family.js';

export function likelihoodStory(report: FitReport, parameters: number): FitStory {
  const followed = report.restarts.filter(({ finalist }) => finalist);
  const best = followed.reduce((a, b) => ((b.objective ?? -Infinity) > (a.objective ?? -Infinity) ? b : a));
  return {
    logLikelihood: report.logLikelihood,
    parameters,
    objective: { name: 'log-likelihood', value: report.logLikelihood },
    history: report.history,
    converged: report.converged,
    iterations: report.iterations,
    restarts: {
      count: report.restarts.length,
      followed: followed.length,
      dropped: report.restarts.filter(({ objective }) => objective === null).length,
      spread: report.spread,
      best_family: best.family,
    },
    warnings: report.warnings,
  };
}
