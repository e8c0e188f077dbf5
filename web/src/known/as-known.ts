/**
 * What a chart looked like on a day: the newest refit's view of the bars before it, then what was shown bar by bar
 * since. Beside it what was shown first of the same bars, which never changes. Pure.
 */

import type { WalkForwardReport } from '../../../src/analysis/models/walk-forward/walk-forward-report.js';
import type { ShownRows } from '../api/run-tables.js';
import { firstAtOrAfter } from '../chart/bar-view.js';

type Report = Pick<WalkForwardReport, 'folds' | 'views'>;

export interface KnownRow {
  /** Open time, UTC ms. */
  readonly time: number;
  /** On the chart of that day. */
  readonly known: string;
  /** When it was first shown; null before the first refit, when nothing was shown yet. */
  readonly first: string | null;
}

export interface KnownDay {
  readonly fold: number;
  /** Open time of the first bar that this refit speaks for. */
  readonly refit: number;
  readonly rows: readonly KnownRow[];
  /** Rows that were shown first with another label. */
  readonly revised: number;
  /** Rows with a first label. */
  readonly compared: number;
}

/** @param at position in `shown` of the newest bar that had closed */
export function knownOn(
  report: Report,
  shown: ShownRows,
  at: number,
  barLength: number,
): KnownDay | undefined {
  const now = shown.time[at];
  if (now === undefined) return undefined;
  const fold = report.folds.findLast(({ first_ts }) => first_ts <= now) ?? report.folds[0];
  const view = fold && report.views.find((each) => each.fold === fold.index);
  if (!fold || !view) return undefined;
  const rows: KnownRow[] = [];
  const total = view.runs.reduce((sum, [, bars]) => sum + bars, 0);
  const refitRow = firstAtOrAfter(shown.time, fold.first_ts);
  let row = refitRow - total;
  for (const [identity, bars] of view.runs) {
    const known = fold.labels[String(identity)] ?? '';
    for (let bar = 0; bar < bars; bar += 1, row += 1) {
      // before the first refit the run stored no rows; their times follow from the first one's
      const time = row >= 0 ? shown.time[row]! : shown.time[0]! + row * barLength;
      rows.push({ time, known, first: row >= 0 ? shown.label[row]! : null });
    }
  }
  for (let later = refitRow; later <= at; later += 1) {
    rows.push({ time: shown.time[later]!, known: shown.label[later]!, first: shown.label[later]! });
  }
  const compared = rows.filter(({ first }) => first !== null);
  return {
    fold: fold.index,
    refit: fold.first_ts,
    rows,
    revised: compared.filter(({ known, first }) => known !== first).length,
    compared: compared.length,
  };
}

/** Runs of equal labels: positions [from, to). */
export interface LabelRun {
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

export function labelRuns(labels: readonly (string | null)[]): LabelRun[] {
  const runs: { from: number; to: number; label: string }[] = [];
  labels.forEach((label, position) => {
    if (label === null) return;
    const last = runs.at(-1);
    if (last && last.to === position && last.label === label) last.to += 1;
    else runs.push({ from: position, to: position + 1, label });
  });
  return runs;
}
