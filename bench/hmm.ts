/**
 * HMM, k-means and jump-model cases of the peer harness: the same rows, the same start (`hmmStart` of manifest.json), the same
 * meaning. `hmm.em.*` times whole runs in `hmmlearn` mode, the making of the engine (copy of the rows, memory) included,
 * and divides by the iterations; inference cases start from the model after two untimed iterations.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Scaler } from '../src/analysis/features/scaler.js';
import { CovariancePrior } from '../src/analysis/models/gaussian-hmm/covariance-prior.js';
import type {
  CovarianceType,
  ExpectationEngine,
  GaussianHmmParameters,
} from '../src/analysis/models/gaussian-hmm/expectation.js';
import { EmRun, gaussianEstimation } from '../src/analysis/models/gaussian-hmm/expectation-maximisation.js';
import { trainingMoments } from '../src/analysis/models/gaussian-hmm/training-moments.js';
import { createWasmEngine, WasmEngine } from '../src/analysis/models/gaussian-hmm/wasm/wasm-engine.js';
import { type JumpFitReport, jumpModelFamily } from '../src/analysis/models/jump-model.js';
import { lloyd } from '../src/analysis/models/kmeans.js';
import type { Observations } from '../src/analysis/models/observations.js';
import type { BenchCase } from './bench-case.js';
import { readDoubles } from './read-doubles.js';

const FEATURES = 5;
const KMEANS_ITERATIONS = 20;

interface StartParameters {
  startProbability: number[];
  transitionMatrix: number[][];
  means: number[][];
  covarianceFull: number[][][];
  covarianceDiag: number[][];
}

function readObservations(folder: string, rows: number): Observations {
  const file = rows > 1_000_000 ? 'hmm_3200k.f64' : 'hmm_1000k.f64';
  const data = readDoubles(join(folder, file), rows * FEATURES);
  return { data, rows, features: FEATURES, lengths: [rows] };
}

function readStart(folder: string, states: number, covarianceType: CovarianceType): GaussianHmmParameters {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
    hmmStart: Record<string, StartParameters>;
  };
  const start = manifest.hmmStart[states]!;
  const covariances = covarianceType === 'full' ? start.covarianceFull.flat(2) : start.covarianceDiag.flat();
  return {
    states,
    features: FEATURES,
    covarianceType,
    startProbability: Float64Array.from(start.startProbability),
    transitionMatrix: Float64Array.from(start.transitionMatrix.flat()),
    means: Float64Array.from(start.means.flat()),
    covariances: Float64Array.from(covariances),
  };
}

async function makeEngine(observations: Observations, threads: number): Promise<ExpectationEngine> {
  if (threads === 1) return createWasmEngine(observations);
  const { createParallelEngine } = await import('../src/platform/compute/parallel-expectation.js');
  return createParallelEngine(observations, threads);
}

/** EM as the library does it: prior 0.01 on every element, no stop. */
function runEm(
  observations: Observations,
  start: GaussianHmmParameters,
  engine: ExpectationEngine,
  iterations: number,
  moments: ReturnType<typeof trainingMoments>,
): EmRun {
  const run = new EmRun(
    start,
    gaussianEstimation(observations, engine, {
      prior: new CovariancePrior('hmmlearn', moments.variance, 1),
      moments,
      tolerance: Number.NEGATIVE_INFINITY,
    }),
  );
  run.advance(iterations);
  return run;
}

function estimation(rows: number, states: number, type: CovarianceType, iterations: number): BenchCase {
  return {
    work: `hmm.em.${type}.k${states}.${rows / 1000}k`,
    rows,
    unit: 'row-iter',
    divide: iterations,
    async setup(folder, threads) {
      const observations = readObservations(folder, rows);
      const start = readStart(folder, states, type);
      const moments = trainingMoments({
        ...observations,
        data: observations.data.subarray(0, 5_000),
        rows: 1_000,
      });
      return {
        async run() {
          const engine = await makeEngine(observations, threads);
          const run = runEm(observations, start, engine, iterations, moments);
          engine.dispose();
          return run;
        },
        check(result) {
          const { history, parameters } = result as EmRun;
          return {
            logLikelihood: history.slice(-3),
            means0: [...parameters.means.subarray(0, FEATURES)],
            transmat0: [...parameters.transitionMatrix.subarray(0, states)],
          };
        },
      };
    },
  };
}

type Inference = 'viterbi' | 'posterior' | 'score';

function inference(rows: number, states: number, what: Inference): BenchCase {
  return {
    work: `hmm.${what}.full.k${states}.${rows / 1000}k`,
    rows,
    unit: 'row',
    async setup(folder) {
      const observations = readObservations(folder, rows);
      const moments = trainingMoments({
        ...observations,
        data: observations.data.subarray(0, 5_000),
        rows: 1_000,
      });
      const trainer = new WasmEngine(observations);
      const { parameters } = runEm(observations, readStart(folder, states, 'full'), trainer, 2, moments);
      trainer.dispose();
      const withEngine = <Result>(ask: (engine: WasmEngine) => Result): Result => {
        const engine = new WasmEngine(observations);
        const result = ask(engine);
        engine.dispose();
        return result;
      };
      const actions: Record<Inference, { run(): unknown; check(result: never): Record<string, unknown> }> = {
        viterbi: {
          run: () => withEngine((engine) => engine.viterbi(parameters)),
          check: ({ path, logProbability }: { path: Uint8Array; logProbability: number }) => {
            const counts: number[] = Array(states).fill(0);
            for (const state of path) counts[state]! += 1;
            return { logProb: logProbability, counts };
          },
        },
        posterior: {
          run: () => withEngine((engine) => engine.smooth(parameters)),
          check: ({ probabilities }: { probabilities: Float64Array }) => {
            const mean: number[] = Array(states).fill(0);
            for (let i = 0; i < probabilities.length; i++) mean[i % states]! += probabilities[i]! / rows;
            return { mean };
          },
        },
        score: {
          run: () => withEngine((engine) => engine.score(parameters)),
          check: (logLikelihood: number) => ({ logLikelihood }),
        },
      };
      const { run, check } = actions[what];
      return { run, check: (result) => check(result as never) };
    },
  };
}

const kmeansCase: BenchCase = {
  work: 'regime.kmeans.k3.1000k',
  rows: 1_000_000,
  unit: 'row-iter',
  divide: KMEANS_ITERATIONS,
  async setup(folder) {
    const observations = readObservations(folder, 1_000_000);
    const { means } = readStart(folder, 3, 'full');
    return {
      run: () => lloyd(observations, means, { maxIterations: KMEANS_ITERATIONS, tolerance: 0 }),
      check(result) {
        const { inertia, iterations } = result as ReturnType<typeof lloyd>;
        return { inertia, iters: iterations };
      },
    };
  },
};

/** Standardised as a user would: population deviation, all rows. The whole fit of the family, ten starts. */
const jumpCase: BenchCase = {
  work: 'regime.jump.k3.20k',
  rows: 20_000,
  unit: 'row',
  async setup(folder) {
    const raw = readObservations(folder, 20_000);
    const columns = Array.from({ length: FEATURES }, (_, d) =>
      Float64Array.from({ length: raw.rows }, (_, row) => raw.data[row * FEATURES + d]!),
    );
    const scaler = Scaler.fit(columns, 0, raw.rows);
    const data = raw.data.map(
      (value, i) => (value - scaler.mean[i % FEATURES]!) / scaler.deviation[i % FEATURES]!,
    );
    const rows = { ...raw, data };
    return {
      run: () => jumpModelFamily.fit(rows, { states: 3, jumpPenalty: 50, seed: 0 }).report,
      check(result) {
        const { objective, jumps } = result as JumpFitReport;
        return { value: objective, switches: jumps };
      },
    };
  },
};

export const hmmCases: readonly BenchCase[] = [
  ...(['full', 'diag'] as const).flatMap((type) =>
    [3, 5].map((states) => estimation(1_000_000, states, type, 3)),
  ),
  estimation(3_200_000, 3, 'full', 2),
  estimation(2_000, 3, 'full', 100),
  inference(1_000_000, 3, 'viterbi'),
  inference(1_000_000, 5, 'viterbi'),
  inference(3_200_000, 3, 'viterbi'),
  inference(1_000_000, 3, 'posterior'),
  inference(1_000_000, 3, 'score'),
  kmeansCase,
  jumpCase,
];
