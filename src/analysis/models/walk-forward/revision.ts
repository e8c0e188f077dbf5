/**
 * How much of what was shown would later be shown differently. A stored point-in-time row never changes; a chart that
 * is redrawn by each new model does, and a model fitted on the whole past, smoothed, changes most. Counting that tells
 * how far a beautiful chart may be believed.
 *
 * - by refits: a bar's label in the view of any later refit differs from the one first shown;
 * - churn: rows before a refit that the new model names otherwise than the model before it did, on the same bars;
 * - hindsight: one model fitted on every bar and smoothed over every bar, the usual research chart. Its rows are
 *   `lookahead`, kept here beside the causal ones to show what they would have faked.
 */
import { adjustedRandIndex } from '../../statistics/adjusted-rand.js';
import {
  type Costs,
  exposure,
  nextReturns,
  type Performance,
  performance,
  type RuleName,
} from './economic-value.js';
import type { FoldResult } from './fold-chain.js';
import { shownLabels, type WalkForward } from './walk-forward.js';

/** What a model that knows every bar says of the rows of a walk-forward: for study only. */
export interface Hindsight {
  readonly lookahead: true;
  /** Labels by bars up to each row, parameters from all. */
  readonly filtered: readonly string[];
  /** Labels by all bars. */
  readonly smoothed: readonly string[];
}

/** How far two neighbouring refits disagree on the same bars. */
export interface RefitChurn {
  readonly fold: number;
  /** Rows both models speak of. */
  readonly rows: number;
  /** Share of them with another label. */
  readonly changed: number;
  /** Likeness of the two groupings whatever the names; 1 is the same. */
  readonly adjusted_rand: number | null;
}

export interface Revision {
  /** Share of rows that a later view exists for and that it names otherwise, at any later refit. */
  readonly revised_by_refits: number;
  /** Rows that a later view exists for. */
  readonly viewed_rows: number;
  /** Share of all rows that the smoothed path of one model of every bar names otherwise. */
  readonly revised_in_hindsight: number;
  /** Rows shown on the path with hindsight before the causal one had them. */
  readonly detection: {
    readonly switches: number;
    readonly detected: number;
    /** Median bars from a switch of the smoothed path to the causal one; null when none was detected. */
    readonly median_lag: number | null;
  };
  readonly churn: readonly RefitChurn[];
  /** Mean of `changed` over the refits; null without a second fit. */
  readonly mean_churn: number | null;
  readonly mean_adjusted_rand: number | null;
  readonly profit: {
    readonly rule: RuleName;
    readonly filtered: Performance;
    /** Parameters from the future. */
    readonly hindsight_filtered: Performance;
    /** Parameters and bars from the future. */
    readonly hindsight_smoothed: Performance;
    /** Net log return per bar that only lookahead earned. */
    readonly faked_per_bar: number;
  };
}

/** How often what was shown was told differently later: by refits, and in hindsight. */
export function accountRevisions(
  result: WalkForward,
  hindsight: Hindsight,
  rule: RuleName,
  costs: Costs,
): Revision {
  const { folds, rows, from, returns } = result;
  const shown = shownLabels(result);
  const viewed = new Uint8Array(rows);
  const revised = new Uint8Array(rows);
  for (const fold of folds) {
    forEachView(fold, (row, label) => {
      if (row < from) return;
      viewed[row - from] = 1;
      if (label !== shown[row - from]) revised[row - from] = 1;
    });
  }
  const viewedRows = count(viewed);
  const churn = folds.slice(1).map((fold, i) => refitChurn(result, folds[i]!, fold));
  const rand = churn.flatMap(({ adjusted_rand: index }) => index ?? []);
  const next = nextReturns(returns);
  const earned = (labels: readonly string[]): Performance =>
    performance(
      labels.map((label) => exposure(label, rule)),
      next,
      costs,
    );
  const filtered = earned(shown);
  const smoothed = earned(hindsight.smoothed);
  return {
    revised_by_refits: viewedRows > 0 ? count(revised) / viewedRows : 0,
    viewed_rows: viewedRows,
    revised_in_hindsight: hindsight.smoothed.filter((label, row) => label !== shown[row]).length / rows,
    detection: detection(shown, hindsight.smoothed),
    churn,
    mean_churn: mean(churn.map(({ changed }) => changed)),
    mean_adjusted_rand: mean(rand),
    profit: {
      rule,
      filtered,
      hindsight_filtered: earned(hindsight.filtered),
      hindsight_smoothed: smoothed,
      faked_per_bar: smoothed.per_bar - filtered.per_bar,
    },
  };
}

/** Label of each bar as a chart drawn when row `asOf` had closed: the view of the newest refit, then what followed. */
export function viewAsOf(
  result: WalkForward,
  asOf: number,
): { readonly from: number; readonly labels: string[] } {
  const { folds, from } = result;
  const fold = folds.findLast(({ fold: { trainTo } }) => trainTo <= asOf) ?? folds[0]!;
  const labels: string[] = [];
  forEachView(fold, (_row, label) => labels.push(label));
  const shown = shownLabels(result);
  for (let row = fold.fold.trainTo; row <= Math.min(asOf, fold.fold.applyTo - 1); row += 1) {
    labels.push(shown[row - from]!);
  }
  return { from: fold.view.from, labels };
}

function forEachView(
  { view, identities, labels }: FoldResult,
  visit: (row: number, label: string) => void,
): void {
  view.identities.forEach((identity, i) => {
    visit(view.from + i, labels[identities.indexOf(identity)]!);
  });
}

/** The new model's view of rows against what the model before it said of the same rows. */
function refitChurn({ from, likeliest }: WalkForward, before: FoldResult, fold: FoldResult): RefitChurn {
  const nameBefore = (identity: number) => before.labels[before.identities.indexOf(identity)]!;
  const old: number[] = [];
  const now: number[] = [];
  let changed = 0;
  forEachView(fold, (row, label) => {
    const inView = row - before.view.from;
    const identity =
      row >= before.fold.trainTo ? likeliest[row - from]! : (before.view.identities[inView] ?? -1);
    if (inView < 0) return;
    old.push(identity);
    now.push(fold.view.identities[row - fold.view.from]!);
    if (nameBefore(identity) !== label) changed += 1;
  });
  return {
    fold: fold.fold.index,
    rows: old.length,
    changed: old.length > 0 ? changed / old.length : 0,
    adjusted_rand: adjustedRandIndex(old, now),
  };
}

function detection(shown: readonly string[], smoothed: readonly string[]): Revision['detection'] {
  const lags: number[] = [];
  let switches = 0;
  for (let row = 1; row < smoothed.length; row += 1) {
    if (smoothed[row] === smoothed[row - 1]) continue;
    switches += 1;
    for (let at = row; at < smoothed.length && smoothed[at] === smoothed[row]; at += 1) {
      if (shown[at] !== smoothed[row]) continue;
      lags.push(at - row);
      break;
    }
  }
  return { switches, detected: lags.length, median_lag: median(lags) };
}

/** Of an even number, the mean of the two in the middle; null where there are none. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function mean(values: readonly number[]): number | null {
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
}

function count(flags: Uint8Array): number {
  return flags.reduce((sum, flag) => sum + flag, 0);
}
