/**
 * What the report claims, in sentences (design §9): the present regime with its probability and age, whether the
 * next-bar means differ from zero, and how the model fits what it has not seen. Nothing here promises anything.
 */
import { barClose, TIMEFRAME_MS } from '../../market/timeframe.js';
import { mostProbableStates, NO_STATE } from './level-of-detail.js';
import {
  formatCount,
  formatDate,
  formatNumber,
  formatPercent,
  formatPrice,
  formatProbability,
  formatReturn,
  formatSigned,
  formatTime,
} from './number-format.js';
import { readingOrder } from './reading-order.js';
import type { RegimeReportInput, ReportState } from './regime-report-input.js';

/** The regime at the last bar. */
export interface PresentRegime {
  readonly state: ReportState;
  readonly probability: number;
  /** Bars of the present run, the last bar included. */
  readonly bars: number;
  /** Open time of the run's first bar. */
  readonly since: number;
  readonly outOfSample: boolean;
}

const NUMBER_WORDS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/** |t| from which a mean is said to differ from zero. */
const SIGNIFICANT_T = 2;

const numberWord = (count: number): string => NUMBER_WORDS[count] ?? String(count);

/** Null when the last bar has no regime. */
export function presentRegime(input: RegimeReportInput): PresentRegime | null {
  const { series, states, probabilities, firstBar, trainEnd } = input;
  const path = mostProbableStates({ ...input, stateCount: states.length, continuous: false });
  const last = series.length - 1;
  const current = path[last]!;
  if (current === NO_STATE) return null;
  let first = last;
  while (first > 0 && path[first - 1] === current) first -= 1;
  return {
    state: states[current]!,
    probability: probabilities[(last - firstBar) * states.length + current]!,
    bars: last - first + 1,
    since: series.time[first]!,
    outOfSample: trainEnd !== null && series.time[last]! >= trainEnd,
  };
}

/** "Regime Bear 93 %, for 33 bars."; without odds for a model that names one state only. */
export function verdictSentence(present: PresentRegime | null, probabilistic = true): string {
  if (!present) return 'The last bar has no regime.';
  const odds = probabilistic ? ` ${formatProbability(present.probability)}` : '';
  return `Regime ${present.state.label}${odds}, for ${formatCount(present.bars, 'bar')}.`;
}

/** Whether the labels say anything about the next bar. */
export function nextBarSentence(states: readonly ReportState[]): string {
  const tested = states.filter((state) => state.nextBar?.t != null);
  if (tested.length === 0) return 'The next-bar means could not be tested.';
  const differing = tested.filter((state) => Math.abs(state.nextBar!.t!) >= SIGNIFICANT_T);
  if (differing.length === 0) {
    return tested.length === 1
      ? 'The next-bar mean does not differ from zero (|t| < 2).'
      : `None of the ${numberWord(tested.length)} next-bar means differs from zero (|t| < 2).`;
  }
  const named = differing.map(
    ({ label, nextBar }) => `${label} (${formatReturn(nextBar!.mean, 3)}, t ${formatSigned(nextBar!.t, 1)})`,
  );
  return `The next-bar mean differs from zero (|t| ≥ 2) in ${differing.length} of ${tested.length} states: ${named.join(', ')}, before costs.`;
}

/** How the likelihood changes on rows that were not fitted; null where it is not known. */
export function validationSentence(input: RegimeReportInput): string | null {
  const { logLikelihoodPerRowTrain: train, logLikelihoodPerRowValidation: validation } = input.diagnostics;
  if (train === null || validation === null) return null;
  const change = validation - train;
  const words = change < 0 ? `drops ${formatNumber(-change, 2)}` : `rises ${formatNumber(change, 2)}`;
  return `Out of sample the fit ${words} per row.`;
}

/** The line under the title: span, bars, model, training. */
export function scopeLine(input: RegimeReportInput): string {
  const { series, diagnostics, states, trainEnd } = input;
  const derived = input.source === 'derived' ? ', resampled' : '';
  return [
    `${formatDate(series.time[0])} – ${formatDate(series.time[series.length - 1])}`,
    `${formatCount(series.length, 'bar')} of ${series.timeframe}${derived}`,
    [diagnostics.modelName, formatCount(states.length, 'state'), diagnostics.covarianceType]
      .filter((part) => part !== null)
      .join(', '),
    trainEnd === null ? 'trained on all bars' : `trained to ${formatDate(trainEnd)}`,
  ].join(' · ');
}

/** The chart in words, for readers who do not see it. */
export function chartSummary(input: RegimeReportInput, present: PresentRegime | null): string {
  const { series, states, symbol, quote } = input;
  const last = series.length - 1;
  const first = series.close[0]!;
  const close = series.close[last]!;
  let lowest = 0;
  let highest = 0;
  for (let bar = 1; bar <= last; bar += 1) {
    if (series.low[bar]! < series.low[lowest]!) lowest = bar;
    if (series.high[bar]! > series.high[highest]!) highest = bar;
  }
  const unit = quote ? ` ${quote}` : '';
  const shares = readingOrder(states)
    .map((index) => `${states[index]!.label} ${formatPercent(states[index]!.share)}`)
    .join(', ');
  return [
    `${symbol} went from ${formatPrice(first)} to ${formatPrice(close)}${unit} (${formatReturn(close / first - 1, 1)}),`,
    `lowest ${formatPrice(series.low[lowest])} on ${formatDate(series.time[lowest])},`,
    `highest ${formatPrice(series.high[highest])} on ${formatDate(series.time[highest])}.`,
    `Share of ${input.statisticsScope}: ${shares}.`,
    present
      ? `${present.state.label} since ${formatTime(present.since)}; data to ${formatTime(barClose(series.time[last]!, series.timeframe))}.`
      : `Data to ${formatTime(barClose(series.time[last]!, series.timeframe))}.`,
  ].join(' ');
}

/** Decimals of a mean return per bar: short bars have small means. */
export function returnDecimals(input: RegimeReportInput): number {
  return TIMEFRAME_MS[input.series.timeframe] < TIMEFRAME_MS['30m'] ? 4 : 3;
}
