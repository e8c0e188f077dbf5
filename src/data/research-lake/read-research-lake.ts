/**
 * Reads a research lake (majors-alts spec §1) into memory and never touches it: Parquet is opened for reading by an
 * in-memory query engine whose temporary files lie elsewhere. Rows may come in any order; they are laid into
 * asset × day matrices, so order cannot matter.
 *
 * What a table may hold besides good rows, and what becomes of it:
 *   row without asset, date or value, or with a value that is not finite       dropped, counted in a notice
 *   price that is not above zero; cap, volume or open interest below zero       dropped, counted in a notice
 *   the same row twice                                                         counts once, counted in a notice
 *   two values for one asset and day                                           error `time_not_increasing`
 *   funding of several exchanges for one asset and day                         their mean, in the order of exchanges
 *
 * Limit: the matrices are dense; 300 assets × 1,500 days take 18 MB.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { TidewatchError } from '../../errors.js';
import { type AssetPanel, isoDate } from '../../market/asset-panel.js';
import { quote, rowsOf } from '../lake/session.js';
import { FACT_TABLES, type FactTable, type LakeNotice, layOut, type PresentTable } from './fact-panel.js';
import { type FundingUnit, settleFundingUnit } from './funding-unit.js';
import { readSymbolLists, type SymbolLists } from './symbol-lists.js';
import { withTables } from './table-engine.js';
import { type AssetRows, extentOf, readTableRows } from './table-rows.js';

export interface ResearchLakeOptions {
  /** First and last day, inclusive (days since 1970); the first and last day with a price when left out. */
  readonly start?: number;
  readonly end?: number;
  /** Days before `start` from which funding and open interest are read too. */
  readonly daysBefore?: number;
  /** Unit of the funding table; `fraction` unless said, and then guarded. */
  readonly fundingUnit?: FundingUnit;
  /** The reference has no guard: it takes rates as they are. */
  readonly guard?: boolean;
  /** Reads the rows of the fact tables in an order of its own, for audits: nothing may depend on it. */
  readonly shuffleSeed?: number;
}

export interface AssetFacts {
  readonly symbol: string | null;
  readonly isStable: boolean;
  readonly isWrappedStable: boolean;
}

export interface ResearchLake {
  readonly panel: AssetPanel;
  /** Repeated equal rows that were dropped, by matrix. */
  readonly repeatedRows: Readonly<Record<FactTable['matrix'], number>>;
  /** First and last day asked for, inclusive; days of the panel before `start` hold funding and open interest only. */
  readonly start: number;
  readonly end: number;
  /** What dim_asset says, by asset id; empty without that table. */
  readonly dimension: ReadonlyMap<string, AssetFacts>;
  readonly lists: SymbolLists;
  readonly notices: readonly LakeNotice[];
  /** SHA-256 of every file that was read, by name. */
  readonly files: Readonly<Record<string, string>>;
}

const LISTS = ['blacklist.csv', 'wrapped.csv', 'stablecoins.csv'] as const;

/**
 * @param folder `…/curated/data_lake`
 * @throws TidewatchError `file_not_found` (folder or a required table), `missing_column`, `unreadable_file`,
 *   `no_data` (no price in the range), `time_not_increasing` (two values for one asset and day), `implausible_value`
 *   (unit of funding)
 */
export async function readResearchLake(
  folder: string,
  options: ResearchLakeOptions = {},
): Promise<ResearchLake> {
  const root = resolve(folder);
  const beside = dirname(dirname(root));
  const tables = presentTables(root);
  const dimensionFile = join(root, 'dim_asset.parquet');
  const hasDimension = existsSync(dimensionFile);
  const range = {
    first: options.start === undefined ? undefined : options.start - (options.daysBefore ?? 0),
    last: options.end,
    shuffleSeed: options.shuffleSeed,
  };
  const reading = Promise.all(
    tables.map((table) => withTables((connection) => readTableRows(connection, table, range))),
  );
  const naming = hasDimension ? readDimension(dimensionFile) : new Map<string, AssetFacts>();
  const described = Promise.all([reading, naming]);
  // a failure below must not leave this one unheard
  described.catch(() => undefined);
  // while the engine reads
  const files = hashes([
    ...tables.map(({ path }) => path),
    ...(hasDimension ? [dimensionFile] : []),
    ...LISTS.map((name) => join(beside, name)),
  ]);
  const lists = readSymbolLists(beside);
  const [rows, dimension] = await described;
  const { start, end } = await rangeOf(tables[0]!, rows[0]!, options);
  const { panel, repeatedRows, notices } = await layOut(tables, rows, {
    start,
    end,
    before: start - (options.daysBefore ?? 0),
  });
  if (options.guard ?? true) {
    const divided = settleFundingUnit(panel.fundingRate, panel.days, options.fundingUnit ?? 'fraction');
    if (divided > 0) {
      notices.push({
        code: 'funding_unit',
        message: `funding of ${divided} days was taken as percent and divided by 100`,
      });
    }
  }
  if (!hasDimension) {
    notices.push({
      code: 'missing_table',
      message: 'the lake has no dim_asset: stablecoins are told by the lists beside it only',
    });
  }
  return { panel, repeatedRows, start, end, dimension, lists, notices, files };
}

function presentTables(root: string): PresentTable[] {
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw new TidewatchError('file_not_found', `there is no research lake at ${root}`, {
      hint: 'name its folder with --lake or monitor.data.data_lake_dir',
      details: { path: root },
    });
  }
  return FACT_TABLES.flatMap((table) => {
    const path = join(root, `${table.file}.parquet`);
    if (existsSync(path)) return [{ ...table, path }];
    if (!table.required) return [];
    throw new TidewatchError('file_not_found', `the research lake lacks ${table.file}.parquet`, {
      hint: 'a lake needs fact_price, fact_marketcap and fact_volume',
      details: { path },
    });
  });
}

/** The days asked for, or the first and last with a price. */
async function rangeOf(
  prices: PresentTable,
  rows: readonly AssetRows[],
  { start, end }: ResearchLakeOptions,
): Promise<{ start: number; end: number }> {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { day, value } of rows) {
    for (let i = 0; i < day.length; i += 1) {
      if (!(value[i]! > 0 && value[i]! < Number.POSITIVE_INFINITY)) continue;
      if (day[i]! < first) first = day[i]!;
      if (day[i]! > last) last = day[i]!;
    }
  }
  const [from, to] = [start ?? first, end ?? last];
  if (from <= to && from <= last && to >= first) return { start: from, end: to };
  const all = await withTables((connection) => extentOf(connection, prices));
  if (all === undefined) {
    throw new TidewatchError('no_data', 'fact_price holds no usable row', { hint: 'fill the lake first' });
  }
  const range = { start: start ?? all.first, end: end ?? all.last };
  if (range.start > range.end || range.start > all.last || range.end < all.first) {
    throw new TidewatchError(
      'no_data',
      `there is no price from ${isoDate(range.start)} to ${isoDate(range.end)} · prices go from ${isoDate(all.first)} to ${isoDate(all.last)}`,
      {
        hint: 'choose days with prices',
        details: { first_date: isoDate(all.first), last_date: isoDate(all.last) },
      },
    );
  }
  return range;
}

async function readDimension(path: string): Promise<ReadonlyMap<string, AssetFacts>> {
  const rows = await withTables((connection) =>
    rowsOf(connection, `SELECT * FROM read_parquet(${quote(path)})`),
  );
  const dimension = new Map<string, AssetFacts>();
  for (const row of rows) {
    if (typeof row.asset_id !== 'string') continue;
    dimension.set(row.asset_id, {
      symbol: typeof row.symbol === 'string' ? row.symbol : null,
      isStable: row.is_stable === true,
      isWrappedStable: row.is_wrapped_stable === true,
    });
  }
  return dimension;
}

function hashes(paths: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    paths
      .filter((path) => existsSync(path))
      .map((path) => [basename(path), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}
