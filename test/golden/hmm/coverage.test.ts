import { describe, expect, it } from 'vitest';
import { goldenFiles } from '../golden-files.js';
import { FOLDER } from './golden-hmm.js';

/** Golden files that a suite in this folder, or the indicators suite (features), judges. */
const COVERED = [
  /^hmm_runs.*\.json$/,
  /^hmm_best_known.*\.json$/,
  /^degenerate.*\.json$/,
  /^labels.*\.json$/,
  /^kmeans.*\.json$/,
  /^jump_model.*\.json$/,
  /^changepoint.*\.json$/,
  /^X_.+\.csv$/,
  /^ohlcv_.+\.csv$/,
  /^resampled_.+\.csv$/,
  /^data_summary.*\.json$/,
  /^merge_partials.*\.csv$/,
  /^features_.+\.csv$/,
  /^alignment.*\.json$/,
  /^markov_regression.*\.json$/,
];

const files = goldenFiles(FOLDER, /^(?!README)/);
const matching = (patterns: readonly RegExp[]): string[] =>
  files.filter((file) => patterns.some((pattern) => pattern.test(file)));

describe('golden hmm files', () => {
  it('holds at least one case that a suite judges', () => {
    expect(matching(COVERED).length).toBeGreaterThan(0);
  });

  it('holds no file that no suite judges', () => {
    const known = new Set(matching(COVERED));
    expect(files.filter((file) => !known.has(file))).toEqual([]);
  });
});
