import { afterAll, describe, expect, it } from 'vitest';
import type { CovarianceType } from '../../../src/analysis/models/gaussian-hmm/expectation.js';
import { fitGaussianHmm } from '../../../src/analysis/models/gaussian-hmm/fit.js';
import { goldenFiles, goldenJson } from '../golden-files.js';
import { FOLDER, hasMatrix, observationsOf, readColumns, scaled, trainScaling } from './golden-hmm.js';

interface BestKnown {
  readonly dataset: string;
  readonly n_states: number;
  readonly covariance_type: CovarianceType;
  readonly n_train: number;
  readonly best_known: number;
}

const FEATURES = ['log_ret', 'volatility', 'vol_z', 'adx', 'rsi'];
/** How far below the best known optimum a fit with restarts may end, nats. */
const ALLOWED = 0.5;

const cases = goldenFiles(FOLDER, /^hmm_best_known.*\.json$/)
  .flatMap((file) => goldenJson<{ cases: BestKnown[] }>(FOLDER, file).cases)
  .filter(({ dataset }) => hasMatrix(dataset));

describe('golden best known optima', () => {
  let least = Number.POSITIVE_INFINITY;
  let where = 'no case';

  afterAll(() => {
    console.info(
      `golden hmm best known: ${cases.length} fits, least gain ${least.toFixed(3)} nats (${where})`,
    );
  });

  it('has optima to reach, or the folder holds none', () => {
    expect(cases.length === 0).toBe(goldenFiles(FOLDER, /^hmm_best_known.*\.json$/).length === 0);
  });

  it.each(
    cases.map(
      (known) => [`${known.dataset} ${known.n_states} states ${known.covariance_type}`, known] as const,
    ),
  )('%s', (name, known) => {
    const columns = readColumns(known.dataset, FEATURES);
    const train = observationsOf(scaled(columns, trainScaling(columns, known.n_train)), 0, known.n_train);
    const { report } = fitGaussianHmm(train, {
      states: known.n_states,
      covarianceType: known.covariance_type,
      volatilityColumn: 1,
    });
    const gain = report.logLikelihood - known.best_known;
    if (gain < least) {
      least = gain;
      where = name;
    }
    expect(gain, `log-likelihood ${report.logLikelihood}`).toBeGreaterThanOrEqual(-ALLOWED);
  });
});
