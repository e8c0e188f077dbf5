/**
 * The tables of a run as text (majors-alts spec §11): UTF-8, LF, header, shortest digits that read back to the same
 * double, empty for what has no value. The reference profile has the reference's columns only.
 */

import {
  type AssetDayValues,
  CORRECTED_DAILY_NUMBERS,
  DAILY_NUMBERS,
  type MajorsAltsResult,
} from '../../backtest/panel/majors-alts-result.js';
import { isoDate } from '../../market/asset-panel.js';

type Cell = string | number | boolean;

function cellText(value: Cell): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return Number.isNaN(value) ? '' : String(Object.is(value, -0) ? 0 : value);
  return value;
}

interface Column {
  readonly name: string;
  readonly at: (row: number) => Cell;
}

function csv(columns: readonly Column[], rows: number): string {
  const lines = [columns.map(({ name }) => name).join(',')];
  for (let row = 0; row < rows; row += 1) lines.push(columns.map(({ at }) => cellText(at(row))).join(','));
  return `${lines.join('\n')}\n`;
}

export type Profile = 'corrected' | 'reference';

function dailyColumns({ daily }: MajorsAltsResult, profile: Profile): Column[] {
  const numbers = (names: readonly (keyof typeof daily.numbers)[]): Column[] =>
    names.map((name) => ({ name, at: (row) => daily.numbers[name][row]! }));
  const common: Column[] = [
    { name: 'date', at: (row) => isoDate(daily.day[row]!) },
    { name: 'regime', at: (row) => daily.regime[row]! },
    ...numbers(DAILY_NUMBERS),
  ];
  if (profile === 'reference') return common;
  return [
    ...common,
    { name: 'exit_reason', at: (row) => daily.exitReason[row]! },
    { name: 'held_regime', at: (row) => daily.heldRegime[row]! },
    ...numbers(CORRECTED_DAILY_NUMBERS),
    { name: 'rebalanced', at: (row) => daily.rebalanced[row]! },
  ];
}

function assetTable<Name extends string>(table: AssetDayValues<Name>, names: readonly Name[]): string {
  return csv(
    [
      { name: 'date', at: (row) => isoDate(table.day[row]!) },
      { name: 'asset_id', at: (row) => table.asset[row]! },
      ...names.map((name) => ({ name, at: (row: number) => table.values[name][row]! })),
    ],
    table.day.length,
  );
}

function regimeMetrics({ regimeMetrics: metrics }: MajorsAltsResult, profile: Profile): string {
  const columns: Column[] = [
    { name: 'regime', at: (row) => metrics[row]!.regime },
    { name: 'n_days', at: (row) => metrics[row]!.days },
    { name: 'mean_return', at: (row) => metrics[row]!.meanReturn },
    { name: 'median_return', at: (row) => metrics[row]!.medianReturn },
    { name: 'std_return', at: (row) => metrics[row]!.stdReturn },
    { name: 'sharpe_like', at: (row) => metrics[row]!.sharpeLike },
    ...(profile === 'corrected'
      ? [{ name: 'total_return', at: (row: number) => metrics[row]!.totalReturn }]
      : []),
  ];
  return csv(columns, metrics.length);
}

/** File name → content, for the CSV files of a run. A run without a traded day has header-only tables. */
export function runTables(result: MajorsAltsResult, profile: Profile): Readonly<Record<string, string>> {
  const { timeline, daily } = result;
  const rows = daily.day.length;
  const isEmpty = rows === 0;
  return {
    'regime_timeline.csv': csv(
      [
        { name: 'date', at: (row) => isoDate(timeline.day[row]!) },
        { name: 'score', at: (row) => timeline.score[row]! },
        { name: 'regime', at: (row) => timeline.regime[row]! },
      ],
      timeline.day.length,
    ),
    'bt_daily_pnl.csv': isEmpty ? 'date,r_ls_net\n' : csv(dailyColumns(result, profile), rows),
    'bt_equity_curve.csv': isEmpty
      ? 'date,equity_curve\n'
      : csv(
          [...dailyColumns(result, profile), { name: 'equity_curve', at: (row) => daily.equity[row]! }],
          rows,
        ),
    'weights.csv': assetTable(result.weights, ['weight']),
    'basket.csv': assetTable(result.basket, ['basket_weight']),
    'betas.csv': assetTable(result.betas, ['beta_btc', 'beta_eth']),
    'regime_metrics.csv': regimeMetrics(result, profile),
    ...(result.target === undefined
      ? {}
      : {
          'bt_target.csv': csv(
            [
              { name: 'date', at: (row) => isoDate(daily.day[row]!) },
              { name: 'target', at: (row) => result.target![row]! },
            ],
            rows,
          ),
        }),
  };
}
