/**
 * The states that a walk-forward showed, bar by bar, as its states.csv holds them: whether bars that came later change them.
 */

import type { Finding } from '../../backtest/believability/finding.js';
import { type Cell, tableDifferences } from '../../backtest/believability/table-difference.js';
import { Random } from '../../market/random.js';
import type { RunManifest } from '../regime/run-store.js';
import { runWalkForward } from '../regime/walk-forward-run.js';
import type { Services } from '../services.js';
import { inScratch, walkForwardRequest } from './replay-study.js';
import type { ShownLabels } from './rule-on-labels.js';

/** Rows of states.csv as columns. */
export interface ShownStates {
  readonly keys: readonly string[];
  readonly columns: Readonly<Record<string, readonly Cell[]>>;
}

export interface CutOptions {
  /** Bars at which the history is cut off and computed again. */
  readonly points: number;
  readonly seed: number;
  readonly workers: number;
  readonly signal: AbortSignal;
  /** Before each cut. */
  readonly onCut: () => Promise<void>;
}

/** The walk-forward made on bars that end earlier: one finding a column, of the earliest cut that shows it. */
export async function truncatedStates(
  services: Services,
  manifest: RunManifest,
  whole: ShownStates,
  { points, seed, workers, signal, onCut }: CutOptions,
): Promise<Finding[]> {
  const request = walkForwardRequest(manifest);
  const found = new Map<string, Finding>();
  for (const at of cutRows(whole.keys.length, points, seed)) {
    await onCut();
    const lastBar = Date.parse(whole.keys[at]!);
    const cut = await inScratch(services, (scratch) =>
      runWalkForward(scratch, request, { workers, signal, lastBar }),
    );
    for (const finding of stateDifferences(whole, statesOf(cut.statesCsv), at)) {
      if (!found.has(finding.column)) found.set(finding.column, finding);
    }
  }
  return [...found.values()];
}

/** `ts,available_at,fold,regime,label,p_0,…`: no field holds a comma. */
export function statesOf(csv: string): ShownStates {
  const [header = '', ...lines] = csv.trimEnd().split('\n');
  const [, ...names] = header.split(',');
  const rows = lines.map((line) => line.split(','));
  return {
    keys: rows.map(([ts]) => ts!),
    columns: Object.fromEntries(names.map((name, at) => [name, rows.map((row) => row[at + 1] ?? null)])),
  };
}

/** Rows to end at: none so early that there is next to nothing before it. */
function cutRows(rows: number, points: number, seed: number): number[] {
  const random = new Random(seed);
  const first = Math.floor(rows / 10);
  const span = rows - first;
  const chosen = Array.from({ length: points }, (_, point) =>
    Math.min(rows - 2, first + Math.floor(((point + random.uniform()) / points) * span)),
  );
  return [...new Set(chosen.filter((row) => row > 0))];
}

/** A state that only begins later has no column yet when the bars end before it: then it was 0. */
function stateDifferences(whole: ShownStates, cut: ShownStates, last: number): Finding[] {
  const zeros = cut.keys.map((): Cell => '0');
  const found = {
    keys: cut.keys,
    columns: Object.fromEntries(Object.keys(whole.columns).map((name) => [name, cut.columns[name] ?? zeros])),
  };
  const expected = {
    keys: whole.keys.slice(0, last + 1),
    columns: Object.fromEntries(
      Object.entries(whole.columns).map(([name, cells]) => [name, cells.slice(0, last + 1)]),
    ),
  };
  return tableDifferences({ states: expected }, { states: found }).map((difference) => ({
    audit: 'truncation',
    severity: 'fault',
    column: `states.${difference.column}`,
    first_date: difference.first,
    value: difference.expected,
    other: difference.found,
    cause: `later bars change it (ended at ${whole.keys[last]}, ${difference.differing} of ${difference.compared} rows)`,
  }));
}

export const labelsOf = ({ keys, columns }: ShownStates): ShownLabels => ({
  time: Float64Array.from(keys, (key) => Date.parse(key)),
  label: columns.label!.map(String),
});
