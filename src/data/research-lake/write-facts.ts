/**
 * Writes daily facts into a research lake (majors-alts spec §1, §13): the only code that may. Rows are added to what a
 * table holds and never replace it: of two rows with one key the stored one wins. A table is written whole beside its
 * place, synced and renamed, so that a reader or a kill meets the old table or the new one.
 *
 * Funding is checked after the merge: on a day with at least ten assets the median of |rate| cannot be above 0.001 while
 * rates are fractions per 8 hours, so a table that turned to percent somewhere is not written.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { TidewatchError } from '../../errors.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';
import { duckdb } from '../../platform/duckdb.js';
import { quote, rowsOf, Session } from '../lake/session.js';
import { writeWholeFile } from '../lake/whole-file.js';
import { MOST_MEDIAN_FUNDING } from './funding-unit.js';
import { dayName } from './research-panel.js';

const { DOUBLE, DuckDBDataChunk, VARCHAR } = duckdb;

type CellType = 'text' | 'double' | 'date' | 'boolean';

/** Columns of the tables that the fetcher fills, in the order of the files. `date` is a day since 1970, UTC. */
const TABLES = {
  fact_price: { asset_id: 'text', date: 'date', close: 'double', source: 'text' },
  fact_marketcap: { asset_id: 'text', date: 'date', marketcap: 'double', source: 'text' },
  fact_volume: { asset_id: 'text', date: 'date', volume: 'double', source: 'text' },
  fact_funding: {
    asset_id: 'text',
    instrument_id: 'text',
    date: 'date',
    funding_rate: 'double',
    exchange: 'text',
    source: 'text',
  },
  fact_open_interest: { asset_id: 'text', date: 'date', open_interest_usd: 'double', source: 'text' },
  fact_liquidations: {
    asset_id: 'text',
    date: 'date',
    long_liquidation_usd: 'double',
    short_liquidation_usd: 'double',
    source: 'text',
  },
  dim_asset: {
    asset_id: 'text',
    symbol: 'text',
    name: 'text',
    chain: 'text',
    contract_address: 'text',
    coingecko_id: 'text',
    is_stable: 'boolean',
    is_wrapped_stable: 'boolean',
    metadata_json: 'text',
  },
} as const satisfies Record<string, Readonly<Record<string, CellType>>>;

export type FactTableName = keyof typeof TABLES;
export type FactRow = Readonly<Record<string, string | number | boolean | null>>;

/** What names one row; texts that are not given count as equal. */
const KEYS: Readonly<Record<FactTableName, readonly string[]>> = {
  fact_price: ['asset_id', 'date'],
  fact_marketcap: ['asset_id', 'date'],
  fact_volume: ['asset_id', 'date'],
  fact_funding: ['asset_id', 'date', 'exchange'],
  fact_open_interest: ['asset_id', 'date'],
  fact_liquidations: ['asset_id', 'date'],
  dim_asset: ['asset_id'],
};

const ARRIVES: Readonly<Record<CellType, DuckDBType>> = {
  text: VARCHAR,
  double: DOUBLE,
  date: DOUBLE,
  boolean: DOUBLE,
};
const STORED: Readonly<Record<CellType, string>> = {
  text: 'VARCHAR',
  double: 'DOUBLE',
  date: 'DATE',
  boolean: 'BOOLEAN',
};
const CHUNK_ROWS = 2048;

export interface Merged {
  /** Rows that were new. */
  readonly added: number;
  /** Rows that the table held already: it keeps its own. */
  readonly held: number;
}

/** First and last stored day of an asset. */
export interface StoredDays {
  readonly first: number;
  readonly last: number;
}

/** Adds facts to a research lake on disk: a row whose key is there already stays as it is. */
export class ResearchLakeWriter {
  private readonly session = new Session({ threads: 2, memoryLimit: '512MB' });

  private constructor(readonly folder: string) {}

  /** Makes the folder where it is missing and clears what a killed writer left. */
  static open(folder: string): ResearchLakeWriter {
    const root = resolve(folder);
    mkdirSync(root, { recursive: true });
    for (const name of readdirSync(root)) {
      if (/^\..*\.writing$/.test(name)) rmSync(join(root, name), { force: true });
    }
    return new ResearchLakeWriter(root);
  }

  close(): Promise<void> {
    return this.session.close();
  }

  /** Rows of a table as the lake holds them; none where the table is missing. */
  async rows(table: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const path = join(this.folder, `${table}.parquet`);
    return existsSync(path) ? this.session.rows(`SELECT * FROM read_parquet(${quote(path)})`) : [];
  }

  /** Stored days by asset, of one exchange where the table tells exchanges apart. */
  async storedDays(table: FactTableName, exchange?: string): Promise<ReadonlyMap<string, StoredDays>> {
    const path = join(this.folder, `${table}.parquet`);
    if (!existsSync(path)) return new Map();
    const only = exchange === undefined ? '' : `WHERE exchange = ${quote(exchange)}`;
    const rows = await this.session.rows(
      `SELECT asset_id, (min(date::DATE) - DATE '1970-01-01')::DOUBLE AS first,
         (max(date::DATE) - DATE '1970-01-01')::DOUBLE AS last
       FROM read_parquet(${quote(path)}) ${only} GROUP BY asset_id`,
    );
    return new Map(
      rows.map(({ asset_id, first, last }) => [
        String(asset_id),
        { first: Number(first), last: Number(last) },
      ]),
    );
  }

  /**
   * Adds rows whose key is not there yet; a table without news stays untouched.
   * @throws TidewatchError `implausible_value` (unit of funding), `disk_full`, `home_not_writable`, `write_failed`
   */
  async merge(table: FactTableName, rows: readonly FactRow[]): Promise<Merged> {
    if (rows.length === 0) return { added: 0, held: 0 };
    const path = join(this.folder, `${table}.parquet`);
    const columns: [string, CellType][] = Object.entries(TABLES[table]);
    return this.session.use(async (connection) => {
      const fields = columns.map(([name, type]) => `${name} ${ARRIVES[type]}`);
      await connection.run(`CREATE OR REPLACE TEMP TABLE arriving (${fields.join(', ')})`);
      try {
        const appender = await connection.createAppender('arriving', null, 'temp');
        const types = columns.map(([, type]) => ARRIVES[type]);
        for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
          const part = rows.slice(start, start + CHUNK_ROWS);
          const chunk = DuckDBDataChunk.create(types, part.length);
          chunk.setColumns(columns.map(([name]) => part.map((row) => cellOf(row[name]))));
          appender.appendDataChunk(chunk);
        }
        appender.closeSync();
        const cast = columns.map(([name, type]) =>
          type === 'date'
            ? `(DATE '1970-01-01' + ${name}::INTEGER)::DATE AS ${name}`
            : `${name}::${STORED[type]} AS ${name}`,
        );
        const keys = KEYS[table];
        // of one key the first that arrives counts
        const once = `SELECT ${cast.join(', ')} FROM arriving
          QUALIFY row_number() OVER (PARTITION BY ${keys.join(', ')} ORDER BY rowid) = 1`;
        const stored = existsSync(path) ? `read_parquet(${quote(path)})` : undefined;
        const same = keys.map((key) =>
          key === 'date'
            ? 'e.date::DATE = a.date'
            : `coalesce(e.${key}::VARCHAR, '') = coalesce(a.${key}, '')`,
        );
        const fresh =
          stored === undefined
            ? `SELECT * FROM (${once})`
            : `SELECT a.* FROM (${once}) a WHERE NOT EXISTS (SELECT 1 FROM ${stored} e WHERE ${same.join(' AND ')})`;
        const merged = stored === undefined ? fresh : `SELECT * FROM ${stored} UNION ALL BY NAME (${fresh})`;
        await connection.run(`CREATE OR REPLACE TEMP TABLE merged AS ${merged}`);
        const count = async (from: string): Promise<number> =>
          Number((await rowsOf(connection, `SELECT count(*)::DOUBLE AS n FROM ${from}`))[0]!.n);
        const added = (await count('merged')) - (stored === undefined ? 0 : await count(stored));
        const held = (await count(`(${once})`)) - added;
        if (added === 0) return { added, held };
        if (table === 'fact_funding') {
          refusePercent(await rowsOf(connection, OFFENDING_DAYS), this.folder);
        }
        await writeWholeFile(path, (temporary) =>
          connection.run(
            `COPY (SELECT * FROM merged ORDER BY ${keys.join(', ')}) TO ${quote(temporary)} (FORMAT parquet, COMPRESSION zstd)`,
          ),
        );
        return { added, held };
      } finally {
        await connection.run('DROP TABLE IF EXISTS temp.arriving');
        await connection.run('DROP TABLE IF EXISTS temp.merged');
      }
    });
  }

  /** Says in what unit funding is stored. */
  recordFundingUnit(writtenAt: number): void {
    writeFileAtomic(
      join(this.folder, 'funding_metadata.json'),
      `${JSON.stringify({ unit: 'fraction_per_8h', source: 'coinglass', written_at: writtenAt }, null, 2)}\n`,
    );
  }
}

function cellOf(value: FactRow[string] | undefined): DuckDBValue {
  if (value === undefined) return null;
  return typeof value === 'boolean' ? Number(value) : value;
}

const OFFENDING_DAYS = `
  SELECT (date::DATE - DATE '1970-01-01')::DOUBLE AS day, median(abs(funding_rate)) AS middle FROM merged
  WHERE isfinite(funding_rate) GROUP BY day
  HAVING count(DISTINCT asset_id) >= 10 AND median(abs(funding_rate)) > ${MOST_MEDIAN_FUNDING} ORDER BY day`;

function refusePercent(days: readonly Readonly<Record<string, unknown>>[], folder: string): void {
  if (days.length === 0) return;
  const [first, last] = [days[0]!, days.at(-1)!].map(({ day }) => dayName(Number(day)));
  throw new TidewatchError(
    'implausible_value',
    `funding of ${days.length} days from ${first} to ${last} looks like percent · it was not written to ${folder}`,
    {
      hint: 'rates are fractions per 8 hours there; divide the stored days by 100, or report the provider',
      details: { first_date: first, last_date: last, days: days.length },
    },
  );
}
