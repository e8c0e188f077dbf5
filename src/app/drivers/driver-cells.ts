/**
 * The 24 cells of the grid: what is stored of each driver and timeframe, what its record says, how old it is, and why it
 * lacks or lags (regime spec §16.4). Late and stale are of the data: the time since the newest stored bar closed.
 */
import type { z } from 'zod';
import { THIN_MEMBERS } from '../../analysis/drivers/bucket-members.js';
import type { ChannelState } from '../../analysis/drivers/channel-deltas.js';
import {
  DRIVER_DEFINITIONS,
  DRIVERS,
  type Driver,
  REGIME_TIMEFRAMES,
  type RegimeTimeframe,
} from '../../analysis/drivers/driver.js';
import { MATURE_BARS, minimumDriverBars } from '../../analysis/drivers/driver-ta.js';
import type { DriverRecords as ReadRecords } from '../../analysis/drivers/posture.js';
import type { PostureConfig } from '../../analysis/drivers/posture-config.js';
import type { Lake } from '../../data/lake/lake.js';
import { barClose } from '../../market/timeframe.js';
import type { DriverSettings } from '../../platform/driver-settings.js';
import type { DriverRecord } from '../../platform/store/driver-records.js';
import { CELL_FLAGS, type DriverCell } from './driver-answers.js';
import { trendSchema } from './trend-schema.js';

const MINUTE = 60_000;
/** After this a cell is late; a minute has no such grace. */
const LATE_AFTER_MS: Readonly<Record<RegimeTimeframe, number>> = {
  '1m': 5 * MINUTE,
  '1h': 65 * MINUTE,
  '1d': 25 * 60 * MINUTE,
};

/** How many members a composite needs, and which tokens there could be. */
type MemberRules = Pick<DriverSettings, 'tokens' | 'min_components' | 'bucket_min_components'>;

export interface CellRules {
  readonly config: PostureConfig;
  readonly settings: MemberRules;
}

/** What is stored of one driver and timeframe. */
export interface StoredCell {
  readonly driver: Driver;
  readonly timeframe: RegimeTimeframe;
  readonly bars: number;
  readonly firstTs: number;
  readonly lastTs: number;
  readonly close: number;
  readonly source: string;
  readonly sources: readonly string[];
  readonly componentCount: number | null;
  readonly partial: boolean;
  readonly partialBars: number;
  readonly gaps: number;
  readonly missingBars: number;
}

/** The documented question (a) of `drivers verify`, one row per driver and timeframe. */
export const CELLS_SQL = `SELECT driver, timeframe, count(*) AS bars, min(ts) AS first_ts, max(ts) AS last_ts,
       arg_max(close, ts) AS close, arg_max(source, ts) AS source, list_sort(list(DISTINCT source)) AS sources,
       arg_max(component_count, ts) AS component_count, arg_max(partial, ts) AS partial,
       count(*) FILTER (WHERE partial) AS partial_bars, count(*) FILTER (WHERE apart > 1.1 * step) AS gaps,
       coalesce(sum(apart // step - 1) FILTER (WHERE apart > 1.1 * step), 0) AS missing_bars
  FROM (SELECT *, ts - lag(ts) OVER (PARTITION BY driver, timeframe ORDER BY ts) AS apart,
               CASE timeframe WHEN '1m' THEN 60000 WHEN '1h' THEN 3600000 ELSE 86400000 END AS step
          FROM regime_bars WHERE book_id = '{book}')
 GROUP BY driver, timeframe`;

/** Stored cells of a book, by `driver timeframe`. */
export async function storedCells(lake: Lake, book: string): Promise<ReadonlyMap<string, StoredCell>> {
  const sql = CELLS_SQL.replace("'{book}'", `'${book.replaceAll("'", "''")}'`);
  const rows = await lake.query('regime_bars', {}, (relation, run) =>
    run(sql.replace('FROM regime_bars', `FROM ${relation}`)),
  );
  return new Map(
    rows.map((row) => [
      `${row.driver as string} ${row.timeframe as string}`,
      {
        driver: row.driver as Driver,
        timeframe: row.timeframe as RegimeTimeframe,
        bars: row.bars as number,
        firstTs: row.first_ts as number,
        lastTs: row.last_ts as number,
        close: row.close as number,
        source: row.source as string,
        sources: [...(row.sources as readonly string[])],
        componentCount: row.component_count as number | null,
        partial: row.partial === true,
        partialBars: Number(row.partial_bars),
        gaps: Number(row.gaps),
        missingBars: Number(row.missing_bars),
      },
    ]),
  );
}

/** Key of a cell in maps: `BTC 1h`. */
export function cellKey(driver: string, timeframe: string): string {
  return `${driver} ${timeframe}`;
}

/** A stored trend as A/E reads it; null where the engine has not spoken, which is the same as no record. */
export function channelStateOf(record: DriverRecord | undefined): ChannelState | null {
  if (record?.trend == null) return null;
  // what cannot be read makes the channel invalid, not the answer
  const parsed = trendSchema.safeParse(record.trend);
  return parsed.success ? parsed.data : { state: null, ts: record.barTs };
}

/** Records as a posture reads them; a record that does not parse is null, as if it were missing. */
export function readRecords(records: readonly DriverRecord[]): ReadRecords {
  const read: Record<string, Record<string, ChannelState | null>> = {};
  for (const record of records) {
    read[record.driver] ??= {};
    read[record.driver]![record.timeframe] = channelStateOf(record);
  }
  return read as ReadRecords;
}

export type CellFlag = (typeof CELL_FLAGS)[number];

export function flagsOf(trend: z.infer<typeof trendSchema> | ChannelState | null): CellFlag[] {
  if (trend === null) return [];
  const set: Readonly<Record<CellFlag, boolean>> = {
    BUY: trend.buy_signal === true || trend.buy_flag === true,
    TRIM: trend.trim_flag === true,
    EMERG: trend.emergency_exit === true,
    REBUY: trend.rebuy_flag === true,
    DIP: trend.first_dip_buy_flag === true,
    RECLAIM: trend.reclaimed_ema333 === true,
  };
  return CELL_FLAGS.filter((flag) => set[flag]);
}

/** All 24 cells in the order of the page, those without a record included; `now` is UTC ms. */
export function cellsOf(
  stored: ReadonlyMap<string, StoredCell>,
  records: readonly DriverRecord[],
  now: number,
  rules: CellRules,
): readonly DriverCell[] {
  const byKey = new Map(records.map((record) => [cellKey(record.driver, record.timeframe), record]));
  return DRIVERS.flatMap((driver) =>
    REGIME_TIMEFRAMES.map((timeframe) => {
      const key = cellKey(driver, timeframe);
      return cellOf(driver, timeframe, stored.get(key), byKey.get(key), now, rules);
    }),
  );
}

function cellOf(
  driver: Driver,
  timeframe: RegimeTimeframe,
  stored: StoredCell | undefined,
  record: DriverRecord | undefined,
  now: number,
  { config, settings }: CellRules,
): DriverCell {
  const { required, kind } = DRIVER_DEFINITIONS[driver];
  const trend = channelStateOf(record);
  const age = stored === undefined ? null : now - barClose(stored.lastTs, timeframe);
  const limit = config.stale_minutes[timeframe] * MINUTE;
  const lacks = lackOf(driver, timeframe, stored, trend, settings);
  const status =
    lacks !== null || age === null
      ? 'missing'
      : age > limit
        ? 'stale'
        : age > LATE_AFTER_MS[timeframe]
          ? 'late'
          : 'ok';
  const evaluatedAge = trend?.ts == null ? 0 : now - barClose(trend.ts, timeframe);
  const isMature = trend === null ? null : trend.warm === true;
  const composite = kind === 'composite' || kind === 'bucket';
  return {
    driver,
    timeframe,
    required,
    state: trend?.state ?? null,
    prev_state: trend?.prev_state || null,
    flags: flagsOf(trend),
    bar_ts: trend?.ts ?? null,
    age_ms: age,
    status,
    reason:
      lacks ??
      (status === 'ok' ? null : `the newest bar closed ${spanOf(age!)} ago · ${sourceHint(kind, settings)}`),
    counts: trend?.state != null && evaluatedAge <= limit && !(config.require_mature && isMature === false),
    source: stored?.source ?? null,
    bars: stored?.bars ?? 0,
    mature: isMature === null ? null : (stored?.bars ?? 0) >= MATURE_BARS,
    bars_in_state: trend?.bars_in_state ?? null,
    component_count: composite ? (stored?.componentCount ?? null) : null,
    thin: kind === 'bucket' && stored?.componentCount != null ? stored.componentCount < THIN_MEMBERS : null,
    partial: stored?.partial ?? null,
    close: stored?.close ?? null,
  };
}

/** Why there is nothing to read; null when there is. */
function lackOf(
  driver: Driver,
  timeframe: RegimeTimeframe,
  stored: StoredCell | undefined,
  trend: ChannelState | null,
  settings: MemberRules,
): string | null {
  const { kind } = DRIVER_DEFINITIONS[driver];
  if (stored === undefined) {
    if (kind === 'bucket' && settings.tokens.length === 0) {
      const coins = timeframe === '1d' ? ', and too few listed coins of this size have a market cap' : '';
      return `no ${timeframe} bar: drivers.tokens names no token${coins}`;
    }
    if (kind === 'bucket') {
      return `no ${timeframe} bar: fewer than ${settings.bucket_min_components} tokens of this bucket have one`;
    }
    if (kind === 'dominance') return `no ${timeframe} bar: no sample of the provider is stored`;
    if (kind === 'composite') {
      return `no ${timeframe} bar: fewer than ${settings.min_components} of its coins have one`;
    }
    return `no ${timeframe} bar: none was fetched or imported`;
  }
  const least = minimumDriverBars(timeframe);
  if (stored.bars < least) return `${stored.bars} of the ${least} bars that a state needs`;
  if (trend === null) return 'its bars were not evaluated yet';
  return null;
}

function sourceHint(kind: string, settings: MemberRules): string {
  if (kind === 'dominance') return 'the provider gives no newer samples';
  if (kind === 'bucket') return `fewer than ${settings.bucket_min_components} tokens have newer bars`;
  if (kind === 'composite') return `fewer than ${settings.min_components} coins have newer bars`;
  return 'no source has newer bars';
}

/** A length in words, to the minute below two hours: `85 min`, `30 h`, `4 d`. */
export function spanOf(ms: number): string {
  const minutes = Math.floor(ms / MINUTE);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 72 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}
