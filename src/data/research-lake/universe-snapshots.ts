/**
 * Snapshots of the universe beside a research lake (majors-alts spec §1): who was in it at each rebalance, as written down
 * then. Of the latest rebalance at or before a day all rows count; before the first there is nobody.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TidewatchError } from '../../errors.js';
import { isoDate } from '../../market/asset-panel.js';
import { quote, rowsOf, Session } from '../lake/session.js';

/** A member as the file has it; cap in USD, weight a share. */
export interface SnapshotMember {
  readonly symbol: string;
  readonly coingeckoId: string | null;
  readonly basket: string | null;
  readonly rank: number | null;
  readonly weight: number | null;
  readonly marketCap: number | null;
}

export interface UniverseSnapshot {
  /** Null when the day is before every rebalance. */
  readonly rebalanceDay: number | null;
  /** By rank, then symbol. */
  readonly members: readonly SnapshotMember[];
}

const NEEDED = ['rebalance_date', 'symbol'];

/** The file beside the folder of the tables. */
export const snapshotsBeside = (lake: string): string => join(dirname(lake), 'universe_snapshots.parquet');

/**
 * Undefined when there is no such file.
 * @throws TidewatchError `unreadable_file`, `missing_column`
 */
export async function universeSnapshot(path: string, asofDay: number): Promise<UniverseSnapshot | undefined> {
  if (!existsSync(path)) return undefined;
  const session = new Session({ threads: 1 });
  try {
    return await session.use(async (connection) => {
      const source = `read_parquet(${quote(path)})`;
      let columns: string[];
      try {
        columns = (await rowsOf(connection, `DESCRIBE SELECT * FROM ${source}`)).map((row) =>
          String(row.column_name),
        );
      } catch (cause) {
        throw new TidewatchError('unreadable_file', `${path} is not a Parquet file that can be read`, {
          hint: 'write the snapshots anew, or take the file away',
          details: { file: path },
          cause,
        });
      }
      const missing = NEEDED.filter((name) => !columns.includes(name));
      if (missing.length > 0) {
        throw new TidewatchError('missing_column', `${path} lacks the column ${missing.join(', ')}`, {
          hint: 'snapshots need rebalance_date and symbol',
          details: { file: path, columns: missing },
        });
      }
      const cell = (name: string, type: string): string =>
        columns.includes(name) ? `TRY_CAST(${name} AS ${type}) AS ${name}` : `NULL AS ${name}`;
      const rows = await rowsOf(
        connection,
        `WITH s AS (SELECT TRY_CAST(rebalance_date AS DATE) AS made, symbol::VARCHAR AS symbol,
           ${[cell('coingecko_id', 'VARCHAR'), cell('basket_name', 'VARCHAR'), cell('rank', 'DOUBLE'), cell('weight', 'DOUBLE'), cell('marketcap', 'DOUBLE')].join(', ')}
           FROM ${source})
         SELECT *, (made - DATE '1970-01-01')::INTEGER AS day FROM s
         WHERE made = (SELECT max(made) FROM s WHERE made <= DATE '${isoDate(asofDay)}')
         ORDER BY rank NULLS LAST, symbol`,
      );
      const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
      const figure = (value: unknown): number | null => (typeof value === 'number' ? value : null);
      return {
        rebalanceDay: rows.length === 0 ? null : Number(rows[0]!.day),
        members: rows.map((row) => ({
          symbol: String(row.symbol),
          coingeckoId: text(row.coingecko_id),
          basket: text(row.basket_name),
          rank: figure(row.rank),
          weight: figure(row.weight),
          marketCap: figure(row.marketcap),
        })),
      };
    });
  } finally {
    await session.close();
  }
}
