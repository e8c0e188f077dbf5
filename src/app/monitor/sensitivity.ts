/** What becomes of the figures of a run when trading costs more, or comes later. */
import { delayedReturns } from '../../backtest/believability/delayed-book.js';
import { returnFigures } from '../../backtest/believability/return-figures.js';
import { COST_FACTORS, DELAYS, type SensitivityRow } from '../../backtest/believability/sensitivity-row.js';
import type { MajorsAltsResult } from '../../backtest/panel/majors-alts-result.js';
import type { ResearchLake } from '../../data/research-lake/read-research-lake.js';
import type { MonitorConfig } from '../../platform/monitor-config.js';
import { inputOf } from './monitor-lake.js';
import { playStrategy } from './play-strategy.js';

const SETTLEMENTS = 3;

const rowOf = (setting: number, returns: Float64Array): SensitivityRow => {
  const { sharpe, total_return, max_drawdown } = returnFigures(returns);
  return { setting, sharpe, total_return, max_drawdown };
};

/** The whole strategy again with other costs: exits that depend on losses move too. */
export function costSensitivity(lake: ResearchLake, config: MonitorConfig): SensitivityRow[] {
  return COST_FACTORS.map((times) => {
    const costs = {
      ...config.costs,
      taker_fee_bps: times * config.costs.taker_fee_bps,
      maker_fee_bps: times * config.costs.maker_fee_bps,
      slippage_bps: times * config.costs.slippage_bps,
    };
    const { daily } = playStrategy(inputOf(lake, config), { ...config, costs });
    return rowOf(times, daily.numbers.r_ls_net);
  });
}

/** The same weights, traded later. */
export function delaySensitivity(
  { panel }: ResearchLake,
  config: MonitorConfig,
  { daily, weights }: MajorsAltsResult,
): SensitivityRow[] {
  const assets = [...new Set(weights.asset)].sort();
  const column = new Map(assets.map((id, at) => [id, at]));
  const width = assets.length;
  const rows = daily.day.length;
  const rowOfDay = new Map(Array.from(daily.day, (day, row) => [day, row]));
  const panelRow = new Map(Array.from(panel.days, (day, t) => [day, t]));
  const matrix = {
    assets: width,
    weights: new Float64Array(rows * width),
    returns: new Float64Array(rows * width),
    funding: new Float64Array(rows * width),
  };
  weights.day.forEach((day, at) => {
    const row = rowOfDay.get(day);
    if (row !== undefined)
      matrix.weights[row * width + column.get(weights.asset[at]!)!] = weights.values.weight[at]!;
  });
  const height = panel.days.length;
  const settlements = config.costs.funding_enabled ? (config.costs.funding_8h_rate ? SETTLEMENTS : 1) : 0;
  assets.forEach((id, at) => {
    const a = panel.assets.indexOf(id);
    for (let row = 1; row < rows; row += 1) {
      const [before, now] = [panelRow.get(daily.day[row - 1]!)!, panelRow.get(daily.day[row]!)!];
      matrix.returns[row * width + at] =
        panel.close[a * height + now]! / panel.close[a * height + before]! - 1;
      matrix.funding[row * width + at] = settlements * panel.fundingRate[a * height + before]!;
    }
  });
  const cost = (config.costs.taker_fee_bps + config.costs.slippage_bps) / 10_000;
  return DELAYS.map((delay) => rowOf(delay, delayedReturns(matrix, cost, delay)));
}
