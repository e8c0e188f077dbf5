/**
 * The tables of a run as text (majors-alts spec §11): UTF-8, LF, header, shortest digits that read back to the same
 * double, empty for what has no value. The reference profile has the reference's columns only.
 */

import {
  type AssetDayValues,
  CORRECTED_DAILY_NUMBERS,
  DAILY_NUMBERS,
  type MajorsAltsResult,
  type RegimeMetric,
} from '../../backtest/panel/majors-alts-result.js';
import { isoDate } from '../../market/asset-panel.js';

const numberText = (value: number): string =>
  Number.isNaN(value) ? '' : String(Object.is(value, -0) ? 0 : value);

/** A column as text, one cell per row. */
interface Column {
  readonly name: string;
  readonly cells: readonly string[];
}

const texts = (name: string, values: readonly string[]): Column => ({ name, cells: values });
const numbers = (name: string, values: ArrayLike<number>): Column => ({
  name,
  cells: Array.from(values, numberText),
});

/** Many rows share a day: each is written out once. */
function dates(days: ArrayLike<number>): Column {
  const cells: string[] = [];
  for (let row = 0; row < days.length; row += 1) {
    cells.push(row > 0 && days[row] === days[row - 1] ? cells[row - 1]! : isoDate(days[row]!));
  }
  return { name: 'date', cells };
}

function csv(columns: readonly Column[]): string {
  const rows = columns[0]!.cells.length;
  let text = `${columns.map(({ name }) => name).join(',')}\n`;
  for (let row = 0; row < rows; row += 1) {
    text += columns[0]!.cells[row]!;
    for (let i = 1; i < columns.length; i += 1) text += `,${columns[i]!.cells[row]!}`;
    text += '\n';
  }
  return text;
}

export type Profile = 'corrected' | 'reference';

function dailyColumns({ daily }: MajorsAltsResult, profile: Profile): Column[] {
  const named = (names: readonly (keyof typeof daily.numbers)[]): Column[] =>
    names.map((name) => numbers(name, daily.numbers[name]));
  const common = [dates(daily.day), texts('regime', daily.regime), ...named(DAILY_NUMBERS)];
  if (profile === 'reference') return common;
  return [
    ...common,
    texts('exit_reason', daily.exitReason),
    texts('held_regime', daily.heldRegime),
    ...named(CORRECTED_DAILY_NUMBERS),
    texts(
      'rebalanced',
      daily.rebalanced.map((value) => (value ? 'True' : 'False')),
    ),
  ];
}

function assetTable<Name extends string>(table: AssetDayValues<Name>, names: readonly Name[]): string {
  return csv([
    dates(table.day),
    texts('asset_id', table.asset),
    ...names.map((name) => numbers(name, table.values[name])),
  ]);
}

function regimeMetrics({ regimeMetrics: metrics }: MajorsAltsResult, profile: Profile): string {
  const column = (name: string, of: (metric: RegimeMetric) => number): Column =>
    numbers(name, metrics.map(of));
  return csv([
    texts(
      'regime',
      metrics.map(({ regime }) => regime),
    ),
    column('n_days', ({ days }) => days),
    column('mean_return', ({ meanReturn }) => meanReturn),
    column('median_return', ({ medianReturn }) => medianReturn),
    column('std_return', ({ stdReturn }) => stdReturn),
    column('sharpe_like', ({ sharpeLike }) => sharpeLike),
    ...(profile === 'corrected' ? [column('total_return', ({ totalReturn }) => totalReturn)] : []),
  ]);
}

/** File name → content, for the CSV files of a run. A run without a traded day has header-only tables. */
export function runTables(result: MajorsAltsResult, profile: Profile): Readonly<Record<string, string>> {
  const { timeline, daily } = result;
  const isEmpty = daily.day.length === 0;
  const columns = dailyColumns(result, profile);
  return {
    'regime_timeline.csv': csv([
      dates(timeline.day),
      numbers('score', timeline.score),
      texts('regime', timeline.regime),
    ]),
    'bt_daily_pnl.csv': isEmpty ? 'date,r_ls_net\n' : csv(columns),
    'bt_equity_curve.csv': isEmpty
      ? 'date,equity_curve\n'
      : csv([...columns, numbers('equity_curve', daily.equity)]),
    'weights.csv': assetTable(result.weights, ['weight']),
    'basket.csv': assetTable(result.basket, ['basket_weight']),
    'betas.csv': assetTable(result.betas, ['beta_btc', 'beta_eth']),
    'regime_metrics.csv': regimeMetrics(result, profile),
    ...(result.target === undefined
      ? {}
      : { 'bt_target.csv': csv([dates(daily.day), numbers('target', result.target)]) }),
  };
}
