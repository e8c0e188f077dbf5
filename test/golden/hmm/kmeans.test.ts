import { afterAll, describe, expect, it } from 'vitest';
import { lloyd } from '../../../src/analysis/models/kmeans.js';
import { Deviation, goldenFiles, goldenJson } from '../golden-files.js';
import {
  compareAll,
  FOLDER,
  flat,
  hasMatrix,
  observationsOf,
  type RunLength,
  readColumns,
  runLengths,
  scaled,
  trainScaling,
} from './golden-hmm.js';

interface KMeansCase {
  readonly dataset: string;
  readonly n_train: number;
  readonly n_clusters: number;
  readonly init_centers: readonly number[][];
  readonly max_iter: number;
  readonly tol: number;
  readonly centers: readonly number[][];
  readonly inertia: number;
  readonly n_iter: number;
  readonly labels_rle: RunLength;
  readonly counts: readonly number[];
}

const FEATURES = ['log_ret', 'volatility', 'vol_z', 'adx', 'rsi'];

const cases = goldenFiles(FOLDER, /^kmeans.*\.json$/)
  .flatMap((file) => goldenJson<{ cases: KMeansCase[] }>(FOLDER, file).cases)
  .filter(({ dataset }) => hasMatrix(dataset));

describe('golden k-means', () => {
  const total = new Deviation();
  afterAll(() => console.info(total.summary('hmm k-means')));

  it('has cases, or the folder holds none', () => {
    expect(cases.length > 0).toBe(goldenFiles(FOLDER, /^kmeans.*\.json$/).length > 0);
  });

  it.each(cases.map((golden) => [`${golden.dataset} ${golden.n_clusters} clusters`, golden] as const))(
    '%s',
    (_, golden) => {
      const columns = readColumns(golden.dataset, FEATURES);
      const rows = scaled(columns, trainScaling(columns, golden.n_train));
      const result = lloyd(observationsOf(rows, 0, golden.n_train), flat(golden.init_centers), {
        maxIterations: golden.max_iter,
        tolerance: golden.tol,
      });
      const deviation = new Deviation();
      compareAll(deviation, 'centres', result.centres, flat(golden.centers), 1e-8);
      deviation.compare('inertia', result.inertia, golden.inertia, 1e-9, 0);
      total.add(deviation);
      expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
      expect(runLengths(result.labels)).toEqual(golden.labels_rle);
      expect([...result.counts]).toEqual(golden.counts);
      expect(Math.abs(result.iterations - golden.n_iter)).toBeLessThanOrEqual(1);
    },
  );
});
