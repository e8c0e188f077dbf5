/**
 * A and E of every bucket over all of history, into the lake dataset `drivers_ae`: from the driver bars that the lake
 * holds, or from those of the sample data. Each row rests on bars that had closed by its close, and on nothing else.
 *
 * A run recomputes everything from today's bars and writes what differs from what is stored, so it may be repeated at
 * will; after a correction of past bars the rows after it are those that the corrected bars give.
 */

import type { ChannelTrack } from '../../analysis/drivers/channel-track.js';
import {
  type Bucket,
  DRIVERS,
  type Driver,
  REGIME_TIMEFRAMES,
  type RegimeTimeframe,
} from '../../analysis/drivers/driver.js';
import type { ExecutionTimeframe } from '../../analysis/drivers/execution-weights.js';
import type { PostureConfig } from '../../analysis/drivers/posture-config.js';
import { type DriverTracks, postureHistory, trackOf } from '../../analysis/drivers/posture-history.js';
import type { Lake } from '../../data/lake/lake.js';
import type { LakeWriter } from '../../data/lake/lake-writer.js';
import { quote } from '../../data/lake/session.js';
import { TidewatchError } from '../../errors.js';
import type { BarColumns } from '../../market/series.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';

const DATASET = 'drivers_ae';

export interface DriversHistoryRequest {
  readonly book: string;
  readonly buckets: readonly Bucket[];
  readonly timeframes: readonly ExecutionTimeframe[];
  readonly config?: PostureConfig;
  readonly write: <T>(work: (writer: LakeWriter) => Promise<T>) => Promise<T>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number, what: string) => void;
}

/** What was computed for one bucket and execution timeframe; times UTC ms. */
export interface DriversHistoryRow {
  readonly bucket: Bucket;
  readonly timeframe: ExecutionTimeframe;
  readonly rows: number;
  /** Opens of the first and the last bar, UTC ms. */
  readonly from: number;
  readonly to: number;
  /** Share of the absolute weights that was live, 0..1, mean over the rows. */
  readonly meanCoverage: number;
  /** Rows that were not stored like that. */
  readonly written: number;
}

/**
 * States of every driver from the stored `regime_bars` of a book.
 * @throws TidewatchError `no_data` when there are none
 */
export async function storedTracks(lake: Lake, book: string): Promise<DriverTracks> {
  const tracks: Partial<Record<Driver, Partial<Record<RegimeTimeframe, ChannelTrack>>>> = {};
  for (const timeframe of REGIME_TIMEFRAMES) {
    for (const driver of DRIVERS) {
      const found = await lake.query('regime_bars', { timeframe }, (relation, run) =>
        run(
          `SELECT ts::DOUBLE AS ts, open, high, low, close, volume FROM ${relation}
           WHERE driver = ${quote(driver)} AND book_id = ${quote(book)} ORDER BY ts`,
        ),
      );
      if (found.length === 0) continue;
      const column = (name: string): Float64Array => Float64Array.from(found, (row) => Number(row[name]));
      const bars: BarColumns = {
        time: column('ts'),
        open: column('open'),
        high: column('high'),
        low: column('low'),
        close: column('close'),
        volume: column('volume'),
      };
      tracks[driver] = { ...tracks[driver], [timeframe]: trackOf(driver, timeframe, bars) };
    }
  }
  if (Object.keys(tracks).length > 0) return tracks;
  throw new TidewatchError('no_data', `the lake holds no driver bars of ${book}`, {
    hint: 'fill them with: tidewatch drivers backfill, or take --sample',
    details: { dataset: 'regime_bars', book_id: book },
  });
}

/** Computes and stores; finished combinations stay when it is interrupted. */
export async function recomputeDriversHistory(
  lake: Lake,
  tracks: DriverTracks,
  request: DriversHistoryRequest,
): Promise<DriversHistoryRow[]> {
  const { book, buckets, timeframes, config, write, signal, onProgress } = request;
  const report: DriversHistoryRow[] = [];
  const total = buckets.length * timeframes.length;
  for (const timeframe of timeframes) {
    const moments = executionCloses(tracks, timeframe);
    if (moments.length === 0) continue;
    for (const bucket of buckets) {
      signal?.throwIfAborted();
      onProgress?.(report.length, total, `${bucket} ${timeframe}`);
      const { a, e, coverage, channelsLive } = postureHistory(tracks, moments, {
        bucket,
        executionTimeframe: timeframe,
        ...(config === undefined ? {} : { config }),
      });
      const ts = moments.map((moment) => moment - TIMEFRAME_MS[timeframe]);
      const stored = await storedRows(lake, bucket, timeframe, book);
      const rows = [...ts.keys()].filter((row) => {
        const before = stored.get(ts[row]!);
        return (
          before === undefined ||
          before.a !== a[row] ||
          before.e !== e[row] ||
          before.coverage !== coverage[row] ||
          before.live !== channelsLive[row]
        );
      });
      if (rows.length > 0) {
        const pick = (column: ArrayLike<number>): number[] => rows.map((row) => column[row]!);
        const same = (value: string): string[] => rows.map(() => value);
        await write((writer) =>
          writer.append(
            DATASET,
            {
              columns: {
                bucket: same(bucket),
                book_id: same(book),
                timeframe: same(timeframe),
                ts: pick(ts),
                a: pick(a),
                e: pick(e),
                coverage: pick(coverage),
                channels_live: pick(channelsLive),
                available_at: pick(moments),
              },
              length: rows.length,
            },
            { source: 'posture' },
          ),
        );
      }
      report.push({
        bucket,
        timeframe,
        rows: ts.length,
        from: ts[0]!,
        to: ts.at(-1)!,
        meanCoverage: coverage.reduce((sum, value) => sum + value, 0) / coverage.length,
        written: rows.length,
      });
    }
  }
  onProgress?.(total, total, '');
  return report;
}

/**
 * Closes of execution bars from the first record of bitcoin or the alts to the last: where nothing required is known,
 * there is nothing to say. An execution timeframe finer than every driver has no closes of its own.
 */
function executionCloses(tracks: DriverTracks, timeframe: ExecutionTimeframe): Float64Array {
  const length = TIMEFRAME_MS[timeframe];
  const clock = (['BTC', 'ALT'] as const)
    .flatMap((driver) => Object.values(tracks[driver] ?? {}))
    .filter((track) => track.length > 0 && TIMEFRAME_MS[track.timeframe] <= length);
  if (clock.length === 0) return new Float64Array(0);
  const first = Math.min(...clock.map((track) => track.knownFrom(0)));
  const last = Math.max(...clock.map((track) => track.knownFrom(track.length - 1)));
  const from = bucketOpen(first - 1, timeframe) + length;
  const count = Math.max(0, Math.floor((last - from) / length) + 1);
  return Float64Array.from({ length: count }, (_, at) => from + at * length);
}

interface StoredRow {
  readonly a: number;
  readonly e: number;
  readonly coverage: number;
  readonly live: number;
}

async function storedRows(
  lake: Lake,
  bucket: Bucket,
  timeframe: ExecutionTimeframe,
  book: string,
): Promise<Map<number, StoredRow>> {
  const found = await lake.query(DATASET, { timeframe }, (relation, run) =>
    run(
      `SELECT ts::DOUBLE AS ts, a, e, coverage, channels_live FROM ${relation}
       WHERE bucket = ${quote(bucket)} AND book_id = ${quote(book)}`,
    ),
  );
  return new Map(
    found.map((row) => [
      Number(row.ts),
      {
        a: Number(row.a),
        e: Number(row.e),
        coverage: Number(row.coverage),
        live: Number(row.channels_live),
      },
    ]),
  );
}
