/**
 * The regime of every bar of a window: stored rows as they were first computed, missing ones computed now.
 *
 * Causal unless `smoothed` is asked for. The whole window is filtered with today's bars: from its first row when that
 * is the first of the series, else on from the first stored row whose features have settled (a model that remembers
 * more than its probability: with warm-up rows in front instead), else from the stationary distribution with warm-up rows
 * in front (HMM spec §5.7, §12). Missing rows are taken from there, so that rows that
 * are added later equal a computation over everything.
 *
 * A corrected bar never rewrites what is stored (HMM spec §11.6): stored rows that would come out differently now are
 * kept and counted in `revised`; rows after them rest on the corrected bars.
 */
import type { FeatureTable } from '../../analysis/features/feature-table.js';
import { RegimeDecoder, type ServedRule } from '../../analysis/models/decoding.js';
import type { Observations } from '../../analysis/models/observations.js';
import type { RegimeModel } from '../../analysis/models/regime-model.js';
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
  /** Filtering goes on exactly from a stored row; false for a model that remembers more than its probability. */
  readonly resumes: boolean;
  /** The model's decoding rule; the most probable state without one. */
  readonly rule?: ServedRule | undefined;
  /** Rows whose features still depend on where the window begins; 0 when it begins with the series. */
  readonly unsettled: number;
}

/** Stored rows that rest on bars which have been corrected since. */
export interface Revised {
  readonly rows: number;
  /** Open time of the first of them, UTC ms. */
  readonly first: number;
  /** Largest difference of a probability between what is stored and what today's bars give. */
  readonly largest: number;
  /** What today's bars give, rows × K: tells one correction from another. */
  readonly probability: Float64Array;
}

export interface WindowResult {
  /** Every row wanted, oldest first. */
  readonly rows: ProbabilityRows;
  /** The rows among them that were not stored. */
  readonly computed: ProbabilityRows;
  /** Bar of each row: position in the series that the table was built from. */
  readonly bar: Uint32Array;
  /** Null when every stored row is what today's bars give. */
  readonly revised: Revised | null;
}

/** Differences below this come from where a window began, not from its bars. */
const SAME = 1e-5;

/** Filtered probabilities of the rows with open time ≥ `from`. */
export function filterWindow(input: WindowInput): WindowResult {
  const { model, table, from, stored } = input;
  const { states } = model;
  const first = lowerBound(table.time, from);
  const last = table.time.length;
  const positions = new Map<number, number>();
  stored.time.forEach((time, position) => {
    positions.set(time, position);
  });
  const { fresh, at } = filterNow(input, positions, first);
  // what a model with a long memory says differs by where the window began: that is no correction
  const comparable = input.resumes || input.unsettled === 0 ? Math.max(at, input.unsettled) : last;
  const count = last - first;
  const probability = new Float64Array(count * states);
  const isNew: number[] = [];
  const revised: number[] = [];
  let largest = 0;
  for (let row = first; row < last; row += 1) {
    const position = positions.get(table.time[row]!);
    const target = (row - first) * states;
    const now = fresh.subarray((row - at) * states, (row - at + 1) * states);
    if (position === undefined) {
      probability.set(now, target);
      isNew.push(row - first);
      continue;
    }
    const then = stored.probability.subarray(position * states, (position + 1) * states);
    probability.set(then, target);
    if (row < comparable) continue;
    const difference = then.reduce((most, value, k) => Math.max(most, Math.abs(value - now[k]!)), 0);
    if (difference <= SAME) continue;
    revised.push(row);
    largest = Math.max(largest, difference);
  }
  const rows: ProbabilityRows = {
    states,
    rows: count,
    time: table.time.slice(first, last),
    probability,
    regime:
      input.rule === undefined
        ? mostProbablePath(probability, states)
        : decidedPath(input, input.rule, positions, fresh, at, first),
  };
  return {
    rows,
    computed: pick(rows, isNew),
    bar: table.bar.slice(first, last),
    revised:
      revised.length === 0
        ? null
        : {
            rows: revised.length,
            first: table.time[revised[0]!]!,
            largest,
            probability: Float64Array.from(
              revised.flatMap((row) => [...fresh.subarray((row - at) * states, (row - at + 1) * states)]),
            ),
          },
  };
}

/**
 * Regimes from row `first` on by a rule that remembers: what was stored stands, and what is missing goes on from it.
 * Without stored rows the rule begins with the rows that were filtered in front; two windows agree from the first bar on
 * that a state has been above the threshold for the least dwell.
 */
function decidedPath(
  { model: { states }, table, stored }: WindowInput,
  rule: ServedRule,
  positions: ReadonlyMap<number, number>,
  fresh: Float64Array,
  at: number,
  first: number,
): Uint8Array {
  const last = table.time.length;
  const regime = new Uint8Array(last - first);
  const starts = new Set<number>();
  let begin = 0;
  for (const length of table.lengths) {
    starts.add(begin);
    begin += length;
  }
  let decoder = new RegimeDecoder(rule);
  for (let row = 0; row < last; row += 1) {
    const position = positions.get(table.time[row]!);
    let decided = 0;
    if (position !== undefined) {
      decided = stored.regime[position]!;
      decoder.adopt(decided, starts.has(row));
    } else if (row >= at) {
      decided = decoder.next(fresh, starts.has(row), (row - at) * states, states);
    } else {
      decoder = new RegimeDecoder(rule);
    }
    if (row >= first) regime[row - first] = decided;
  }
  return regime;
}

/** Probabilities from row `at` on by today's bars; `at` is no later than the first row wanted that is not stored. */
function filterNow(
  { model, table, observations, stored, unsettled, resumes }: WindowInput,
  positions: ReadonlyMap<number, number>,
  first: number,
): { fresh: Float64Array; at: number } {
  const last = table.time.length;
  let missing = first;
  while (missing < last && positions.has(table.time[missing]!)) missing += 1;
  const { states } = model;
  const from = resumes && unsettled > 0 ? unsettled : last;
  for (let row = from; row + 1 < last && row < missing; row += 1) {
    const before = positions.get(table.time[row]!);
    if (before === undefined || startsSequence(table, row + 1)) continue;
    const probability = stored.probability.slice(before * states, (before + 1) * states);
    const start = { from: 'carried', probability } as const;
    return { fresh: model.filter(observations(row + 1, last), start).probability, at: row + 1 };
  }
  return { fresh: model.filter(observations(0, last)).probability, at: 0 };
}

/** Smoothed probabilities: lookahead, for study; nothing of it is stored. */
export function smoothWindow({
  model,
  table,
  observations,
  from,
}: Omit<WindowInput, 'stored' | 'unsettled' | 'resumes' | 'rule'>): WindowResult {
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
  return { rows, computed: pick(rows, []), bar: table.bar.slice(first), revised: null };
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
