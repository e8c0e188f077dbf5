/**
 * Where a composite of drivers stands: its last bar and, per component, the last bar that it accepted (operational schema
 * §4.7; regime spec §2.4). Written after the bar, so it may lag by one; whoever continues compares it with the newest
 * bar and builds it anew when they differ.
 */
import { z } from 'zod';
import { RECORD_TIMEFRAMES, type RecordTimeframe } from './driver-records.js';
import { instant, type Sql } from './sql.js';

const stored = z.object({
  driver: z.string(),
  timeframe: z.enum(RECORD_TIMEFRAMES),
  last_ts: z.number(),
  last_close: z.number().positive(),
  components: z.record(z.string(), z.object({ ts: z.number(), close: z.number().positive() })),
});

/** Where a composite stood, so that it goes on bit for bit. */
export interface StoredComposite {
  readonly driver: string;
  readonly timeframe: RecordTimeframe;
  /** Open of the last bar, UTC ms. */
  readonly lastTs: number;
  /** Index points. */
  readonly lastClose: number;
  /** Last accepted bar of each component. */
  readonly components: Readonly<Record<string, { readonly ts: number; readonly close: number }>>;
}

export class CompositeStates {
  constructor(private readonly sql: Sql) {}

  /** Of all composites of a timeframe. */
  async read(book: string, timeframe: RecordTimeframe): Promise<readonly StoredComposite[]> {
    const { rows } = await this.sql.query(
      `SELECT driver, timeframe, last_ts, last_close, components FROM composite_state
        WHERE book_id = $1 AND timeframe = $2 ORDER BY driver`,
      [book, timeframe],
    );
    return rows.map((row) => {
      const { last_ts, last_close, ...rest } = stored.parse(row);
      return { ...rest, lastTs: last_ts, lastClose: last_close };
    });
  }

  async write(book: string, states: readonly StoredComposite[]): Promise<void> {
    if (states.length === 0) return;
    const rows = states.map(({ driver, timeframe, lastTs, lastClose, components }) => ({
      driver,
      timeframe,
      last_ts: instant(lastTs),
      last_close: lastClose,
      components,
    }));
    await this.sql.query(
      `INSERT INTO composite_state (driver, book_id, timeframe, last_ts, last_close, components)
       SELECT r.driver, $2::text, r.timeframe, r.last_ts, r.last_close, r.components
         FROM jsonb_to_recordset($1::jsonb) AS r(
           driver text, timeframe text, last_ts timestamptz, last_close double precision, components jsonb)
       ON CONFLICT (driver, book_id, timeframe) DO UPDATE
          SET last_ts = excluded.last_ts, last_close = excluded.last_close, components = excluded.components`,
      [JSON.stringify(rows), book],
    );
  }
}
