/**
 * Writes market caps that were fetched onto the newest closed daily bar of their markets (operational schema §4.1,
 * `bars.market_cap`). The tags in the database say what holds now; what a bucket was made of at 1d must follow from the
 * lake, so that it can be made again (src/data/drivers/coin-days.ts). A bar that knows its cap keeps it.
 */
import type { LakeAccess } from '../../data/ingest/lake-access.js';
import type { RowOf } from '../../data/lake/dataset-rows.js';
import { quote } from '../../data/lake/session.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';

export interface KnownCap {
  readonly instrument_id: string;
  readonly market_cap_usd: number;
}

/** @param at when the caps held, UTC ms @returns bars that were marked */
export async function markDays(access: LakeAccess, caps: readonly KnownCap[], at: number): Promise<number> {
  if (caps.length === 0) return 0;
  const ts = bucketOpen(at, '1d') - TIMEFRAME_MS['1d'];
  const capOf = new Map(caps.map(({ instrument_id, market_cap_usd }) => [instrument_id, market_cap_usd]));
  const names = [...capOf.keys()].map(quote).join(', ');
  const filter = { timeframe: '1d', from: ts, to: ts + 1 };
  const rows = (await access.lake.query('bars', filter, (relation, run) =>
    run(
      `SELECT * EXCLUDE (venue, period, ingested_at) FROM ${relation}
        WHERE ts = ${ts} AND NOT partial AND market_cap IS NULL AND instrument_id IN (${names})
        ORDER BY instrument_id`,
    ),
  )) as unknown as (RowOf<'bars'> & { readonly source: string })[];
  for (const source of new Set(rows.map((row) => row.source))) {
    // the same source: the rank of a bar stays what it was
    const own = rows
      .filter((row) => row.source === source)
      .map((row) => ({ ...row, market_cap: capOf.get(row.instrument_id)! }));
    await access.write((writer) => writer.append('bars', own, { source }));
  }
  return rows.length;
}
