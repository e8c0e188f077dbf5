/** Holes among the newest stored bars of each driver and timeframe (operations spec §2, step 8): where A and E read. */
import type { Lake } from '../../data/lake/lake.js';

/** Bars of one cell that are looked at, the newest first: the history that is kept filled. */
const WINDOW = 666;

const GAPS_SQL = `SELECT driver, timeframe, count(*) FILTER (WHERE apart > 1.1 * step) AS gaps
  FROM (SELECT driver, timeframe, ts - lag(ts) OVER (PARTITION BY driver, timeframe ORDER BY ts) AS apart,
               row_number() OVER (PARTITION BY driver, timeframe ORDER BY ts DESC) AS nth,
               CASE timeframe WHEN '1m' THEN 60000 WHEN '1h' THEN 3600000 ELSE 86400000 END AS step
          FROM regime_bars WHERE book_id = '{book}')
 WHERE nth < ${WINDOW}
 GROUP BY driver, timeframe`;

/** @returns holes wider than 1.1 bars, by `driver timeframe` */
export async function newestGaps(lake: Lake, book: string): Promise<ReadonlyMap<string, number>> {
  const sql = GAPS_SQL.replace('{book}', book.replaceAll("'", "''"));
  const rows = await lake.query('regime_bars', {}, (relation, run) =>
    run(sql.replace('FROM regime_bars', `FROM ${relation}`)),
  );
  return new Map(rows.map((row) => [`${row.driver as string} ${row.timeframe as string}`, Number(row.gaps)]));
}
