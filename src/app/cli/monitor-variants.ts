/** Many variants of a configuration run together: each lake read once, all cores, one table of them with how far to believe it. */
import type { TrialBelief } from '../../backtest/believability/trial-belief.js';
import type { ResearchLake } from '../../data/research-lake/read-research-lake.js';
import type { MonitorConfig } from '../../platform/monitor-config.js';
import { markdownTable } from '../monitor/comparisons.js';
import { readingKey, readMonitorLake } from '../monitor/monitor-lake.js';
import { type PoolItem, type PoolOutcome, requireRun, runMonitorPool } from '../monitor/monitor-pool.js';
import type { VariantRow } from '../monitor/sweep.js';
import type { CommandContext } from './command-context.js';
import { number, percent, renderTable, signedPercent, text } from './output.js';

/** Reads each way of reading the lake once. */
export async function readLakes(
  folder: string,
  configs: readonly MonitorConfig[],
  range: { readonly start: number | undefined; readonly end: number | undefined },
): Promise<{ lakes: ResearchLake[]; lakeOf: (config: MonitorConfig) => number }> {
  const keys = [...new Set(configs.map(readingKey))];
  const lakes: ResearchLake[] = [];
  for (const key of keys) {
    lakes.push(await readMonitorLake(folder, configs.find((config) => readingKey(config) === key)!, range));
  }
  return { lakes, lakeOf: (config) => keys.indexOf(readingKey(config)) };
}

/** Outcomes in the order of the items. */
export async function pooled(
  context: CommandContext,
  label: string,
  lakes: readonly ResearchLake[],
  items: readonly PoolItem[],
  failFast = false,
): Promise<PoolOutcome[]> {
  const progress = context.progress(label, 'runs', items.length);
  let done = 0;
  try {
    return await runMonitorPool(lakes, items, {
      signal: context.signal,
      onResult: (outcome, index) => {
        done += 1;
        progress.update(done, items.length, items[index]!.name);
        if (failFast) requireRun(outcome);
      },
    });
  } finally {
    progress.stop();
  }
}

export const ratio = (value: number | null): string =>
  value === null ? 'n/a' : value.toFixed(2).replace('-', '−');
const HEADER = [
  'Variant',
  'Return',
  'CAGR',
  'Sharpe',
  '95 % interval',
  'Sortino',
  'Max drawdown',
  '95 % interval',
  'Volatility',
  'Hit rate',
  'Days',
];

/** `n/a` where there is no interval. */
export function rangeOf(
  interval: VariantRow['intervals'][string] | undefined,
  write: (value: number | null) => string,
): string {
  return interval === undefined ? 'n/a' : `${write(interval.low)} to ${write(interval.high)}`;
}

function cellsOf(row: VariantRow): string[] {
  return [
    row.name,
    signedPercent(row.total_return, 1),
    signedPercent(row.cagr, 1),
    ratio(row.sharpe),
    rangeOf(row.intervals.sharpe, ratio),
    ratio(row.sortino),
    signedPercent(row.max_drawdown, 1),
    rangeOf(row.intervals.max_drawdown, (value) => signedPercent(value, 1)),
    percent(row.volatility),
    percent(row.hit_rate),
    row.active_days === null ? String(row.n_days) : `${row.active_days} of ${row.n_days}`,
  ];
}

export const variantText = (rows: readonly VariantRow[], context: CommandContext): string =>
  tableText(HEADER, rows.map(cellsOf), context);

/** The first column is text, the others are figures. */
export function tableText(header: readonly string[], rows: string[][], { style }: CommandContext): string {
  const [name, ...figures] = header;
  return renderTable([text(name!), ...figures.map((each) => number(each))], rows, style);
}

/** One sentence. */
export function beliefText(belief: TrialBelief | null): string {
  if (belief === null) return 'Too few variants or days to say how far to believe the best.';
  const { overfitting } = belief;
  return (
    `Best of ${belief.trials}: real with probability ${percent(belief.deflated_sharpe, 0)} (luck alone would show ${ratio(belief.luck_sharpe)})` +
    (overfitting === null ? '.' : `; overfitted with probability ${percent(overfitting.probability, 0)}.`)
  );
}

/** A page of the variants, an answer and how far to believe the best. */
export function markdown(
  title: string,
  rows: readonly VariantRow[],
  belief: TrialBelief | null,
  answer = '',
): string {
  return `# ${title}\n\n${markdownTable(HEADER, rows.map(cellsOf))}\n\n${answer === '' ? '' : `${answer}\n\n`}${beliefText(belief)}\n`;
}
