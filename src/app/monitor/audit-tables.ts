/** The tables of a run in the shape that audits compare: features, regimes, daily result, weights, all by date. */
import { NEUTRAL_FEATURES } from '../../analysis/neutral/feature-table.js';
import type { Cell, DatedTable, DatedTables } from '../../backtest/believability/table-difference.js';
import type { MajorsAltsResult } from '../../backtest/panel/majors-alts-result.js';
import { isoDate } from '../../market/asset-panel.js';

export function auditTables(result: MajorsAltsResult): DatedTables {
  const { features, timeline, daily, weights } = result;
  const dates = (days: ArrayLike<number>): string[] => Array.from(days, isoDate);
  const columns: Record<string, ArrayLike<Cell>> = {};
  for (const name of NEUTRAL_FEATURES) columns[`raw_${name}`] = features.raw[name];
  for (const name of NEUTRAL_FEATURES) columns[`z_${name}`] = features.z[name];
  return {
    features_wide: { keys: dates(features.day), columns },
    regime_timeline: {
      keys: dates(timeline.day),
      columns: { score: timeline.score, regime: timeline.regime },
    },
    bt_daily_pnl: {
      keys: dates(daily.day),
      columns: { ...daily.numbers, equity_curve: daily.equity },
    },
    weights: byAsset(weights.day, weights.asset, { weight: weights.values.weight }),
  };
}

function byAsset(day: Int32Array, asset: readonly string[], columns: DatedTable['columns']): DatedTable {
  return { keys: asset.map((id, row) => `${isoDate(day[row]!)} ${id}`), columns };
}
