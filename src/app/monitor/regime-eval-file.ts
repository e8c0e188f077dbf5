/** Regime evaluation and stability as regime_eval.json has them (majors-alts spec §11); null is a figure without value. */

import type { RegimeTimeline } from '../../backtest/panel/majors-alts-result.js';
import type { EdgeEstimate, HorizonEvaluation } from '../../backtest/panel/regime-evaluation.js';
import { type RegimeStability, regimeStability } from '../../backtest/panel/regime-metrics.js';

const orNull = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value : null;

const edgeFile = ({ edge, pValue, low, high }: EdgeEstimate) => ({
  edge: orNull(edge),
  p_value: orNull(pValue),
  ci_low: orNull(low),
  ci_high: orNull(high),
});

function stabilityFile(stability: RegimeStability) {
  return {
    switches_per_year: stability.switchesPerYear,
    avg_regime_duration_days: stability.avgRegimeDurationDays,
    regime_distribution: { ...stability.regimeDistribution },
    total_switches: stability.totalSwitches,
    total_days: stability.totalDays,
  };
}

export type RegimeEvalFile = Record<
  string,
  ReturnType<typeof horizonFile> | ReturnType<typeof stabilityFile>
>;

export function regimeEvalFile(
  horizons: readonly HorizonEvaluation[],
  timeline: RegimeTimeline,
): RegimeEvalFile {
  return {
    ...Object.fromEntries(horizons.map((each) => [`horizon_${each.horizon}d`, horizonFile(each)])),
    stability: stabilityFile(regimeStability(timeline)),
  };
}

function horizonFile(each: HorizonEvaluation) {
  return {
    regime_stats: Object.fromEntries(
      [...each.regimes].map(([regime, row]) => [
        regime,
        {
          mean_return: orNull(row.meanReturn),
          ci_low: orNull(row.low),
          ci_high: orNull(row.high),
          std_return: orNull(row.stdReturn),
          count: row.count,
          hit_rate: orNull(row.hitRate),
          t_stat: orNull(row.tStat),
          p_value: orNull(row.pValue),
        },
      ]),
    ),
    mean_all: orNull(each.meanAll),
    n_all: each.countAll,
    edges: { best: edgeFile(each.best), worst: edgeFile(each.worst), spread: edgeFile(each.spread) },
  };
}
