/** Strength of the market-cap buckets, hour by hour (operational schema §4.6; regime spec §13.1). */
import { z } from 'zod';
import { instant, type Sql } from './sql.js';

const snapshot = z.object({
  bucket: z.enum(['nano', 'small', 'mid', 'big']),
  ts: z.number(),
  phase: z.string().nullable(),
  score: z.number().nullable(),
  slope: z.number().nullable(),
  curvature: z.number().nullable(),
  delta_res: z.number().nullable(),
  confidence: z.number().nullable(),
  population_count: z.number().nullable(),
});

/** Names as stored; `ts` is the close of the hour, UTC ms. */
export type BucketSnapshot = z.infer<typeof snapshot>;

export class BucketSnapshots {
  constructor(private readonly sql: Sql) {}

  async write(snapshots: readonly BucketSnapshot[]): Promise<void> {
    if (snapshots.length === 0) return;
    await this.sql.query(
      `INSERT INTO bucket_snapshots (
         bucket, horizon, ts, phase, score, slope, curvature, delta_res, confidence, population_count)
       SELECT r.bucket, 'meso', r.ts, r.phase, r.score, r.slope, r.curvature, r.delta_res, r.confidence,
              r.population_count
         FROM jsonb_to_recordset($1::jsonb) AS r(
           bucket text, ts timestamptz, phase text, score double precision, slope double precision,
           curvature double precision, delta_res double precision, confidence double precision, population_count int)
       ON CONFLICT (bucket, horizon, ts) DO UPDATE
          SET phase = excluded.phase, score = excluded.score, slope = excluded.slope, curvature = excluded.curvature,
              delta_res = excluded.delta_res, confidence = excluded.confidence,
              population_count = excluded.population_count`,
      [JSON.stringify(snapshots.map((each) => ({ ...each, ts: instant(each.ts) })))],
    );
  }

  /** The newest of each bucket that is not older than `since`. */
  async newest(since: number): Promise<readonly BucketSnapshot[]> {
    const { rows } = await this.sql.query(
      `SELECT DISTINCT ON (bucket) bucket, ts, phase, score, slope, curvature, delta_res, confidence, population_count
         FROM bucket_snapshots WHERE horizon = 'meso' AND ts >= $1::timestamptz
        ORDER BY bucket, ts DESC`,
      [instant(since)],
    );
    return rows.map((row) => snapshot.parse(row));
  }
}
