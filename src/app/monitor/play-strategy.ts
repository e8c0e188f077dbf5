/** The book that a configuration asks for: by regimes of the score, by those of the older score, or always on. Pure. */
import { lakeLegacyScore } from '../../analysis/legacy-score/lake-legacy-score.js';
import { REGIME_CODE } from '../../analysis/neutral/regime-state.js';
import {
  type FixedRebalanceSettings,
  fixedRebalanceRun,
  fixedRebalanceSignal,
} from '../../backtest/panel/fixed-rebalance.js';
import { type GivenRegime, runGivenRegimes } from '../../backtest/panel/given-regimes.js';
import type { MajorsAltsInput, MajorsAltsResult } from '../../backtest/panel/majors-alts-result.js';
import { type MajorsAltsSignal, majorsAltsSignal } from '../../backtest/panel/majors-alts-signal.js';
import { decideRegimes, runMajorsAlts } from '../../backtest/panel/run-majors-alts.js';
import type { MonitorConfig } from '../../platform/monitor-config.js';
import { lagOf } from './monitor-lake.js';
import { settingsOf } from './monitor-settings.js';

/** A run and the signal of its last day; null when no major or alt has a price. @throws as `playStrategy` */
export function playWithSignal(
  input: MajorsAltsInput & { readonly endDay: number },
  config: MonitorConfig,
): { result: MajorsAltsResult; signal: MajorsAltsSignal | null } {
  const isSimple = config.msm === null && config.regime.mode !== 'legacy' && config.profile === 'corrected';
  if (isSimple) {
    // the signal of the last day follows from the very features and regimes that the run was made of
    const settings = settingsOf(config);
    const decided = decideRegimes(input, settings);
    const result = runMajorsAlts(input, settings, decided);
    const isEmpty = result.timeline.day.length === 0;
    return { result, signal: isEmpty ? null : majorsAltsSignal(input, settings, input.endDay, { decided }) };
  }
  const result = playStrategy(input, config);
  const isEmpty = result.timeline.day.length === 0;
  return { result, signal: isEmpty ? null : strategySignal(input, config, input.endDay) };
}

/** @throws TidewatchError `bad_parameter` for settings that cannot be run */
export function playStrategy(input: MajorsAltsInput, config: MonitorConfig): MajorsAltsResult {
  const settings = settingsOf(config);
  if (config.msm !== null) return fixedRebalanceRun(input, settings, variantOf(config.msm));
  if (config.regime.mode === 'legacy') return runGivenRegimes(input, settings, legacyRegimes(input, config));
  return runMajorsAlts(input, settings);
}

/** The book of a day, as if entered flat at its close. @throws TidewatchError `no_data`, `bad_parameter` */
export function strategySignal(
  input: MajorsAltsInput,
  config: MonitorConfig,
  asofDay: number,
): MajorsAltsSignal {
  const settings = settingsOf(config);
  if (config.msm !== null) return fixedRebalanceSignal(input, settings, variantOf(config.msm), asofDay);
  const given = config.regime.mode === 'legacy' ? legacyRegimes(input, config) : undefined;
  return majorsAltsSignal(input, settings, asofDay, { given });
}

function variantOf(msm: NonNullable<MonitorConfig['msm']>): FixedRebalanceSettings {
  return {
    topN: msm.top_n,
    weighting: msm.weighting,
    minVolumeUsd: msm.min_volume_usd,
    majorWeights: msm.major_weights,
    rebalanceDays: msm.rebalance_days,
  };
}

const { RISK_ON_ALTS, BALANCED, RISK_ON_MAJORS } = REGIME_CODE;
const REGIME_OF_BUCKET = {
  GREEN: RISK_ON_MAJORS,
  YELLOWGREEN: RISK_ON_MAJORS,
  YELLOW: BALANCED,
  ORANGE: RISK_ON_ALTS,
  RED: RISK_ON_ALTS,
};

/** Regimes of the 0-to-100 score; its scale is brought to that of the composite score. */
function legacyRegimes({ panel }: MajorsAltsInput, config: MonitorConfig): ReadonlyMap<number, GivenRegime> {
  const { day, score, bucket } = lakeLegacyScore(panel, config.universe.majors, lagOf(config));
  return new Map(
    Array.from(day, (each, row) => [
      each,
      { score: (score[row]! - 50) / 25, regime: REGIME_OF_BUCKET[bucket[row]!] },
    ]),
  );
}
