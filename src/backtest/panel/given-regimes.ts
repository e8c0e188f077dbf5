/** The book of a majors-vs-alts run under regimes that come from elsewhere: same basket, betas, costs, windows. */
import { NEUTRAL_REGIMES, REGIME_CODE } from '../../analysis/neutral/regime-state.js';
import { runCorrectedBook } from './corrected-day-loop.js';
import type { MajorsAltsInput, MajorsAltsResult } from './majors-alts-result.js';
import { panelKpis } from './panel-kpis.js';
import type { MajorsAltsSettings } from './panel-settings.js';
import { runReferenceBook } from './reference-day-loop.js';
import { regimeMetrics } from './regime-metrics.js';
import { decideRegimes } from './run-majors-alts.js';

export interface GivenRegime {
  /** On the scale of the composite score, because positions are scaled by its size. */
  readonly score: number;
  /** A code of `REGIME_CODE`. */
  readonly regime: number;
}

/** @param regimeOf of a day (days since 1970); days without one are balanced with a score of 0 */
export function runGivenRegimes(
  input: MajorsAltsInput,
  settings: MajorsAltsSettings,
  regimeOf: ReadonlyMap<number, GivenRegime>,
): MajorsAltsResult {
  const { view, features, trading, windows, alwaysOn, warnings } = decideRegimes(input, settings);
  const { days, assets } = view.panel;
  const none: GivenRegime = { score: 0, regime: REGIME_CODE.BALANCED };
  const given = (day: number): GivenRegime => regimeOf.get(day) ?? none;
  const run = settings.profile === 'reference' ? runReferenceBook : runCorrectedBook;
  const book = run({
    view,
    settings,
    trading,
    windows,
    score: Float64Array.from(trading, (t) => given(days[t]!).score),
    regime: Uint8Array.from(trading, (t) => given(days[t]!).regime),
    trackerBetas: input.trackerBetas,
  });
  return {
    alts: Array.from(view.alts, (a) => assets[a]!),
    features,
    timeline: {
      day: features.day,
      score: Float64Array.from(features.day, (day) => given(day).score),
      regime: Array.from(features.day, (day) => NEUTRAL_REGIMES[given(day).regime]!),
    },
    ...book,
    kpis: panelKpis(book.daily, settings.profile),
    regimeMetrics: regimeMetrics(book.daily, settings.profile),
    gridSearch: null,
    unsupervised: null,
    alwaysOn: { day: Int32Array.from(trading, (t) => days[t]!), return: alwaysOn },
    warnings,
  };
}
