/**
 * The regime of every bar of a window: stored rows as they were first computed, missing ones computed now.
 *
 * Causal unless `smoothed` is asked for. A window is computed with warm-up bars in front of it, and filtering goes on
 * from the last stored row where there is one, else it starts from the stationary distribution (HMM spec §5.7, §12).
 */
import type { FeatureTable } from '../../analysis/features/feature-table.js';
import type { FilterStart, Observations, RegimeModel } from '../../analysis/models/regime-model.js';
import { mostProbablePath } from '../../analysis/models/state-statistics.js';
import { lowerBound } from '../../market/series.js';
import type { ProbabilityRows } from './probability-store.js';

export interface WindowInput {
  readonly model: RegimeModel;
  readonly table: FeatureTable;
  /** Scaled rows [from, to) of the table with their sequences. */
  readonly observations: (from: number, to: number) => Observations;
  /** Open time of the first bar wanted; rows before it are warm-up. */
  readonly from: number;
  readonly stored: ProbabilityRows;
}

export interface WindowResult {
  /** Every row wanted, oldest first. */
  readonly rows: ProbabilityRows;
  /** The rows among them that were computed now. */
  readonly computed: ProbabilityRows;
  /** Bar of each row: position in the series that the table was built from. */
  readonly bar: Uint32Array;
}

/** Filtered probabilities of the rows with open time ≥ `from`. */
export function filterWindow({ model, table, observations, from, stored }: WindowInput): WindowResult {
  const { states } = model;
  const first = lowerBound(table.time, from);
  const last = table.time.length;
  const positions = new Map<number, number>();
  stored.time.forEach((time, position) => {
    positions.set(time, position);
  });
  let missing = first;
  while (missing < last && positions.has(table.time[missing]!)) missing += 1;

  const fresh = missing < last ? filterFrom(missing) : { probability: new Float64Array(0), at: last };

  const count = last - first;
  const probability = new Float64Array(count * states);
  const isNew: number[] = [];
  for (let row = first; row < last; row += 1) {
    const position = positions.get(table.time[row]!);
    const target = (row - first) * states;
    if (position === undefined) {
      const source = (row - fresh.at) * states;
      probability.set(fresh.probability.subarray(source, source + states), target);
      isNew.push(row - first);
    } else {
      probability.set(stored.probability.subarray(position * states, (position + 1) * states), target);
    }
  }
  const rows: ProbabilityRows = {
    states,
    rows: count,
    time: table.time.slice(first, last),
    probability,
    regime: mostProbablePath(probability, states),
  };
  return { rows, computed: pick(rows, isNew), bar: table.bar.slice(first, last) };

  /** Probabilities from row `at` on, where `at` ≤ the first missing row. */
  function filterFrom(row: number): { probability: Float64Array; at: number } {
    const before = row === 0 ? undefined : positions.get(table.time[row - 1]!);
    if (before === undefined || startsSequence(table, row)) {
      return { probability: model.filter(observations(0, last)).probability, at: 0 };
    }
    const start: FilterStart = {
      from: 'carried',
      probability: stored.probability.slice(before * states, (before + 1) * states),
    };
    return { probability: model.filter(observations(row, last), start).probability, at: row };
  }
}

/** Smoothed probabilities: lookahead, for study; nothing of it is stored. */
export function smoothWindow({
  model,
  table,
  observations,
  from,
}: Omit<WindowInput, 'stored'>): WindowResult {
  const { states } = model;
  const first = lowerBound(table.time, from);
  const all = model.smooth(observations(0, table.time.length)).probability;
  const probability = all.slice(first * states);
  const rows: ProbabilityRows = {
    states,
    rows: table.time.length - first,
    time: table.time.slice(first),
    probability,
    regime: mostProbablePath(probability, states),
  };
  return { rows, computed: pick(rows, []), bar: table.bar.slice(first) };
}

/** True when a gap lies between row − 1 and row. */
function startsSequence(table: FeatureTable, row: number): boolean {
  let begin = 0;
  for (const length of table.lengths) {
    if (begin === row) return true;
    if (begin > row) return false;
    begin += length;
  }
  return false;
}

function pick(rows: ProbabilityRows, indices: readonly number[]): ProbabilityRows {
  const { states } = rows;
  const probability = new Float64Array(indices.length * states);
  indices.forEach((row, position) => {
    probability.set(rows.probability.subarray(row * states, (row + 1) * states), position * states);
  });
  return {
    states,
    rows: indices.length,
    time: Float64Array.from(indices, (row) => rows.time[row]!),
    probability,
    regime: Uint8Array.from(indices, (row) => rows.regime[row]!),
  };
}
