/**
 * History of one series from its venue into the lake (HMM spec §3; paging contract: pipelines spec §7).
 *
 * What the lake holds decides what is asked (held-bars.ts), so a download that was killed, interrupted or cut off goes on
 * where it stopped. Bars are published in batches of bounded size through the lake's atomic append: a kill loses at most
 * the batch in memory, which the next run fetches. Memory does not grow with the length of the history: eight bytes per
 * stored bar to know what is there, and two batches.
 *
 * A fetched bar never covers a better one: rows carry the source `rest`, and the lake lets archive rows win over it and
 * lets it win over streamed and rolled-up ones.
 */
import type { Clock } from '../../market/clock.js';
import type { Instrument } from '../../market/instrument.js';
import { bucketOpen, TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { rememberConfirmed, type TimeSpan, withoutSpans } from '../lake/confirmed-gaps.js';
import type { Lake } from '../lake/lake.js';
import { CandleColumns } from '../venues/candle-columns.js';
import { addCounts, noCounts, type PageCounts } from '../venues/candle-page.js';
import { notOffered, type Venue } from '../venues/venue.js';
import { barBatch } from './bar-batch.js';
import { candleStretches, FRESH_MS, MOST_EMPTY, type Stretch } from './candle-stretches.js';
import { type HeldBars, heldBars, SETTLED_MS } from './held-bars.js';
import type { LakeAccess } from './lake-access.js';
import { requireRoomForBars } from './room.js';
import { tradeStretches } from './trade-stretches.js';

export interface BackfillRequest {
  readonly venue: Venue;
  readonly instrument: Instrument;
  readonly timeframe: Timeframe;
  /** Epoch ms; when left out: from what is stored on, or the usual beginning where nothing is. */
  readonly from?: number | undefined;
  /** Epoch ms, not included; the venue's now when left out. */
  readonly to?: number | undefined;
  /** From the first bar that the venue has. */
  readonly full?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: BackfillProgress) => void;
  /** Told of every publication: bars that are in the lake for good. */
  readonly onPublished?: (rows: number) => void;
  readonly clock: Clock;
  /** Rows of one publication at most. */
  readonly batchRows?: number | undefined;
}

export interface BackfillProgress {
  /** Bars fetched by this run, published or about to be. */
  readonly rows: number;
  /** Bars published by this run. */
  readonly published: number;
  /** Expected bars of this run; what was held before or turned out to be empty is not among them. */
  readonly expected: number;
  /** Where the download stands, UTC ms. */
  readonly at: number;
}

/** What one run asked for, got and still lacks; times are bar opens, UTC ms, half-open. */
export interface BackfillReport {
  readonly instrument: string;
  readonly timeframe: Timeframe;
  readonly from: number;
  readonly to: number;
  readonly pages: number;
  /** Bars written by this run. */
  readonly rows: number;
  /** Bars that were held before. */
  readonly held: number;
  /** Of what is held in the range now. */
  readonly firstTs: number | null;
  readonly lastTs: number | null;
  readonly counts: PageCounts;
  /** Bars that the venue confirmed not to have. */
  readonly absent: number;
  /** Parts of the range that are neither held nor confirmed absent. */
  readonly gaps: readonly TimeSpan[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  /** Venue's clock minus ours. */
  readonly clockSkewMs: number;
}

const BATCH_ROWS = 131_072;
/** What is in memory is published after this time even when it is little. */
const PUBLISH_EVERY_MS = 10_000;
/** 2019-09-08: where the perpetual of bitcoin begins at Binance. */
const FIRST_OF_BINANCE = 1_567_900_800_000;
const USUAL_MS = 30 * 86_400_000;

/**
 * @throws TidewatchError `not_offered`, `not_enough_disk`, the failures of venues, `cursor_stuck`, and what the writer
 *   throws; what was published before stays
 */
export async function backfill(access: LakeAccess, request: BackfillRequest): Promise<BackfillReport> {
  const { instrument, timeframe, signal } = request;
  const plan = await planOf(access.lake, request);
  const { span, held, warnings } = plan;
  const publisher = new BatchPublisher(access, request);
  const counts = noCounts();
  let [pages, absent, expected] = [0, 0, 0];
  const step = TIMEFRAME_MS[timeframe];
  for (const each of held.missing) expected += (each.to - each.from) / step;
  await requireRoomForBars(access, instrument, timeframe, expected);
  try {
    for await (const stretch of stretchesOf(request, plan)) {
      pages += stretch.pages;
      addCounts(counts, stretch.counts);
      // what the venue has let go of meanwhile is not empty
      const empty = stretch.absent.flatMap((each) => withoutSpans(each, plan.lost()));
      for (const { from, to } of empty) absent += (to - from) / step;
      await publisher.add(stretch.columns, empty);
      const { rows, published } = publisher;
      request.onProgress?.({
        rows,
        published,
        expected: Math.max(rows, expected - absent),
        at: stretch.window.to,
      });
      signal?.throwIfAborted();
    }
  } finally {
    // an interrupt or a failing venue keeps what came before it
    await publisher.finish();
  }
  const { open } = await heldBars(access.lake, instrument.id, timeframe, span);
  const edges = await edgesOf(access.lake, request, span);
  const lacking = open
    .flatMap((each) => withoutSpans(each, publisher.absent))
    .flatMap((each) => withoutSpans(each, plan.lost()));
  const settled = plan.now - SETTLED_MS;
  const late = lacking.find(
    ({ from, to }) => from >= plan.now - FRESH_MS - step && from < settled && to >= span.to,
  );
  if (late !== undefined) {
    warnings.push({
      code: 'newest_missing',
      message: `${instrument.venue} has not shown the bars of ${instrument.symbol} from ${new Date(late.from).toISOString()} on yet; the next run asks for them again`,
    });
  }
  return {
    instrument: instrument.id,
    timeframe,
    from: span.from,
    to: span.to,
    pages,
    rows: publisher.published,
    held: held.rows,
    ...edges,
    counts,
    absent,
    gaps: lacking.filter((each) => each !== late && each.from < settled),
    warnings,
    clockSkewMs: plan.clockSkewMs,
  };
}

interface Plan {
  readonly span: TimeSpan;
  readonly held: HeldBars;
  readonly now: number;
  readonly clockSkewMs: number;
  readonly warnings: { code: string; message: string }[];
  /** What the venue does not keep any more by now; it moves on while a download runs. */
  lost(): readonly TimeSpan[];
}

async function planOf(lake: Lake, request: BackfillRequest): Promise<Plan> {
  const { venue, instrument, timeframe, clock, signal } = request;
  const { candles, trades } = venue.capabilitiesOf(instrument);
  if (candles === null || !candles.timeframes.includes(timeframe)) {
    const offered = candles?.timeframes.join(' ') ?? 'none';
    throw notOffered(venue.id, `${timeframe} candles`, `fetch one of ${offered}; others are made of 1m`);
  }
  const now = await venue.serverTime(signal);
  const clockSkewMs = now - clock.now();
  const warnings: Plan['warnings'] = [];
  const step = TIMEFRAME_MS[timeframe];
  const end = bucketOpen(now, timeframe);
  const to = Math.min(end, bucketOpen(request.to ?? end, timeframe));
  let from = await beginning(lake, request, to, warnings);
  const keptBars = trades === null || timeframe !== '1m' ? candles.newestBars : null;
  if (keptBars !== null) {
    const oldest = end - keptBars * step;
    if (from < oldest) {
      warnings.push({
        code: 'clamped',
        message: `${venue.id} keeps the newest ${keptBars} bars of ${timeframe}; fetched from ${new Date(oldest).toISOString()} on`,
      });
      from = oldest;
    }
  }
  const span = { from: Math.min(Math.ceil(from / step) * step, to), to };
  const held = await heldBars(lake, instrument.id, timeframe, span);
  const lost = (): readonly TimeSpan[] =>
    keptBars === null
      ? []
      : [{ from: 0, to: bucketOpen(clock.now() + clockSkewMs, timeframe) - (keptBars - 1) * step }];
  return { span, held, now, clockSkewMs, warnings, lost };
}

/** Where the range begins: as asked, at what is stored, or a month ago; never before the listing, which is said. */
async function beginning(
  lake: Lake,
  request: BackfillRequest,
  to: number,
  warnings: Plan['warnings'],
): Promise<number> {
  const { venue, instrument, timeframe, from, full, signal } = request;
  const stored = full || from !== undefined ? undefined : await lake.span(instrument.id, timeframe);
  if (stored !== undefined) return stored.firstTs;
  const isBitcoin = instrument.id === 'binanceusdm:-:BTCUSDT';
  const usual = full || isBitcoin ? 0 : to - USUAL_MS;
  // asked for more than once: one bad answer would cost the oldest bars for good
  let listed: number | null = null;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const first = await venue.firstBar(instrument, timeframe, signal);
    if (first !== null) listed = Math.min(listed ?? first, first);
  }
  if (listed === null) return from ?? (isBitcoin ? FIRST_OF_BINANCE : usual);
  if (from !== undefined && from < listed) {
    warnings.push({
      code: 'before_listing',
      message: `${venue.id} has ${instrument.symbol} from ${new Date(listed).toISOString()} on; ${to <= listed ? 'nothing was asked for, the range ends before' : 'nothing older was asked for'}`,
    });
  }
  return Math.max(listed, from ?? usual);
}

async function* stretchesOf(
  request: BackfillRequest,
  { held, now, warnings }: Plan,
): AsyncGenerator<Stretch> {
  const { venue, instrument, timeframe, signal } = request;
  const { candles, trades } = venue.capabilitiesOf(instrument);
  const oldest =
    candles?.newestBars == null || trades === null || timeframe !== '1m'
      ? Number.NEGATIVE_INFINITY
      : bucketOpen(now, timeframe) - candles.newestBars * TIMEFRAME_MS[timeframe];
  const young: TimeSpan[] = [];
  for (const { from, to } of held.missing) {
    // a margin, for the window of the candles moves on while trades are read
    const deep = Math.min(to, oldest + 30 * TIMEFRAME_MS[timeframe]);
    if (from < oldest) yield* tradeStretches(venue, instrument, from, deep, signal);
    if (from >= oldest) young.push({ from, to });
    else if (deep < to) young.push({ from: deep, to });
  }
  const onDormant = (at: number): void => {
    warnings.push({
      code: 'not_trading',
      message: `${venue.id} gave no bar of ${instrument.symbol} in ${MOST_EMPTY} pages in a row; what lies after ${new Date(at).toISOString()} was not asked for, begin there with --from to do so`,
    });
  };
  yield* candleStretches(venue, instrument, timeframe, young, {
    signal,
    isKnown: held.isHeld,
    now,
    onDormant,
  });
}

/** Gathers stretches and publishes them, one publication at a time while the next batch grows. */
class BatchPublisher {
  /** Bars that came. */
  rows = 0;
  published = 0;
  readonly absent: TimeSpan[] = [];
  private columns: CandleColumns;
  private empty: TimeSpan[] = [];
  private readonly batchRows: number;
  private lastPublication: number;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly access: LakeAccess,
    private readonly request: BackfillRequest,
  ) {
    this.batchRows = request.batchRows ?? BATCH_ROWS;
    this.columns = new CandleColumns(Math.min(this.batchRows, 4096));
    this.lastPublication = request.clock.now();
  }

  async add(columns: CandleColumns, absent: readonly TimeSpan[]): Promise<void> {
    this.rows += columns.length;
    this.columns.append(columns);
    this.empty.push(...absent);
    this.absent.push(...absent);
    const isDue = this.request.clock.now() - this.lastPublication >= PUBLISH_EVERY_MS;
    if (this.columns.length >= this.batchRows || (isDue && this.columns.length > 0)) await this.publish();
  }

  async finish(): Promise<void> {
    if (this.columns.length > 0 || this.empty.length > 0) await this.publish();
    await this.running;
  }

  /** Begins a publication when the one before it has ended. */
  private async publish(): Promise<void> {
    await this.running;
    const { instrument, timeframe } = this.request;
    const { columns, empty } = this;
    this.columns = new CandleColumns(columns.time.length);
    this.empty = [];
    this.lastPublication = this.request.clock.now();
    this.running = this.access.write(async (writer) => {
      await writer.append('bars', barBatch(instrument.id, timeframe, columns), { source: 'rest' });
      await rememberConfirmed(writer, instrument.id, timeframe, empty);
      this.published += columns.length;
      this.request.onPublished?.(columns.length);
    });
    // reported by whoever awaits it next
    this.running.catch(() => undefined);
  }
}

async function edgesOf(
  lake: Lake,
  { instrument, timeframe }: BackfillRequest,
  { from, to }: TimeSpan,
): Promise<{ firstTs: number | null; lastTs: number | null }> {
  const { ts } = await lake.columns('bars', { subject: instrument.id, timeframe, from, to, columns: [] });
  return { firstTs: ts[0] ?? null, lastTs: ts.at(-1) ?? null };
}
