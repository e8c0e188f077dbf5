/**
 * Bars of one instrument at any timeframe (HMM spec §1, §3.7). Every timeframe is derived from the stored 1m bars,
 * unless bars stored at that timeframe span longer than the instrument's 1m history; then those are used as they are.
 * A series is wholly the one or the other, and says which. Without 1m bars the finest stored timeframe that divides
 * the wanted one stands in.
 *
 * The window is widened to bucket edges before reading, and the newest bucket counts only when it has closed by the
 * data horizon. Fine bars that are not in memory become buckets inside the query engine (bucket-query.ts) or stream
 * through the resampler without becoming arrays: less memory, and the same bits, because the sum runs in time order
 * in each case.
 */
import { TidewatchError } from '../../errors.js';
import type { Resampled, Resampler } from '../../market/resample.js';
import { makeSeries, type Series } from '../../market/series.js';
import { barClose, bucketOpen, divides, TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { numericSql, withPresentColumns } from './column-reader.js';
import type { LakeFile } from './lake-file.js';
import { overlapGroups } from './part-name.js';
import type { OnCorrupt } from './reading.js';
import { scan } from './relation.js';
import { quote, type Session, visitChunks } from './session.js';

/** Which part of a series; all of it when empty. */
export interface SeriesRequest {
  /** Half-open range of bar open times, UTC ms; widened to bucket edges. */
  readonly from?: number;
  readonly to?: number;
  readonly onCorrupt?: OnCorrupt;
  /** UTC ms up to which data are known to be whole; default: the close of the newest stored fine bar. */
  readonly horizon?: number;
}

/** Bars at the timeframe asked for and where they come from; arrays have one value per bar. */
export interface StoredSeries {
  readonly series: Series;
  /** `native`: stored at this timeframe; `derived`: made from `base` bars. Never a mixture. */
  readonly kind: 'native' | 'derived';
  /** Timeframe of the stored bars that were read. */
  readonly base: Timeframe;
  /** 1 where every fine bar was there (derived, rolled up) or the bar was not partial (the venue's own). */
  readonly complete: Uint8Array;
  /** Fine bars inside each bar (1 when native). */
  readonly bars: Uint32Array;
  /** Damaged files left out (only with onCorrupt `skip`). */
  readonly skipped: readonly string[];
}

/** First and last bar open, UTC ms, both stored. */
export interface Span {
  readonly firstTs: number;
  readonly lastTs: number;
}

export const OHLCV = ['open', 'high', 'low', 'close', 'volume'] as const;

/**
 * Which stored timeframe answers for `wanted`.
 * @param stored timeframes that may hold bars of the instrument
 * @param spanOf first and last stored open time; undefined when the instrument has no bar there
 */
export async function chooseBase(
  wanted: Timeframe,
  stored: readonly Timeframe[],
  spanOf: (timeframe: Timeframe) => Promise<Span | undefined>,
): Promise<Timeframe | undefined> {
  const usable = stored.filter((timeframe) => divides(timeframe, wanted));
  const spans = new Map<Timeframe, number>();
  for (const timeframe of usable) {
    const span = await spanOf(timeframe);
    if (span) spans.set(timeframe, barClose(span.lastTs, timeframe) - span.firstTs);
  }
  const native = spans.get(wanted);
  const minutes = spans.get('1m');
  if (native !== undefined && (minutes === undefined || native > minutes)) return wanted;
  if (minutes !== undefined) return '1m';
  return usable
    .filter((timeframe) => spans.has(timeframe))
    .sort((a, b) => TIMEFRAME_MS[a] - TIMEFRAME_MS[b])[0];
}

/** The wanted range widened to the edges of its buckets. */
export function widen(timeframe: Timeframe, { from, to }: SeriesRequest): { from: number; to: number } {
  return {
    from: from === undefined ? 0 : bucketOpen(from, timeframe),
    to:
      to === undefined || to === Number.POSITIVE_INFINITY
        ? Number.POSITIVE_INFINITY
        : bucketOpen(to - 1, timeframe) + TIMEFRAME_MS[timeframe],
  };
}

/** Streams bars of files that follow each other through a resampler. */
export async function streamInto(
  resampler: Resampler,
  session: Session,
  files: readonly LakeFile[],
  instrument: string,
  range: { readonly from: number; readonly to: number },
): Promise<void> {
  const ordered = overlapGroups(files).flat();
  const bounds = [`instrument_id = ${quote(instrument)}`];
  if (files.some((file) => file.tsMin < range.from)) bounds.push(`ts >= ${range.from}`);
  if (files.some((file) => file.tsMax >= range.to)) bounds.push(`ts < ${range.to}`);
  await session.use((connection) =>
    withPresentColumns(connection, ordered, (present) => {
      const columns = ['ts', ...OHLCV].map((name) => numericSql('bars', name, present));
      const sql = `SELECT ${columns.join(', ')} FROM ${scan(ordered)} WHERE ${bounds.join(' AND ')}`;
      // by index: destructuring an array goes through its iterator, once per chunk
      return visitChunks(connection, sql, (chunk, rows) => {
        resampler.push(chunk[0]!, chunk[1]!, chunk[2]!, chunk[3]!, chunk[4]!, chunk[5]!, rows);
      });
    }),
  );
}

/**
 * Closes what has closed.
 * @param newest open time of the newest fine bar known anywhere, asked only when the window does not tell
 */
export async function closeBuckets(
  resampler: Resampler,
  request: SeriesRequest,
  base: Timeframe,
  wanted: Timeframe,
  newest: () => Promise<number | undefined>,
): Promise<Resampled> {
  if (request.horizon !== undefined) return resampler.finish(request.horizon);
  const last = resampler.lastOpen;
  const bucketEnd = bucketOpen(last, wanted) + TIMEFRAME_MS[wanted];
  if (request.to === undefined || barClose(last, base) >= bucketEnd) return resampler.finish();
  return resampler.finish(barClose(Math.max(last, (await newest()) ?? last), base));
}

/** Stored bars as they are. */
export function nativeSeries(
  instrument: string,
  timeframe: Timeframe,
  ts: Float64Array,
  columns: Readonly<Record<string, Float64Array>>,
  skipped: readonly string[],
): StoredSeries {
  const { open, high, low, close, volume, partial, coverage_pct: coverage } = columns;
  const complete = new Uint8Array(ts.length);
  // a bar without a coverage is the venue's own
  for (let row = 0; row < ts.length; row += 1) {
    complete[row] = partial![row] === 1 || coverage![row]! < 100 ? 0 : 1;
  }
  return {
    series: makeSeries(instrument, timeframe, {
      time: ts,
      open: open!,
      high: high!,
      low: low!,
      close: close!,
      volume: volume!,
    }),
    kind: 'native',
    base: timeframe,
    complete,
    bars: new Uint32Array(ts.length).fill(1),
    skipped,
  };
}

/** The error of a series that the lake does not hold. */
export function noBars(instrument: string, timeframe: Timeframe): TidewatchError {
  return new TidewatchError('no_data', `the lake holds no ${timeframe} bars of ${instrument}`, {
    hint: 'see what is stored with: tidewatch lake status',
    details: { instrument, timeframe },
  });
}
