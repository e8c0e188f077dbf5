/** Formats of the golden HMM files (described in their README) and how to read them into our types. */
import type {
  CovarianceType,
  ExpectationEngineFactory,
  GaussianHmmParameters,
} from '../../../src/analysis/models/gaussian-hmm/expectation.js';
import { createReferenceEngine } from '../../../src/analysis/models/gaussian-hmm/reference-engine.js';
import { createScaledEngine } from '../../../src/analysis/models/gaussian-hmm/scaled-engine.js';
import { createWasmEngine } from '../../../src/analysis/models/gaussian-hmm/wasm/wasm-engine.js';
import type { Observations } from '../../../src/analysis/models/observations.js';
import { type Deviation, goldenCsv, hasGoldenFile } from '../golden-files.js';

export const FOLDER = 'hmm';

/** Every implementation of the recursions; each golden run goes through each. */
export const ENGINES: readonly [string, ExpectationEngineFactory][] = [
  ['log space', createReferenceEngine],
  ['scaled', createScaledEngine],
  ['WASM', createWasmEngine],
];

type Nested = number | null | readonly Nested[];

export interface GoldenParameters {
  readonly startprob: Nested;
  readonly transmat: Nested;
  readonly means: Nested;
  readonly covars: Nested;
}

export type Scaling =
  | { readonly scaler_mean: readonly number[]; readonly scaler_std: readonly number[] }
  | { readonly multiply: number }
  | null;

export type RunLength = readonly (readonly [number, number])[];

/** All numbers in order; null is NaN. */
export function flat(values: Nested): Float64Array {
  if (!Array.isArray(values)) return Float64Array.of(values === null ? Number.NaN : (values as number));
  return Float64Array.from((values as unknown[]).flat(4) as (number | null)[], (v) => v ?? Number.NaN);
}

export function toParameters(
  golden: GoldenParameters,
  states: number,
  features: number,
  covarianceType: CovarianceType,
): GaussianHmmParameters {
  return {
    states,
    features,
    covarianceType,
    startProbability: flat(golden.startprob),
    transitionMatrix: flat(golden.transmat),
    means: flat(golden.means),
    covariances: flat(golden.covars),
  };
}

/** The file name of a data set given as `X_1h.csv.gz` or `1h`. */
export function matrixFile(dataset: string): string {
  const name = dataset.replace(/\.gz$/, '');
  return name.startsWith('X_') ? name : `X_${name}.csv`;
}

export const hasMatrix = (dataset: string): boolean => hasGoldenFile(FOLDER, matrixFile(dataset));

/** Named columns of a feature matrix. */
export function readColumns(dataset: string, names: readonly string[]): Float64Array[] {
  const table = goldenCsv(FOLDER, matrixFile(dataset));
  return names.map((name) => table.numbers(name));
}

/** Mean and population deviation + 1e-8 of the first rows: the scaler of the runs (spec §4). */
export function trainScaling(columns: readonly Float64Array[], rows: number): Scaling {
  const means = columns.map((column) => column.subarray(0, rows).reduce((a, b) => a + b, 0) / rows);
  const deviations = columns.map(
    (column, d) =>
      1e-8 + Math.sqrt(column.subarray(0, rows).reduce((a, b) => a + (b - means[d]!) ** 2, 0) / rows),
  );
  return { scaler_mean: means, scaler_std: deviations };
}

export function scaled(columns: readonly Float64Array[], scaling: Scaling): Float64Array[] {
  if (scaling === null) return [...columns];
  if ('multiply' in scaling) return columns.map((column) => column.map((x) => x * scaling.multiply));
  return columns.map((column, d) =>
    column.map((x) => (x - scaling.scaler_mean[d]!) / scaling.scaler_std[d]!),
  );
}

/** Rows [from, to) of the columns as one sequence. */
export function observationsOf(columns: readonly Float64Array[], from: number, to: number): Observations {
  const rows = to - from;
  const features = columns.length;
  const data = new Float64Array(rows * features);
  for (let row = 0; row < rows; row += 1) {
    for (let d = 0; d < features; d += 1) data[row * features + d] = columns[d]![from + row]!;
  }
  return { data, rows, features, lengths: [rows] };
}

export function runLengths(path: ArrayLike<number>): [number, number][] {
  const runs: [number, number][] = [];
  for (let row = 0; row < path.length; row += 1) {
    const last = runs[runs.length - 1];
    if (last && last[0] === path[row]) last[1] += 1;
    else runs.push([path[row]!, 1]);
  }
  return runs;
}

export function expand(runs: RunLength): number[] {
  return runs.flatMap(([state, length]) => new Array<number>(length).fill(state));
}

/** Compares arrays number by number with an absolute tolerance that turns relative above 1. */
export function compareAll(
  deviation: Deviation,
  where: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  deviation.compare(`${where} length`, actual.length, expected.length, 0, 0.5);
  for (let i = 0; i < expected.length; i += 1) {
    const large = Math.abs(expected[i]!) > 1;
    deviation.compare(
      `${where}[${i}]`,
      actual[i]!,
      expected[i]!,
      large ? tolerance : 0,
      large ? 0 : tolerance,
    );
  }
}
