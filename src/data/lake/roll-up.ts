/**
 * Stored coarse bars from stored minutes: 5m, 15m, 1h, 4h and 1d (HMM spec §3.7; coverage: pipelines spec §2.9).
 *
 * What has to be written follows from what is stored, and from nothing else: every closed bucket is made again and
 * compared with the stored bar by value. So hours missed are caught up, a corrected or late minute rolls its buckets
 * anew, a second run writes nothing, and a kill costs at most the work since the last part. A bar of the venue's own
 * always stands; a bucket whose minutes have become fewer (retention) keeps its bar.
 *
 * Minutes are read half a year at a time, so memory does not grow with history. Buckets close at the end of the last
 * final minute; a forming minute closes nothing.
 */
import { type Calendar, calendarOf } from '../../market/calendar.js';
import { isPartialBar } from '../../market/completeness.js';
import { parseInstrument } from '../../market/instrument.js';
import { type RolledBars, rollUp, type TradedBars } from '../../market/roll-up.js';
import { barClose, bucketOpen, TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import type { Lake } from './lake.js';
import type { LakeWriter } from './lake-writer.js';
import { INGESTED_AT, RANK } from './merge-blocks.js';
import type { Span } from './stored-series.js';

/** All of them divide a day, so a day boundary is a bucket boundary. */
export const ROLL_UP_TIMEFRAMES = ['5m', '15m', '1h', '4h', '1d'] as const satisfies readonly Timeframe[];
export type RollUpTimeframe = (typeof ROLL_UP_TIMEFRAMES)[number];

export interface RollUpRequest {
  /** Runs as the only writer of the lake; taken for each publication. */
  readonly write: <T>(work: (writer: LakeWriter) => Promise<T>) => Promise<T>;
  /** Instruments with 1m bars; all of them when left out. */
  readonly instruments?: readonly string[];
  readonly timeframes?: readonly RollUpTimeframe[];
  /** Half-open range of minutes, UTC ms, widened to whole buckets of the coarsest timeframe; all when left out. */
  readonly from?: number;
  readonly to?: number;
  /** UTC ms up to which the minutes are known; default: the close of the last final minute of each instrument. */
  readonly horizon?: number;
  /** Stamped on what is written, UTC ms. */
  readonly now: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number, instrument: string) => void;
  /** Awaited before each instrument: what is in memory is rolled up without giving anybody else a turn. */
  readonly turn?: () => Promise<void>;
}

/** Buckets of one run by what became of them. */
export interface RollUpCount {
  /** Bars written: new ones and those whose minutes have changed. */
  readonly written: number;
  /** Of those, the ones that replace an earlier roll-up. */
  readonly revised: number;
  /** Stored already, equal to the bit. */
  readonly unchanged: number;
  /** Buckets where the venue's own bar stands. */
  readonly native: number;
  /** Buckets whose minutes have become fewer; the stored bar stands. */
  readonly kept: number;
}

export type RollUpReport = Readonly<Record<RollUpTimeframe, RollUpCount>>;

const DAY = TIMEFRAME_MS['1d'];
/** Half a year of minutes: 262,080 rows. */
const STEP = 182 * DAY;
/** Rolled rows gathered before they are published. */
const PUBLISH_ROWS = 200_000;

type Counts = { -readonly [Name in keyof RollUpCount]: number };

/** @throws TidewatchError `corrupt_file`; what the writer throws */
export async function rollUpLake(lake: Lake, request: RollUpRequest): Promise<RollUpReport> {
  const timeframes = request.timeframes ?? ROLL_UP_TIMEFRAMES;
  const instruments = request.instruments ?? (await withMinutes(lake));
  const counts = Object.fromEntries(
    ROLL_UP_TIMEFRAMES.map((name) => [name, { written: 0, revised: 0, unchanged: 0, native: 0, kept: 0 }]),
  ) as Record<RollUpTimeframe, Counts>;
  const pending = new RolledRows(request);
  for (const [at, instrument] of instruments.entries()) {
    request.onProgress?.(at, instruments.length, instrument);
    await request.turn?.();
    for await (const { minutes, horizon, from } of minutesOf(lake, instrument, request, timeframes)) {
      const expected = expectedMinutes(calendarOf(parseInstrument(instrument)), minutes, from);
      for (const timeframe of timeframes) {
        const rolled = rollUp(instrument, '1m', timeframe, minutes, horizon);
        const changed = await changedBars(lake, rolled, expected, counts[timeframe]);
        pending.take(timeframe, rolled, changed, expected);
      }
      if (pending.length >= PUBLISH_ROWS) await pending.publish();
    }
  }
  await pending.publish();
  request.onProgress?.(instruments.length, instruments.length, '');
  return counts;
}

async function withMinutes(lake: Lake): Promise<string[]> {
  const stored = await lake.status('bars');
  return stored.filter(({ timeframe }) => timeframe === '1m').map(({ subject }) => subject);
}

interface Window {
  /** Edges of buckets of the coarsest timeframe, UTC ms. */
  readonly from: number;
  readonly end: number;
  readonly horizon: number;
}

/** What a request asks for of an instrument; who says all of it needs no look at what is stored. */
async function windowOf(
  lake: Lake,
  instrument: string,
  request: RollUpRequest,
  coarsest: RollUpTimeframe,
): Promise<Window | undefined> {
  const length = TIMEFRAME_MS[coarsest];
  const { from, to, horizon } = request;
  if (from !== undefined && to !== undefined && horizon !== undefined) {
    return { from: bucketOpen(from, coarsest), end: bucketOpen(to - 1, coarsest) + length, horizon };
  }
  const span = await lake.span(instrument, '1m');
  if (span === undefined) return undefined;
  const end = Math.min(to ?? Number.POSITIVE_INFINITY, span.lastTs + 1);
  return {
    from: bucketOpen(Math.max(from ?? 0, span.firstTs), coarsest),
    end: bucketOpen(end - 1, coarsest) + length,
    horizon: horizon ?? (await lastFinalClose(lake, instrument, span)),
  };
}

/** Final minutes piece by piece, each piece whole buckets of the coarsest timeframe. */
async function* minutesOf(
  lake: Lake,
  instrument: string,
  request: RollUpRequest,
  timeframes: readonly RollUpTimeframe[],
): AsyncGenerator<{ minutes: TradedBars; horizon: number; from: number }> {
  const coarsest = ROLL_UP_TIMEFRAMES.findLast((name) => timeframes.includes(name));
  const window = coarsest && (await windowOf(lake, instrument, request, coarsest));
  if (window === undefined) return;
  const { horizon, end } = window;
  for (let { from } = window; from < end; from += STEP) {
    request.signal?.throwIfAborted();
    const to = Math.min(from + STEP, end);
    const { ts, columns } = await lake.columns('bars', {
      subject: instrument,
      timeframe: '1m',
      from,
      to,
      columns: ['open', 'high', 'low', 'close', 'volume', 'quote_volume', 'trades', 'partial'],
    });
    const minutes = finalOnly(
      {
        time: ts,
        open: columns.open!,
        high: columns.high!,
        low: columns.low!,
        close: columns.close!,
        volume: columns.volume!,
        quoteVolume: columns.quote_volume!,
        trades: columns.trades!,
      },
      columns.partial!,
    );
    if (minutes.time.length > 0) yield { minutes, horizon, from };
  }
}

/** Close of the newest minute that is final. */
async function lastFinalClose(lake: Lake, instrument: string, { firstTs, lastTs }: Span): Promise<number> {
  for (let from = bucketOpen(lastTs, '1d'); from + DAY > firstTs; from -= DAY) {
    const range = { from, to: from + DAY };
    const { ts, columns } = await lake.columns('bars', {
      subject: instrument,
      timeframe: '1m',
      columns: ['partial'],
      ...range,
    });
    for (let row = ts.length - 1; row >= 0; row -= 1) {
      if (columns.partial![row] !== 1) return barClose(ts[row]!, '1m');
    }
  }
  return 0;
}

function finalOnly(bars: TradedBars, partial: Float64Array): TradedBars {
  if (!partial.includes(1)) return bars;
  const keep = (column: Float64Array): Float64Array => column.filter((_, row) => partial[row] !== 1);
  return {
    time: keep(bars.time),
    open: keep(bars.open),
    high: keep(bars.high),
    low: keep(bars.low),
    close: keep(bars.close),
    volume: keep(bars.volume),
    quoteVolume: keep(bars.quoteVolume),
    trades: keep(bars.trades),
  };
}

/** Minutes that the calendar expects in [open, open + length), for buckets of the piece that starts at `from`. */
type Expected = (open: number, length: number) => number;

function expectedMinutes(calendar: Calendar, { time }: TradedBars, from: number): Expected {
  if (calendar.name === 'continuous') return (_open, length) => length / TIMEFRAME_MS['1m'];
  const minutes = (bucketOpen(time[time.length - 1]!, '1d') + DAY - from) / TIMEFRAME_MS['1m'];
  const before = new Uint32Array(minutes + 1);
  for (let at = 0; at < minutes; at += 1) {
    const isExpected = calendar.expectsBar(from + at * TIMEFRAME_MS['1m'], '1m');
    before[at + 1] = before[at]! + (isExpected ? 1 : 0);
  }
  return (open, length) => {
    const first = (open - from) / TIMEFRAME_MS['1m'];
    return before[first + length / TIMEFRAME_MS['1m']]! - before[first]!;
  };
}

interface ChangedBar {
  readonly row: number;
  /** When the stored roll-up was written: the new one must not look older. */
  readonly after: number;
}

/** Rolled bars that are not stored like that. */
async function changedBars(
  lake: Lake,
  rolled: RolledBars,
  expected: Expected,
  counts: Counts,
): Promise<readonly ChangedBar[]> {
  const { series, bars, quoteVolume, trades } = rolled;
  if (series.length === 0) return [];
  const { ts, columns } = await lake.columns('bars', {
    subject: series.instrument,
    timeframe: series.timeframe,
    from: series.time[0]!,
    to: series.time[series.length - 1]! + 1,
    columns: [
      'open',
      'high',
      'low',
      'close',
      'volume',
      'quote_volume',
      'trades',
      'bars_used',
      RANK,
      INGESTED_AT,
    ],
    storedOnly: true,
  });
  const pairs = [
    [series.open, columns.open!],
    [series.high, columns.high!],
    [series.low, columns.low!],
    [series.close, columns.close!],
    [series.volume, columns.volume!],
    [quoteVolume, columns.quote_volume!],
    [trades, columns.trades!],
    [bars, columns.bars_used!],
  ] as const;
  const changed: ChangedBar[] = [];
  let at = 0;
  for (let row = 0; row < series.length; row += 1) {
    while (at < ts.length && ts[at]! < series.time[row]!) at += 1;
    const isStored = at < ts.length && ts[at] === series.time[row];
    if (!isStored) {
      changed.push({ row, after: 0 });
      continue;
    }
    // the units of a rank tell the source, and only roll-ups have none; from ten on it is final
    const rank = columns[RANK]![at]!;
    if (rank % 10 !== 0 && rank >= 10) counts.native += 1;
    else if (rank % 10 !== 0) {
      // a forming bar of the venue gives way to a whole one, and stands above a partial one
      if (isPartialBar(bars[row]!, expected(series.time[row]!, TIMEFRAME_MS[series.timeframe])))
        counts.native += 1;
      else changed.push({ row, after: columns[INGESTED_AT]![at]! });
    } else if (bars[row]! < columns.bars_used![at]!) counts.kept += 1;
    else if (pairs.every(([ours, theirs]) => Object.is(ours[row], theirs[at]))) counts.unchanged += 1;
    else {
      changed.push({ row, after: columns[INGESTED_AT]![at]! });
      counts.revised += 1;
    }
  }
  counts.written += changed.length;
  return changed;
}

/** Rows on their way to the lake, of all instruments and timeframes. */
class RolledRows {
  private columns = emptyColumns();

  constructor(private readonly request: RollUpRequest) {}

  get length(): number {
    return this.columns.ts.length;
  }

  take(
    timeframe: RollUpTimeframe,
    { series, bars, quoteVolume, trades }: RolledBars,
    changed: readonly ChangedBar[],
    expectedIn: Expected,
  ): void {
    const { columns } = this;
    for (const { row, after } of changed) {
      const used = bars[row]!;
      const expected = Math.max(expectedIn(series.time[row]!, TIMEFRAME_MS[timeframe]), 1);
      columns.instrument_id.push(series.instrument);
      columns.timeframe.push(timeframe);
      columns.ts.push(series.time[row]!);
      columns.open.push(series.open[row]!);
      columns.high.push(series.high[row]!);
      columns.low.push(series.low[row]!);
      columns.close.push(series.close[row]!);
      columns.volume.push(series.volume[row]!);
      columns.quote_volume.push(quoteVolume[row]!);
      columns.trades.push(trades[row]!);
      columns.bars_used.push(used);
      columns.expected_bars.push(expected);
      columns.coverage_pct.push(Math.min(100, (100 * used) / expected));
      columns.partial.push(isPartialBar(used, expected));
      columns.ingested_at.push(Math.max(this.request.now, after));
    }
  }

  async publish(): Promise<void> {
    const { columns, length } = this;
    if (length === 0) return;
    this.columns = emptyColumns();
    await this.request.write((writer) => writer.append('bars', { columns, length }, { source: 'rollup' }));
  }
}

function emptyColumns() {
  const numbers = (): number[] => [];
  return {
    instrument_id: [] as string[],
    timeframe: [] as string[],
    ts: numbers(),
    open: numbers(),
    high: numbers(),
    low: numbers(),
    close: numbers(),
    volume: numbers(),
    quote_volume: numbers(),
    trades: numbers(),
    bars_used: numbers(),
    expected_bars: numbers(),
    coverage_pct: numbers(),
    partial: [] as boolean[],
    ingested_at: numbers(),
  };
}
