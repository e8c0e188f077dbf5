/**
 * A whole majors-vs-alts run over a panel (spec majors-alts-monitor): features, score, regimes, the book from day to day,
 * its key figures. Pure: the same panel and settings give the same bits.
 */

import { type PanelView, viewPanel } from '../../analysis/neutral/alt-universe.js';
import { alwaysOnReturn } from '../../analysis/neutral/always-on-return.js';
import {
  highVolatilityGate,
  SCORE_FEATURES,
  scoreColumn,
  scoreColumns,
} from '../../analysis/neutral/composite-score.js';
import { type NeutralFeatureTable, neutralFeatures } from '../../analysis/neutral/feature-table.js';
import {
  applyRule,
  type GridSearchResult,
  gridCandidates,
  searchGrid,
} from '../../analysis/neutral/grid-search.js';
import { derivativesLag } from '../../analysis/neutral/neutral-settings.js';
import { gated } from '../../analysis/neutral/regime-gate.js';
import { NEUTRAL_REGIMES, REGIME_CODE } from '../../analysis/neutral/regime-state.js';
import {
  featureRowOf,
  type TestWindow,
  testWindows,
  tradingRows,
  unfinishedWindow,
} from '../../analysis/neutral/trading-rows.js';
import { type UnsupervisedResult, unsupervisedRegimes } from '../../analysis/neutral/unsupervised.js';
import { TidewatchError } from '../../errors.js';
import { runCorrectedBook } from './corrected-day-loop.js';
import type { MajorsAltsInput, MajorsAltsResult } from './majors-alts-result.js';
import { panelKpis } from './panel-kpis.js';
import type { MajorsAltsSettings } from './panel-settings.js';
import { runReferenceBook } from './reference-day-loop.js';
import { regimeMetrics } from './regime-metrics.js';

/** Everything up to the decisions: what the signal of a day needs as well. */
export interface DecidedRegimes {
  readonly view: PanelView;
  readonly features: NeutralFeatureTable;
  /** By feature row. */
  readonly score: Float64Array;
  readonly regime: Uint8Array;
  /** Day index of each trading row, and its feature row (−1 before the first). */
  readonly trading: Int32Array;
  readonly featureRow: Int32Array;
  readonly windows: readonly TestWindow[];
  /** Always-on return of each trading row. */
  readonly alwaysOn: Float64Array;
  readonly gridSearch: GridSearchResult | null;
  readonly unsupervised: UnsupervisedResult | null;
  readonly warnings: readonly string[];
}

/** @throws TidewatchError `bad_parameter` when the settings cannot be run */
export function decideRegimes(input: MajorsAltsInput, settings: MajorsAltsSettings): DecidedRegimes {
  checkSettings(settings);
  const { profile, universe, regime: regimeSettings, backtest } = settings;
  const { composite } = regimeSettings;
  const view = viewPanel(input.panel, {
    profile,
    majors: universe.majors,
    excluded: input.excluded,
    lag: derivativesLag(settings.features, profile),
    startDay: input.startDay,
    endDay: input.endDay,
  });
  const features = neutralFeatures(view, settings.features.burnInDays, settings.features.dominanceOf);
  const trading = tradingRows(view);
  const featureRow = featureRowOf(features, trading);
  const lengths = {
    walkForward: backtest.walkForward,
    lookback: backtest.lookbackWindowDays,
    test: backtest.testWindowDays,
  };
  const windows = testWindows(trading.length, lengths);
  const keys = [
    ...new Set([...Object.keys(composite.weights), ...Object.keys(composite.gridSearch.weightRanges)]),
  ];
  const rule = {
    columns: scoreColumns(features, keys),
    gate: highVolatilityGate(view, features),
    regimes: regimeSettings.regimes,
  };
  const base = applyRule(composite, rule);
  let { score, regime } = base;
  const alwaysOn = alwaysOnReturn(view, trading, universe);
  let gridSearch: GridSearchResult | null = null;
  if (composite.gridSearch.apply) {
    const candidates = gridCandidates(composite.gridSearch, composite);
    gridSearch = searchGrid(candidates, composite.gridSearch.seed, {
      ...rule,
      featureRow,
      alwaysOn,
      windows,
      unfinished: unfinishedWindow(trading.length, lengths),
      lookback: backtest.lookbackWindowDays,
    });
    [score, regime] = [score.slice(), regime.slice()];
    for (const window of [...gridSearch.windows, gridSearch.unfinished]) {
      if (!window || window.sample === null) continue;
      const { sample, from, to } = window;
      const chosen = applyRule(candidates[sample]!, rule);
      for (let row = from; row < to; row += 1) {
        const at = featureRow[row]!;
        if (at < 0) continue;
        score[at] = chosen.score[at]!;
        regime[at] = chosen.regime[at]!;
      }
    }
  }
  const states = {
    ...regimeSettings.unsupervised,
    trainRows: regimeSettings.unsupervised.trainRows ?? backtest.lookbackWindowDays,
    refitRows: regimeSettings.unsupervised.refitRows ?? backtest.testWindowDays,
    weights: composite.weights,
  };
  let unsupervised: UnsupervisedResult | null = null;
  if (regimeSettings.mode === 'unsupervised' && profile === 'corrected') {
    unsupervised = unsupervisedRegimes(features, states);
    regime = unsupervised.regime;
  }
  if (profile === 'corrected') regime = gated(regime, view, features, regimeSettings.gate, states);
  return {
    view,
    features,
    score,
    regime,
    trading,
    featureRow,
    windows,
    alwaysOn,
    gridSearch,
    unsupervised,
    warnings: [
      ...degradations(view, composite.weights),
      ...(profile === 'reference' && regimeSettings.gate.kind !== 'none'
        ? ['the reference profile has no gate: regime.gate has no effect']
        : []),
      ...(unsupervised?.warnings ?? []),
    ],
  };
}

function checkSettings({ universe, backtest }: MajorsAltsSettings): void {
  const refuse = (message: string, hint: string): never => {
    throw new TidewatchError('bad_parameter', message, { hint });
  };
  if (new Set(universe.majors).size !== 2 || universe.majors.length !== 2) {
    refuse(
      `the long leg needs two majors, not ${universe.majors.join(', ')}`,
      'set universe.majors to two ids',
    );
  }
  if (!(backtest.testWindowDays >= 1) || !(backtest.lookbackWindowDays >= 0)) {
    refuse(
      'the windows of the backtest need at least one test day',
      'set backtest.test_window_days to 1 or more',
    );
  }
}

/** What the lake or the settings lack, one sentence each. */
function degradations(view: PanelView, weights: Readonly<Record<string, number>>): string[] {
  const { panel, majors, alts } = view;
  const holds = (matrix: Float64Array): boolean => matrix.some((value) => !Number.isNaN(value));
  const warnings: string[] = [];
  if (majors.some((a) => a < 0)) warnings.push('a major has no rows: no book is built');
  if (alts.length === 0) warnings.push('no alt has a price in the range: the universe is empty');
  if (!holds(panel.fundingRate))
    warnings.push('there are no funding rates: funding features are empty, funding costs unknown');
  if (!holds(panel.openInterest)) warnings.push('there is no open interest: oi_risk is without it');
  for (const key of Object.keys(weights)) {
    const column = scoreColumn(key);
    if (column === undefined) warnings.push(`no feature is named like ${key}: its weight has no effect`);
    else if (!(key in SCORE_FEATURES)) warnings.push(`${key} is taken to mean z_${column}`);
  }
  return warnings;
}

/**
 * One backtest over a daily panel: features, regimes, book and figures (spec majors-alts-monitor §§2–11).
 * @param decided of the same input and settings, where they are known already
 * @throws TidewatchError `bad_parameter` when the settings cannot be run
 */
export function runMajorsAlts(
  input: MajorsAltsInput,
  settings: MajorsAltsSettings,
  decided: DecidedRegimes = decideRegimes(input, settings),
): MajorsAltsResult {
  const { view, features, trading, featureRow, windows } = decided;
  const score = Float64Array.from(featureRow, (row) => (row < 0 ? 0 : decided.score[row]!));
  const regime = Uint8Array.from(featureRow, (row) =>
    row < 0 ? REGIME_CODE.BALANCED : decided.regime[row]!,
  );
  const run = settings.profile === 'reference' ? runReferenceBook : runCorrectedBook;
  const book = run({ view, settings, trading, windows, score, regime, trackerBetas: input.trackerBetas });
  const { missingShare, missing, due } = book.fundingCoverage;
  return {
    alts: Array.from(view.alts, (a) => view.panel.assets[a]!),
    features,
    timeline: {
      day: features.day,
      score: decided.score,
      regime: Array.from(decided.regime, (code) => NEUTRAL_REGIMES[code]!),
    },
    ...book,
    kpis: panelKpis(book.daily, settings.profile),
    regimeMetrics: regimeMetrics(book.daily, settings.profile),
    gridSearch: decided.gridSearch,
    unsupervised: decided.unsupervised,
    alwaysOn: { day: Int32Array.from(trading, (t) => view.panel.days[t]!), return: decided.alwaysOn },
    warnings: [
      ...decided.warnings,
      ...(missing === 0
        ? []
        : [
            `${missing} of ${due} held name-days (${(100 * missingShare).toFixed(2)} %) have no funding rate`,
          ]),
    ],
  };
}
