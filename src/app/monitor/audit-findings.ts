/**
 * Audits of a majors-vs-alts run. Each finding names the column, the first date, both values and the likely cause.
 *
 * | audit      | asks                                                                                       |
 * |------------|--------------------------------------------------------------------------------------------|
 * | truncation | the lake as known at 00:00 of a day gives the same rows up to that day                     |
 * | shuffle    | the order of the stored rows changes nothing                                               |
 * | accounts   | net = prices − costs − funding, equity multiplies up, traded value is charged, flat is free |
 * | data       | rates that are missing, caps made with the supply of one later date, funding used early    |
 */
import { isTraded, REGIME_CODE } from '../../analysis/neutral/regime-state.js';
import type { Finding } from '../../backtest/believability/finding.js';
import { panelAsKnown } from '../../backtest/believability/panel-as-known.js';
import { tableDifferences, truncationCause } from '../../backtest/believability/table-difference.js';
import type { MajorsAltsResult } from '../../backtest/panel/majors-alts-result.js';
import type { ResearchLake } from '../../data/research-lake/read-research-lake.js';
import { type AssetPanel, isoDate } from '../../market/asset-panel.js';
import { Random } from '../../market/random.js';
import type { MonitorConfig } from '../../platform/monitor-config.js';
import { auditTables } from './audit-tables.js';
import { inputOf, lagOf } from './monitor-lake.js';
import { playStrategy } from './play-strategy.js';

/** Days to cut at: spread over the range, a little off the grid so that no calendar hides anything. */
export function auditDays(lake: ResearchLake, points: number, seed: number): number[] {
  const random = new Random(seed);
  const span = lake.end - lake.start;
  const days = Array.from({ length: points }, (_, point) =>
    Math.min(lake.end - 1, lake.start + Math.round(((point + random.uniform()) / points) * span)),
  );
  return [...new Set(days)].sort((a, b) => a - b);
}

/** Columns that change when the lake is cut at one day. */
export function truncationFindings(
  lake: ResearchLake,
  config: MonitorConfig,
  whole: MajorsAltsResult,
  day: number,
): Finding[] {
  const input = inputOf(lake, config);
  const cut = playStrategy({ ...input, panel: panelAsKnown(input.panel, day), endDay: undefined }, config);
  const date = isoDate(day);
  const { features_wide, regime_timeline, ...book } = auditTables(cut);
  const known = auditTables(whole);
  // only whole test windows are traded, so the cut run ends earlier
  const lastTraded = cut.daily.day.at(-1);
  const differences = [
    ...tableDifferences(
      { features_wide: known.features_wide!, regime_timeline: known.regime_timeline! },
      { features_wide: features_wide!, regime_timeline: regime_timeline! },
      date,
    ),
    ...(lastTraded === undefined
      ? []
      : tableDifferences(
          { bt_daily_pnl: known.bt_daily_pnl!, weights: known.weights! },
          book,
          isoDate(lastTraded),
        )),
  ];
  return differences.map((difference) => ({
    audit: 'truncation',
    severity: 'fault',
    column: `${difference.table}.${difference.column}`,
    first_date: difference.first,
    value: difference.expected,
    other: difference.found,
    cause: `${truncationCause(difference, date)} (cut at ${date}, ${difference.differing} of ${difference.compared} rows)`,
  }));
}

/** Columns that change when the rows of the lake come in another order. */
export function shuffleFindings(
  shuffled: ResearchLake,
  config: MonitorConfig,
  whole: MajorsAltsResult,
): Finding[] {
  const again = playStrategy(inputOf(shuffled, config), config);
  return tableDifferences(auditTables(whole), auditTables(again)).map((difference) => ({
    audit: 'shuffle',
    severity: 'fault',
    column: `${difference.table}.${difference.column}`,
    first_date: difference.first,
    value: difference.expected,
    other: difference.found,
    cause: 'a rolling or shifting step goes over rows that are not in the order of their dates',
  }));
}

const TOLERANCE = 1e-9;

/** Whether the book adds up. */
export function accountFindings({ daily, weights }: MajorsAltsResult): Finding[] {
  const { numbers } = daily;
  const findings = new Map<string, Finding>();
  const note = (column: string, row: number, value: number, other: number, cause: string): void => {
    if (Math.abs(value - other) <= TOLERANCE || findings.has(cause)) return;
    findings.set(cause, {
      audit: 'accounts',
      severity: 'fault',
      column: `bt_daily_pnl.${column}`,
      first_date: isoDate(daily.day[row]!),
      value,
      other,
      cause,
    });
  };
  const books = new Map<number, Map<string, number>>();
  weights.day.forEach((day, row) => {
    const book = books.get(day) ?? new Map<string, number>();
    books.set(day, book.set(weights.asset[row]!, weights.values.weight[row]!));
  });
  const empty = new Map<string, number>();
  let wealth = 1;
  let held = empty;
  for (let row = 0; row < daily.day.length; row += 1) {
    const { r_ls_gross, r_ls_net, cost, funding, alt_turnover, major_turnover, total_gross } = numbers;
    note(
      'r_ls_net',
      row,
      r_ls_net[row]!,
      r_ls_gross[row]! - cost[row]! - funding[row]!,
      'the net return is not prices less costs less funding',
    );
    wealth *= 1 + r_ls_net[row]!;
    note('equity_curve', row, daily.equity[row]!, wealth, 'equity is not the product of the net returns');
    const book = books.get(daily.day[row]!) ?? empty;
    const names = new Set([...held.keys(), ...book.keys()]);
    let traded = 0;
    for (const name of names) traded += Math.abs((book.get(name) ?? 0) - (held.get(name) ?? 0));
    note(
      'turnover',
      row,
      alt_turnover[row]! + major_turnover[row]!,
      traded,
      'the traded value that is charged is not the change of the weights: an entry, an exit or the end of a window is free',
    );
    if (held.size === 0) note('funding', row, funding[row]!, 0, 'funding is charged while nothing is held');
    if (!isTraded(REGIME_CODE[daily.regime[row]!])) {
      note('total_gross', row, total_gross[row]!, 0, 'a position is held in a regime that is not traded');
    }
    held = book;
  }
  return [...findings.values()];
}

/** What the input lacks, or could not have known. */
export function dataFindings(
  { panel }: Pick<ResearchLake, 'panel'>,
  config: MonitorConfig,
  { fundingCoverage }: MajorsAltsResult,
): Finding[] {
  const findings: Finding[] = [];
  const { missing, due, missingShare } = fundingCoverage;
  if (missing > 0) {
    findings.push({
      audit: 'data',
      severity: 'warning',
      column: 'fact_funding.funding_rate',
      first_date: null,
      value: missing,
      other: due,
      cause: `${(100 * missingShare).toFixed(1)} % of the rates owed by held positions are missing and count as zero`,
    });
  }
  if (lagOf(config) === 0) {
    findings.push({
      audit: 'data',
      severity: 'fault',
      column: 'fact_funding.date',
      first_date: null,
      value: 0,
      other: 1,
      cause: 'funding and open interest are used on the day of their row: they were published a day later',
    });
  }
  const constant = constantSupply(panel);
  if (constant !== undefined) {
    findings.push({
      audit: 'data',
      severity: 'warning',
      column: 'fact_marketcap.marketcap',
      first_date: null,
      value: constant.assets,
      other: constant.of,
      cause:
        'cap divided by price never changes: caps were made with the supply of one date, probably a later one',
    });
  }
  return findings;
}

const LEAST_ROWS = 200;

/** Assets whose supply, cap over price, is one number for ever; undefined unless they are most. */
function constantSupply({
  assets,
  days,
  close,
  marketCap,
}: AssetPanel): { assets: number; of: number } | undefined {
  let constant = 0;
  let counted = 0;
  for (let a = 0; a < assets.length; a += 1) {
    let rows = 0;
    let lowest = Number.POSITIVE_INFINITY;
    let highest = 0;
    for (let t = a * days.length; t < (a + 1) * days.length; t += 1) {
      const supply = marketCap[t]! / close[t]!;
      if (!Number.isFinite(supply)) continue;
      rows += 1;
      lowest = Math.min(lowest, supply);
      highest = Math.max(highest, supply);
    }
    if (rows < LEAST_ROWS) continue;
    counted += 1;
    if (highest / lowest - 1 < 1e-6) constant += 1;
  }
  return counted > 0 && constant > counted / 2 ? { assets: constant, of: counted } : undefined;
}
