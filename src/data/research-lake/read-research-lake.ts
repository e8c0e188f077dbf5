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
import type { DuckDBConnection } from '@duckdb/node-api';
import { TidewatchError } from '../../errors.js';
import { type AssetPanel, isoDate } from '../../market/asset-panel.js';
import { quote, rowsOf, Session, visitChunks } from '../lake/session.js';
import { type FundingUnit, settleFundingUnit } from './funding-unit.js';
import { readSymbolLists, type SymbolLists } from './symbol-lists.js';

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
  /** Threads of the query engine. */
  readonly threads?: number;
}

/** A degradation that the caller should tell. */
export interface LakeNotice {
  readonly code: 'missing_table' | 'dropped_rows' | 'repeated_rows' | 'several_exchanges' | 'funding_unit';
  readonly message: string;
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

interface FactTable {
  readonly file: string;
  readonly column: string;
  readonly matrix: 'close' | 'marketCap' | 'volume' | 'fundingRate' | 'openInterest';
  readonly required: boolean;
  /** Rows that are no observation. */
  readonly unusable: string;
}

const TABLES: readonly FactTable[] = [
  { file: 'fact_price', column: 'close', matrix: 'close', required: true, unusable: 'value <= 0' },
  {
    file: 'fact_marketcap',
    column: 'marketcap',
    matrix: 'marketCap',
    required: true,
    unusable: 'value < 0',
  },
  { file: 'fact_volume', column: 'volume', matrix: 'volume', required: true, unusable: 'value < 0' },
  { file: 'fact_funding', column: 'funding_rate', matrix: 'fundingRate', required: false, unusable: 'false' },
  {
    file: 'fact_open_interest',
    column: 'open_interest_usd',
    matrix: 'openInterest',
    required: false,
    unusable: 'value < 0',
  },
];

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
  const tables = presentTables(root);
  const session = new Session({ threads: options.threads ?? 2 });
  try {
    return await session.use((connection) => load(connection, root, tables, options));
  } finally {
    await session.close();
  }
}

interface PresentTable extends FactTable {
  readonly path: string;
}

function presentTables(root: string): PresentTable[] {
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw new TidewatchError('file_not_found', `there is no research lake at ${root}`, {
      hint: 'name its folder with --lake or monitor.data.data_lake_dir',
      details: { path: root },
    });
  }
  return TABLES.flatMap((table) => {
    const path = join(root, `${table.file}.parquet`);
    if (existsSync(path)) return [{ ...table, path }];
    if (!table.required) return [];
    throw new TidewatchError('file_not_found', `the research lake lacks ${table.file}.parquet`, {
      hint: 'a lake needs fact_price, fact_marketcap and fact_volume',
      details: { path },
    });
  });
}

async function load(
  connection: DuckDBConnection,
  root: string,
  tables: readonly PresentTable[],
  options: ResearchLakeOptions,
): Promise<ResearchLake> {
  const notices: LakeNotice[] = TABLES.filter(({ file }) => !tables.some((table) => table.file === file)).map(
    ({ file }) => ({
      code: 'missing_table',
      message: `the lake has no ${file}: its features stay without values`,
    }),
  );
  for (const table of tables) await openTable(connection, table);
  const { start, end } = await rangeOf(connection, options);
  const before = start - (options.daysBefore ?? 0);
  const within = ({ matrix }: FactTable): string =>
    matrix === 'fundingRate' || matrix === 'openInterest'
      ? `day BETWEEN ${before} AND ${end}`
      : `day BETWEEN ${start} AND ${end}`;
  const union = (what: string): string =>
    tables
      .map((table) => `SELECT DISTINCT ${what} FROM ${table.file} WHERE ${within(table)}`)
      .join(' UNION ');
  const assets = (await rowsOf(connection, `SELECT * FROM (${union('asset_id')}) ORDER BY 1`)).map(
    ({ asset_id }) => String(asset_id),
  );
  const days = Int32Array.from(
    await rowsOf(connection, `SELECT * FROM (${union('day')}) ORDER BY 1`),
    ({ day }) => Number(day),
  );
  assets.sort(); // by code unit, whatever the collation of the engine
  await connection.run(
    `CREATE TEMP TABLE asset_index AS SELECT * FROM (VALUES ${assets.map((id, at) => `(${quote(id)}, ${at}::DOUBLE)`).join(',')}) t(asset_id, place)`,
  );
  const matrices = Object.fromEntries(
    TABLES.map(({ matrix }) => [matrix, new Float64Array(days.length * assets.length).fill(Number.NaN)]),
  ) as Record<FactTable['matrix'], Float64Array>;
  const rowOfDay = new Map(Array.from(days, (day, row) => [day, row]));
  const repeatedRows = { close: 0, marketCap: 0, volume: 0, fundingRate: 0, openInterest: 0 };
  for (const table of tables) {
    const order =
      options.shuffleSeed === undefined
        ? ''
        : `ORDER BY hash(place::VARCHAR || ' ' || day::VARCHAR || ' ' || ${Math.trunc(options.shuffleSeed)})`;
    const target = { matrix: matrices[table.matrix], rowOfDay, days, assets, order };
    const filled = await fill(connection, table, within(table), target);
    notices.push(...filled.notices);
    repeatedRows[table.matrix] = filled.repeated;
  }
  if (options.guard ?? true) {
    const divided = settleFundingUnit(matrices.fundingRate, days, options.fundingUnit ?? 'fraction');
    if (divided > 0) {
      notices.push({
        code: 'funding_unit',
        message: `funding of ${divided} days was taken as percent and divided by 100`,
      });
    }
  }
  const { dimension, file } = await readDimension(connection, root);
  if (file === undefined) {
    notices.push({
      code: 'missing_table',
      message: 'the lake has no dim_asset: stablecoins are told by the lists beside it only',
    });
  }
  const lists = readSymbolLists(dirname(dirname(root)));
  return {
    panel: { assets, days, ...matrices },
    repeatedRows,
    start,
    end,
    dimension,
    lists,
    notices,
    files: hashes([
      ...tables.map(({ path }) => path),
      ...(file === undefined ? [] : [file]),
      ...['blacklist.csv', 'wrapped.csv', 'stablecoins.csv'].map((name) =>
        join(dirname(dirname(root)), name),
      ),
    ]),
  };
}

/** A view with the columns asset_id, day and value (and exchange for funding), whatever types the file has. */
async function openTable(connection: DuckDBConnection, { file, path, column }: PresentTable): Promise<void> {
  const source = `read_parquet(${quote(path)})`;
  let columns: readonly string[];
  try {
    columns = (await rowsOf(connection, `DESCRIBE SELECT * FROM ${source}`)).map((row) =>
      String(row.column_name),
    );
  } catch (cause) {
    throw new TidewatchError('unreadable_file', `${path} is not a Parquet file that can be read`, {
      hint: 'write the table anew',
      details: { file: path },
      cause,
    });
  }
  const missing = ['asset_id', 'date', column].filter((name) => !columns.includes(name));
  if (missing.length > 0) {
    throw new TidewatchError('missing_column', `${file}.parquet lacks the column ${missing.join(', ')}`, {
      hint: `it needs asset_id, date and ${column}`,
      details: { file: path, columns: missing },
    });
  }
  const exchange = columns.includes('exchange') ? "coalesce(exchange::VARCHAR, '')" : "''";
  await connection.run(
    `CREATE TEMP VIEW ${file} AS SELECT asset_id::VARCHAR AS asset_id,
       (TRY_CAST(date AS DATE) - DATE '1970-01-01')::INTEGER AS day,
       TRY_CAST(${column} AS DOUBLE) AS value, ${exchange} AS exchange
     FROM ${source}`,
  );
}

async function rangeOf(
  connection: DuckDBConnection,
  { start, end }: ResearchLakeOptions,
): Promise<{ start: number; end: number }> {
  const [priced] = await rowsOf(
    connection,
    'SELECT min(day) AS first, max(day) AS last FROM fact_price WHERE value > 0',
  );
  const { first, last } = priced as { first: number | null; last: number | null };
  if (first === null || last === null) {
    throw new TidewatchError('no_data', 'fact_price holds no usable row', { hint: 'fill the lake first' });
  }
  const range = { start: start ?? first, end: end ?? last };
  if (range.start > range.end || range.start > last || range.end < first) {
    throw new TidewatchError(
      'no_data',
      `there is no price from ${isoDate(range.start)} to ${isoDate(range.end)} · prices go from ${isoDate(first)} to ${isoDate(last)}`,
      { hint: 'choose days with prices', details: { first_date: isoDate(first), last_date: isoDate(last) } },
    );
  }
  return range;
}

interface Target {
  readonly matrix: Float64Array;
  readonly rowOfDay: ReadonlyMap<number, number>;
  readonly days: Int32Array;
  readonly assets: readonly string[];
  readonly order: string;
}

async function fill(
  connection: DuckDBConnection,
  { file, unusable }: FactTable,
  within: string,
  { matrix, rowOfDay, days, assets, order }: Target,
): Promise<{ notices: LakeNotice[]; repeated: number }> {
  const height = days.length;
  const bad = `(value IS NULL OR NOT isfinite(value) OR ${unusable})`;
  const notices: LakeNotice[] = [];
  const [counts] = await rowsOf(
    connection,
    `SELECT count(*) FILTER (asset_id IS NULL OR day IS NULL OR (${within} AND ${bad})) AS dropped FROM ${file}`,
  );
  const dropped = Number(counts!.dropped);
  if (dropped > 0) {
    notices.push({
      code: 'dropped_rows',
      message: `${dropped} unusable rows of ${file} were left out (no date or value, or a value that cannot be)`,
    });
  }
  const rows = `FROM ${file} JOIN asset_index USING (asset_id) WHERE ${within} AND NOT ${bad}`;
  let repeated = 0;
  let differing = 0;
  let example = '';
  await visitChunks(
    connection,
    `SELECT place, day::DOUBLE, value ${rows} ${order}`,
    ([at, day, value], length) => {
      for (let i = 0; i < length; i += 1) {
        const cell = at![i]! * height + rowOfDay.get(day![i]!)!;
        const held = matrix[cell]!;
        if (Number.isNaN(held)) {
          matrix[cell] = value![i]!;
        } else {
          repeated += 1;
          if (held !== value![i]) {
            differing += 1;
            example = `${assets[at![i]!]} on ${isoDate(day![i]!)}`;
          }
        }
      }
    },
  );
  if (differing === 0) {
    if (repeated > 0) {
      notices.push({ code: 'repeated_rows', message: `${repeated} rows of ${file} are there twice` });
    }
    return { notices, repeated };
  }
  if (file !== 'fact_funding' || (await hasConflict(connection, rows))) {
    throw new TidewatchError('time_not_increasing', `${file} holds two values for ${example}`, {
      hint: 'keep one row per asset and day',
      details: { table: file, conflicts: differing },
    });
  }
  // one rate per exchange: their mean, added up in a fixed order
  await visitChunks(
    connection,
    `SELECT place, day::DOUBLE, list_avg(list_transform(list_sort(list_distinct(list({e: exchange, v: value}))), r -> r.v))::DOUBLE
     ${rows} GROUP BY ALL`,
    ([at, day, value], length) => {
      for (let i = 0; i < length; i += 1) matrix[at![i]! * height + rowOfDay.get(day![i]!)!] = value![i]!;
    },
  );
  notices.push({
    code: 'several_exchanges',
    message: `${file} has several exchanges for one asset and day: their mean is used`,
  });
  return { notices, repeated: 0 };
}

async function hasConflict(connection: DuckDBConnection, rows: string): Promise<boolean> {
  const found = await rowsOf(
    connection,
    `SELECT 1 ${rows} GROUP BY place, day, exchange HAVING count(DISTINCT value) > 1 LIMIT 1`,
  );
  return found.length > 0;
}

async function readDimension(
  connection: DuckDBConnection,
  root: string,
): Promise<{ dimension: ReadonlyMap<string, AssetFacts>; file?: string }> {
  const path = join(root, 'dim_asset.parquet');
  if (!existsSync(path)) return { dimension: new Map() };
  const rows = await rowsOf(connection, `SELECT * FROM read_parquet(${quote(path)})`);
  const dimension = new Map<string, AssetFacts>();
  for (const row of rows) {
    if (typeof row.asset_id !== 'string') continue;
    dimension.set(row.asset_id, {
      symbol: typeof row.symbol === 'string' ? row.symbol : null,
      isStable: row.is_stable === true,
      isWrappedStable: row.is_wrapped_stable === true,
    });
  }
  return { dimension, file: path };
}

function hashes(paths: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    paths
      .filter((path) => existsSync(path))
      .map((path) => [basename(path), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}
