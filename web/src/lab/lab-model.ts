/** Which model the lab looks at, and what its numbers say: small pure readings of the API's answers. */
import { regimeColor } from '../../../src/app/report/regime-color.js';
import { REGIME_COLORS, type RegimeColor } from '../../../src/app/report/regime-report-input.js';
import type { ModelDetail, ModelList, RegimesAnswer } from '../../../src/app/server/api-types.js';

export type ModelSummary = ModelList['models'][number];

/** The model of the address, or the newest of the series. */
export function chosenModel(
  models: readonly ModelSummary[],
  instrument: string,
  timeframe: string,
  asked: string | null,
): ModelSummary | undefined {
  if (asked !== null) return models.find(({ id }) => id === asked);
  return models.find((model) => model.instrument_id === instrument && model.timeframe === timeframe);
}

/** States from the most falling label to the most rising one. */
export function readingOrder(labels: readonly string[]): number[] {
  const rank = (state: number): number => REGIME_COLORS.indexOf(regimeColor(labels[state]!));
  return labels.map((_, state) => state).sort((a, b) => rank(a) - rank(b) || a - b);
}

export function colorsOf(labels: readonly string[]): RegimeColor[] {
  return labels.map(regimeColor);
}

/** The last letters of an id tell two models apart: `k3-diag-8f2c`. */
export function shortModelName(model: Pick<ModelSummary, 'id' | 'n_states'>): string {
  return `k${model.n_states}-${model.id.split('-').at(-1)!.slice(0, 8)}`;
}

/** p · Aⁿ, row by row. */
export function forecastOf(
  probabilities: readonly number[],
  matrix: readonly (readonly number[])[],
  bars: number,
): number[] {
  let now = [...probabilities];
  for (let step = 0; step < bars; step += 1) {
    now = matrix[0]!.map((_, to) => now.reduce((sum, value, from) => sum + value * matrix[from]![to]!, 0));
  }
  return now;
}

export type Row = RegimesAnswer['data'][number];

export interface Present {
  readonly row: Row;
  /** Bars of the present run. */
  readonly bars: number;
  /** The run reaches further back than what was asked for. */
  readonly orMore: boolean;
}

/** The newest row and how long its regime has held. */
export function presentOf(rows: readonly Row[]): Present | undefined {
  const row = rows.at(-1);
  if (!row) return undefined;
  let first = rows.length - 1;
  while (first > 0 && rows[first - 1]!.regime === row.regime) first -= 1;
  return { row, bars: rows.length - first, orMore: first === 0 };
}

export interface Switch {
  readonly time: number;
  readonly from: string;
  readonly to: string;
  readonly probability: number;
  /** Bars that the new regime then held. */
  readonly bars: number;
}

/** Changes of the regime, newest first. */
export function switchesOf(rows: readonly Row[]): Switch[] {
  const found: Switch[] = [];
  let until = rows.length;
  for (let index = rows.length - 1; index > 0; index -= 1) {
    const row = rows[index]!;
    const before = rows[index - 1]!;
    if (before.regime === row.regime) continue;
    found.push({
      time: row.timestamp,
      from: before.label,
      to: row.label,
      probability: row.probs[row.regime] ?? Number.NaN,
      bars: until - index,
    });
    until = index;
  }
  return found;
}

/** A number of a loose answer, or undefined. */
export function numberIn(source: unknown, name: string): number | undefined {
  const value = (source as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'number' ? value : undefined;
}

export function textIn(source: unknown, name: string): string | undefined {
  const value = (source as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : undefined;
}

const FAMILIES: Readonly<Record<string, string>> = {
  hmm: 'Gaussian HMM',
  gaussian_hmm: 'Gaussian HMM',
  'student-t': 'Student-t HMM',
  jump: 'Jump model',
  'jump-continuous': 'Jump model, continuous',
  msr: 'Markov-switching regression',
  kmeans: 'k-means',
  bocpd: 'Change points, causal',
  pelt: 'Change points, two-sided',
  uptrend: 'Uptrend states',
  posture: 'Posture bands',
};

export function familyName(model: Pick<ModelSummary, 'model'>): string {
  return FAMILIES[model.model] ?? model.model;
}

/** `Gaussian HMM, 3 states, diag` */
export function modelWords(model: ModelSummary, detail: ModelDetail | undefined): string {
  const covariance = textIn(detail?.config, 'covariance_type');
  return [familyName(model), `${model.n_states} states`, covariance].filter(Boolean).join(', ');
}

/** The transition matrix, or null where a family has none. */
export function matrixOf(detail: ModelDetail | undefined): readonly (readonly number[])[] | null {
  return detail?.transition_matrix ?? null;
}
