/**
 * The records of the regime drivers: rows of `positions` with status `regime_driver`, one per driver, timeframe and book,
 * with what the engine knows of them in `position_features` (operational schema §3.1, §3.2; regime spec §2.3). They never
 * trade. All records of a run are saved in one transaction of two statements, so a reader sees a run whole or not at all.
 */
import { z } from 'zod';
import { instant, type Sql, type SqlDriver } from './sql.js';

export const RECORD_TIMEFRAMES = ['1m', '1h', '1d'] as const;
export type RecordTimeframe = (typeof RECORD_TIMEFRAMES)[number];

/** Keys of position_features that a driver record uses. */
const FEATURES = ['ta', 'geometry', 'trend', 'trend_meta'] as const;
type Feature = (typeof FEATURES)[number];

const json = z.record(z.string(), z.json());
type Json = z.infer<typeof json>;

const storedRecord = z.object({
  driver: z.string().min(1),
  // a record of an older product says 4h for what is 1d now
  timeframe: z.preprocess((value) => (value === '4h' ? '1d' : value), z.enum(RECORD_TIMEFRAMES)),
  state: z.enum(['S0', 'S1', 'S2', 'S3', 'S4']),
  bars_count: z.int().nonnegative(),
  updated_at: z.number(),
  features: z.array(
    z.object({ key: z.enum(FEATURES), data: json, bar_ts: z.number().nullable(), updated_at: z.number() }),
  ),
});

export interface DriverRecord {
  readonly driver: string;
  readonly timeframe: RecordTimeframe;
  readonly state: 'S0' | 'S1' | 'S2' | 'S3' | 'S4';
  /** Stored bars of the driver. */
  readonly barsCount: number;
  /** Open of the evaluated bar, UTC ms; null before the first evaluation. */
  readonly barTs: number | null;
  /** When the trend was written, UTC ms; null before the first evaluation. */
  readonly evaluatedAt: number | null;
  readonly ta: Json | null;
  readonly geometry: Json | null;
  /** The payload of the engine. */
  readonly trend: Json | null;
}

/** What one evaluation of a driver on a timeframe leaves in its record. */
export interface DriverEvaluation {
  readonly driver: string;
  readonly timeframe: RecordTimeframe;
  readonly state: DriverRecord['state'];
  /** Closed bars behind it. */
  readonly barsCount: number;
  /** Open of the evaluated bar, UTC ms. */
  readonly barTs: number;
  /** By key; what is left out stays as it is. */
  readonly features: Readonly<Partial<Record<Feature, object>>>;
}

export class DriverRecords {
  constructor(private readonly sql: SqlDriver) {}

  /**
   * Makes the records that a book lacks.
   * @returns how many were made
   */
  async create(book: string, drivers: readonly string[]): Promise<number> {
    const { affected } = await this.sql.query(
      `INSERT INTO positions (instrument_id, token_chain, token_contract, token_ticker, timeframe, book_id, status)
       SELECT 'regime:' || $1::text || ':' || replace(lower(driver), '.', '_'), 'regime',
              'regime_' || replace(lower(driver), '.', '_'), driver, timeframe, $1::text, 'regime_driver'
         FROM jsonb_array_elements_text($2::jsonb) AS driver, jsonb_array_elements_text($3::jsonb) AS timeframe
       ON CONFLICT (instrument_id, timeframe, book_id) DO NOTHING`,
      [book, JSON.stringify(drivers), JSON.stringify(RECORD_TIMEFRAMES)],
    );
    return affected;
  }

  /**
   * Every record of a book in one consistent read, by driver and timeframe.
   * @param features what is wanted of them; the rest is null
   */
  async list(
    book: string,
    features: readonly ('ta' | 'geometry' | 'trend')[] = ['ta', 'geometry', 'trend'],
  ): Promise<readonly DriverRecord[]> {
    const { rows } = await this.sql.query<Record<string, unknown>>(
      `SELECT p.token_ticker AS driver, p.timeframe, p.state, p.bars_count,
              extract(epoch FROM p.updated_at)::float8 * 1000 AS updated_at,
              coalesce(jsonb_agg(jsonb_build_object(
                'key', f.key, 'data', f.data, 'bar_ts', extract(epoch FROM f.bar_ts)::float8 * 1000,
                'updated_at', extract(epoch FROM f.updated_at)::float8 * 1000
              )) FILTER (WHERE f.key IS NOT NULL), '[]'::jsonb) AS features
         FROM positions p
         LEFT JOIN position_features f ON f.position_id = p.id 
          AND f.key IN (SELECT jsonb_array_elements_text($2::jsonb))
        WHERE p.status = 'regime_driver' AND p.book_id = $1
        GROUP BY p.id
        ORDER BY p.token_ticker, p.timeframe`,
      [book, JSON.stringify(features)],
    );
    return rows.map((row) => recordOf(storedRecord.parse(row)));
  }

  /** Where the engines stood when that was last saved: feature `trend_meta`, by `driver timeframe`. */
  async checkpoints(book: string): Promise<ReadonlyMap<string, unknown>> {
    const { rows } = await this.sql.query<{ driver: string; timeframe: string; data: unknown }>(
      `SELECT p.token_ticker AS driver, p.timeframe, f.data
         FROM positions p JOIN position_features f ON f.position_id = p.id AND f.key = 'trend_meta'
        WHERE p.status = 'regime_driver' AND p.book_id = $1`,
      [book],
    );
    return new Map(rows.map(({ driver, timeframe, data }) => [`${driver} ${timeframe}`, data]));
  }

  /** Writes evaluations whole: state, bars and features of all of them, or nothing. */
  async save(book: string, evaluations: readonly DriverEvaluation[]): Promise<void> {
    if (evaluations.length === 0) return;
    const records = evaluations.map(({ driver, timeframe, state, barsCount }) => ({
      driver,
      timeframe,
      state,
      bars_count: barsCount,
    }));
    const features = evaluations.flatMap(({ driver, timeframe, barTs, features: given }) =>
      Object.entries(given).map(([key, data]) => ({ driver, timeframe, key, data, bar_ts: instant(barTs) })),
    );
    await this.sql.transaction(async (sql) => {
      await saveRecords(sql, book, JSON.stringify(records));
      await saveFeatures(sql, book, JSON.stringify(features));
    });
  }
}

async function saveRecords(sql: Sql, book: string, records: string): Promise<void> {
  await sql.query(
    `UPDATE positions p SET state = r.state, bars_count = r.bars_count, version = p.version + 1
       FROM jsonb_to_recordset($1::jsonb) AS r(driver text, timeframe text, state text, bars_count int)
      WHERE p.status = 'regime_driver' AND p.book_id = $2 AND p.token_ticker = r.driver AND p.timeframe = r.timeframe`,
    [records, book],
  );
}

async function saveFeatures(sql: Sql, book: string, features: string): Promise<void> {
  await sql.query(
    `INSERT INTO position_features (position_id, key, data, bar_ts)
     SELECT p.id, r.key, r.data, r.bar_ts
       FROM jsonb_to_recordset($1::jsonb) AS r(driver text, timeframe text, key text, data jsonb, bar_ts timestamptz)
       JOIN positions p ON p.status = 'regime_driver' AND p.book_id = $2 AND p.token_ticker = r.driver
        AND p.timeframe = r.timeframe
     ON CONFLICT (position_id, key) DO UPDATE
        SET data = excluded.data, bar_ts = excluded.bar_ts, version = position_features.version + 1`,
    [features, book],
  );
}

function recordOf({
  driver,
  timeframe,
  state,
  bars_count,
  features,
}: z.infer<typeof storedRecord>): DriverRecord {
  const feature = (key: Feature) => features.find((each) => each.key === key);
  const trend = feature('trend');
  return {
    driver,
    timeframe,
    state,
    barsCount: bars_count,
    barTs: trend?.bar_ts ?? null,
    evaluatedAt: trend?.updated_at ?? null,
    ta: feature('ta')?.data ?? null,
    geometry: feature('geometry')?.data ?? null,
    trend: trend?.data ?? null,
  };
}
