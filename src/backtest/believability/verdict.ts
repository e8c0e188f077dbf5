/**
 * What the audits of a run come to, in one word and one sentence. A figure whose interval covers zero is no finding
 * about the market, however good it looks: the verdict is then "nothing to see here".
 */
import type { BootstrapInterval } from './block-bootstrap.js';

export type VerdictWord = 'broken' | 'nothing to see here' | 'loses' | 'overfitted' | 'holds so far';

export interface Verdict {
  readonly verdict: VerdictWord;
  readonly sentence: string;
}

/** Everything a verdict is made from; what is undefined was not measured. */
export interface Evidence {
  /** Interval of the Sharpe ratio; undefined when there are too few days for one. */
  readonly sharpe: BootstrapInterval | undefined;
  /** Findings of truncation, shuffle, replay and data audits that make the figures wrong. */
  readonly faults: number;
  /** Of the best of the variants tried; undefined for a run on its own. */
  readonly overfitting: number | undefined;
  /** Deflated Sharpe ratio of the best of the variants tried, a probability. */
  readonly deflated: number | undefined;
  /** Rows whose own values the model was fitted on, of all rows; left out where nothing is fitted on what it is judged by. */
  readonly fitted?: { readonly rows: number; readonly of: number } | undefined;
}

const ratio = (value: number): string => value.toFixed(2).replace('-', '\u2212');
const LIKELY_OVERFITTED = 0.5;
const SURE = 0.95;

/** One verdict and the sentence that says why; faults weigh more than any figure. */
export function verdictOf({ sharpe, faults, overfitting, deflated, fitted }: Evidence): Verdict {
  if (faults > 0) {
    return {
      verdict: 'broken',
      sentence: `${faults} finding${faults === 1 ? '' : 's'} make the figures wrong; do not read them.`,
    };
  }
  if (fitted !== undefined && fitted.rows > 0) {
    return {
      verdict: 'nothing to see here',
      sentence: `The model was fitted on ${fitted.rows} of the ${fitted.of} bars that it is judged by: walk it forward to see what it is worth.`,
    };
  }
  if (sharpe === undefined || !(sharpe.low > 0 || sharpe.high < 0)) {
    return {
      verdict: 'nothing to see here',
      sentence:
        sharpe === undefined
          ? 'Too few days for an interval.'
          : `The interval of the Sharpe ratio, ${ratio(sharpe.low)} to ${ratio(sharpe.high)}, covers zero.`,
    };
  }
  if (sharpe.high < 0) {
    return {
      verdict: 'loses',
      sentence: `The whole interval of the Sharpe ratio, ${ratio(sharpe.low)} to ${ratio(sharpe.high)}, is below zero.`,
    };
  }
  if (overfitting !== undefined && overfitting >= LIKELY_OVERFITTED) {
    return {
      verdict: 'overfitted',
      sentence: `The best of the variants falls below the median out of sample in ${Math.round(100 * overfitting)} % of the splits.`,
    };
  }
  if (deflated !== undefined && deflated < SURE) {
    return {
      verdict: 'nothing to see here',
      sentence: `After counting the variants tried, the ratio is real with a probability of ${Math.round(100 * deflated)} % only.`,
    };
  }
  return {
    verdict: 'holds so far',
    sentence: `The interval of the Sharpe ratio, ${ratio(sharpe.low)} to ${ratio(sharpe.high)}, is above zero on this sample.`,
  };
}
