/**
 * A finished walk-forward as files: a JSON document (folds, scorecard, revisions, the views of each day) and a CSV of
 * the point-in-time rows. Equal inputs give equal bytes; no clock, no machine, no number of workers is in it.
 */

import { TidewatchError } from '../../../errors.js';
import type { DecodingRule } from '../decoding.js';
import { type RuleName, type WealthCurve, wealthCurve } from './economic-value.js';
import type { FoldResult } from './fold-chain.js';
import { foldFamily } from './fold-families.js';
import type { Candidate } from './fold-family.js';
import type { FoldSearch, WalkForwardInput } from './fold-search.js';
import { hindsightFold, withHindsight } from './hindsight.js';
import { accountRevisions, type Revision } from './revision.js';
import { type Fold, type Schedule, scheduleFolds } from './schedule.js';
import { type Scorecard, scorecard } from './scorecard.js';
import { assembleWalkForward, shownLabels, VIEW_ROWS, type WalkForward } from './walk-forward.js';

/** Everything that decides the numbers, besides the bars. JSON. */
export interface WalkForwardPlan {
  readonly candidate: Candidate;
  readonly schedule: Schedule;
  readonly decoding: DecodingRule;
  readonly rule: RuleName;
  /** Basis points per unit of position changed. */
  readonly costBps: number;
  readonly barsPerYear: number;
  /** Phase shifts and bootstrap draws. */
  readonly draws: number;
}

/** Points of a wealth curve. */
const CURVE_POINTS = 400;

/** What to search before a report can be made: the scheduled folds, and last the one with hindsight. */
export function foldsToSearch(rows: number, schedule: Schedule): Fold[] {
  const folds = scheduleFolds(rows, schedule);
  return [...folds, hindsightFold(rows, folds.length, schedule)];
}

interface FoldReport {
  readonly index: number;
  /** Open times of the first and last training bar, and of the first and last bar the fold speaks for. */
  readonly train_start: number;
  readonly train_end: number;
  readonly first_ts: number;
  readonly last_ts: number;
  readonly states: number;
  readonly continued: boolean;
  /** Label of each identity. */
  readonly labels: Readonly<Record<string, string>>;
  readonly alignment_cost: number | null;
  readonly events: readonly FoldEvent[];
  readonly loglik_train: number | null;
  readonly loglik: number | null;
}

interface FoldEvent {
  readonly event: 'label_break' | 'state_begun' | 'state_ended';
  readonly identity: number;
  readonly cause?: string;
  readonly cost?: number;
  readonly old_label?: string;
  readonly new_label?: string;
}

/** `result.json` of a walk-forward: times are UTC ms, shares 0 to 1, returns fractions. */
export interface WalkForwardReport {
  readonly schema_version: 1;
  readonly kind: 'walk_forward';
  readonly lookahead: false;
  readonly plan: WalkForwardPlan;
  readonly features: readonly string[];
  readonly rows: number;
  readonly first_ts: number;
  readonly last_ts: number;
  readonly scorecard: Scorecard;
  readonly revision: Revision;
  /** The rule beside holding, for a chart. */
  readonly curve: WealthCurve;
  readonly folds: readonly FoldReport[];
  /**
   * What a chart drawn right after each refit would have shown of the bars before it: open time of its first bar, then
   * runs of [identity, bars].
   */
  readonly views: readonly {
    readonly fold: number;
    readonly first_ts: number;
    readonly runs: readonly (readonly [number, number])[];
  }[];
}

export interface FinishedWalkForward {
  readonly report: WalkForwardReport;
  /** ts, available_at (both ISO-8601 with `Z`), fold, regime, label, one probability per identity. */
  readonly statesCsv: string;
}

/**
 * Chains the searches, judges the result and writes it down.
 * @param searches one per fold of `foldsToSearch`
 * @throws TidewatchError `bad_parameter` when a fold is missing
 */
export function finishWalkForward(
  input: WalkForwardInput,
  plan: WalkForwardPlan,
  searches: readonly FoldSearch[],
): FinishedWalkForward {
  const { candidate, schedule, decoding, rule, costBps, barsPerYear, draws } = plan;
  const result = assembleWalkForward(input, { candidate, schedule, decoding, viewRows: VIEW_ROWS }, searches);
  const last = hindsightFold(input.table.time.length, result.folds.length, schedule);
  const search = searches.find(({ fold }) => fold === last.index);
  if (search === undefined) {
    throw new TidewatchError('bad_parameter', 'the model with hindsight was not searched');
  }
  const hindsight = withHindsight(input, last, search, candidate, result.from);
  const revision = accountRevisions(result, hindsight, rule, { costBps, barsPerYear });
  const judged = scorecard(input, result, revision, {
    rule,
    costBps,
    barsPerYear,
    draws,
    seed: candidate.seed,
    givenStates: foldFamily(candidate.family).givenStates,
  });
  const { time } = input.table;
  return {
    report: {
      schema_version: 1,
      kind: 'walk_forward',
      lookahead: false,
      plan,
      features: [...input.table.names],
      rows: result.rows,
      first_ts: result.time[0]!,
      last_ts: result.time[result.rows - 1]!,
      scorecard: judged,
      revision,
      curve: wealthCurve(
        { labels: shownLabels(result), returns: result.returns, rule, costBps, barsPerYear },
        result.time,
        CURVE_POINTS,
      ),
      folds: result.folds.map((fold) => foldReport(fold, time)),
      views: result.folds.map(({ fold, view }) => ({
        fold: fold.index,
        first_ts: time[view.from]!,
        runs: runsOf(view.identities),
      })),
    },
    statesCsv: statesCsv(result),
  };
}

function foldReport(result: FoldResult, time: Float64Array): FoldReport {
  const { fold, model, identities, labels, alignment } = result;
  const events: FoldEvent[] = [
    ...(alignment?.breaks ?? []).map(({ identity, cause, cost, oldLabel, newLabel }) => ({
      event: 'label_break' as const,
      identity,
      cause,
      cost,
      old_label: oldLabel,
      new_label: newLabel,
    })),
    ...(alignment?.begun ?? []).map((identity) => ({ event: 'state_begun' as const, identity })),
    ...(alignment?.ended ?? []).map((identity) => ({ event: 'state_ended' as const, identity })),
  ];
  return {
    index: fold.index,
    train_start: time[fold.trainFrom]!,
    train_end: time[fold.trainTo - 1]!,
    first_ts: time[fold.trainTo]!,
    last_ts: time[fold.applyTo - 1]!,
    states: model.states,
    continued: result.continued,
    labels: Object.fromEntries(identities.map((identity, k) => [identity, labels[k]!])),
    alignment_cost: alignment?.cost ?? null,
    events,
    loglik_train: result.training.loglik,
    loglik: result.loglik,
  };
}

function runsOf(identities: Int16Array): [number, number][] {
  const runs: [number, number][] = [];
  for (const identity of identities) {
    const run = runs[runs.length - 1];
    if (run?.[0] === identity) run[1] += 1;
    else runs.push([identity, 1]);
  }
  return runs;
}

function statesCsv(result: WalkForward): string {
  const { identities, probability, regime, time, availableAt, folds, from } = result;
  const labels = shownLabels(result);
  const names = Array.from({ length: identities }, (_, id) => `p_${id}`);
  const lines = [['ts', 'available_at', 'fold', 'regime', 'label', ...names].join(',')];
  for (const { fold } of folds) {
    for (let row = fold.trainTo - from; row < fold.applyTo - from; row += 1) {
      const cells = probability.subarray(row * identities, (row + 1) * identities).join(',');
      const [bar, known] = [time[row]!, availableAt[row]!].map((each) => new Date(each).toISOString());
      lines.push(`${bar},${known},${fold.index},${regime[row]},${labels[row]},${cells}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
