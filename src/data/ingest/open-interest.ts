/**
 * Open interest (pipelines spec §7.1, HMM spec §3.5): never finer than five minutes, only the window that the venue keeps,
 * which is said; what is older is not asked for, because venues refuse it. What is stored stays, so that a daily run
 * grows a history that no venue gives. A period that has just ended and is not shown yet is no gap: it is said, and the
 * next run asks for it.
 */
import type { Clock } from '../../market/clock.js';
import type { Instrument } from '../../market/instrument.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { type TimeSpan, withoutSpans } from '../lake/confirmed-gaps.js';
import { notOffered, type OpenInterestRow, type Venue } from '../venues/venue.js';
import type { LakeAccess } from './lake-access.js';
import { requireRoomForRows } from './room.js';

export interface OpenInterestRequest {
  readonly venue: Venue;
  readonly instrument: Instrument;
  /** Wanted period; the nearest one on offer that is not finer is fetched. */
  readonly timeframe: Timeframe;
  /** Epoch ms; when left out: from what is stored on, or the newest thirty days where nothing is. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Everything that the venue keeps. */
  readonly full?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Rows that came, rows that this run asks for, and where it stands, UTC ms. */
  readonly onProgress?: (rows: number, expected: number, at: number) => void;
  /** Told of every publication: rows that are in the lake for good. */
  readonly onPublished?: (rows: number) => void;
  readonly clock: Clock;
}

/** What one run asked for, got and still lacks; times are those of the samples, UTC ms, half-open. */
export interface OpenInterestReport {
  readonly instrument: string;
  readonly timeframe: Timeframe;
  readonly from: number;
  readonly to: number;
  readonly pages: number;
  readonly rows: number;
  readonly held: number;
  readonly firstTs: number | null;
  readonly lastTs: number | null;
  readonly gaps: readonly TimeSpan[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Where a venue keeps everything, this much is fetched unless more is asked for. */
const USUAL_MS = 30 * DAY;
/** Answers about a window with holes before the holes are believed. */
const MOST_ANSWERS = 3;
/** Venues show the value of a period some minutes after its end. */
const FRESH_MS = 15 * 60_000;
const PUBLISH_ROWS = 20_000;

/** @throws TidewatchError `not_offered`, `not_enough_disk`, and the failures of venues; what was published before stays */
export async function fetchOpenInterest(
  access: LakeAccess,
  request: OpenInterestRequest,
): Promise<OpenInterestReport> {
  const { venue, instrument, signal } = request;
  const offer = venue.capabilitiesOf(instrument).openInterest;
  if (offer === null) {
    throw notOffered(
      venue.id,
      `history of open interest of ${instrument.id}`,
      'tidewatch up samples its present value every five minutes; other venues keep a history',
    );
  }
  const wanted = Math.max(TIMEFRAME_MS[request.timeframe], TIMEFRAME_MS['5m']);
  const period = offer.periods.find((each) => TIMEFRAME_MS[each] >= wanted) ?? offer.periods.at(-1)!;
  const step = TIMEFRAME_MS[period];
  const warnings: { code: string; message: string }[] = [];
  if (period !== request.timeframe) {
    warnings.push({
      code: 'coarser_period',
      message: `${venue.id} has no ${request.timeframe} open interest; fetched ${period}`,
    });
  }
  const now = await venue.serverTime(signal);
  // the value of a period is known when the period is over
  const to = Math.floor((Math.min(request.to ?? now, now) - step) / step) * step + step;
  const from = await beginning(access, request, period, { now, to, keepsMs: offer.keepsMs, warnings });
  const span = { from: Math.min(Math.ceil(from / step) * step, to), to };
  const held = await storedTimes(access, instrument.id, period, span);
  await requireRoomForRows(access, (span.to - span.from) / step, `open interest of ${instrument.id}`);
  const lacking = withoutSpans(span, spansOf(held, step));
  const expected = lacking.reduce((sum, each) => sum + (each.to - each.from) / step, 0);
  const state = { pages: 0, rows: 0 };
  let waiting: OpenInterestRow[] = [];
  const publishWaiting = async (): Promise<void> => {
    const rows = waiting;
    waiting = [];
    await publish(access, instrument.id, period, rows);
    if (rows.length > 0) request.onPublished?.(rows.length);
  };
  try {
    for (const missing of lacking) {
      for (let at = missing.from; at < missing.to; at += offer.pageRows * step) {
        const window = { from: at, to: Math.min(at + offer.pageRows * step, missing.to) };
        const rows = await settledRows(request, period, window, state);
        waiting.push(...rows);
        state.rows += rows.length;
        // a page has a hundred rows at some venues, and every publication is a file
        if (waiting.length >= PUBLISH_ROWS) await publishWaiting();
        request.onProgress?.(state.rows, expected, window.to);
        signal?.throwIfAborted();
      }
    }
  } finally {
    // an interrupt or a failing venue keeps what came before it
    await publishWaiting();
  }
  const times = await storedTimes(access, instrument.id, period, span);
  const open = withoutSpans(span, spansOf(times, step));
  const late = open.find((each) => each.to === to && each.from >= now - FRESH_MS - step);
  if (late !== undefined) {
    warnings.push({
      code: 'newest_missing',
      message: `${venue.id} has not shown the open interest of ${instrument.symbol} from ${iso(late.from)} on yet; the next run asks for it again`,
    });
  }
  return {
    instrument: instrument.id,
    timeframe: period,
    ...span,
    ...state,
    held: held.length,
    firstTs: times[0] ?? null,
    lastTs: times.at(-1) ?? null,
    gaps: open.filter((each) => each !== late),
    warnings,
  };
}

interface Reach {
  readonly now: number;
  readonly to: number;
  readonly keepsMs: number | null;
  readonly warnings: { code: string; message: string }[];
}

/** Where the range begins: as asked, at what is stored or a month ago, never before the listing or what is kept. */
async function beginning(
  access: LakeAccess,
  { venue, instrument, from, full, signal }: OpenInterestRequest,
  period: Timeframe,
  { now, to, keepsMs, warnings }: Reach,
): Promise<number> {
  const stored = await storedTimes(access, instrument.id, period, { from: 0, to });
  const newest = stored.at(-1);
  const usual = Math.min(stored[0] ?? to, to - USUAL_MS);
  // before its first bar a market has no open interest that could be missing
  const listed = (await venue.firstBar(instrument, '1m', signal)) ?? 0;
  const wanted = Math.max(from ?? (full ? listed : usual), listed);
  if (keepsMs === null) {
    if (newest === undefined && from === undefined && !full && listed < wanted) {
      warnings.push({
        code: 'recent_only',
        message: `${venue.id} keeps more open interest of ${instrument.symbol} than the newest ${USUAL_MS / DAY} days, which were fetched; --full fetches all of it`,
      });
    }
    return wanted;
  }
  const oldest = now - keepsMs + HOUR;
  if (wanted >= oldest) return wanted;
  const days = Math.round(keepsMs / DAY);
  if (to <= oldest) {
    warnings.push({
      code: 'clamped',
      message: `${venue.id} keeps ${days} days of open interest; nothing was asked for, the range ends before ${iso(oldest)}`,
    });
  } else if (from !== undefined || newest === undefined || newest < oldest) {
    warnings.push({
      code: 'clamped',
      message: `${venue.id} keeps ${days} days of open interest; fetched from ${iso(oldest)} on, what is older is not to be had there`,
    });
  }
  return oldest;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

async function settledRows(
  { venue, instrument, signal }: OpenInterestRequest,
  period: Timeframe,
  window: TimeSpan,
  state: { pages: number },
): Promise<readonly OpenInterestRow[]> {
  const step = TIMEFRAME_MS[period];
  const rows = new Map<number, OpenInterestRow>();
  for (let answers = 0, idle = 0; answers < 2 * MOST_ANSWERS && idle < MOST_ANSWERS; answers += 1) {
    const before = rows.size;
    const answer = await venue.openInterest(instrument, period, window, signal);
    state.pages += 1;
    for (const row of answer) if (row.ts % step === 0 && isSound(row)) rows.set(row.ts, row);
    if (rows.size >= (window.to - window.from) / step) break;
    idle = rows.size > before ? 1 : idle + 1;
  }
  return [...rows.values()].sort((a, b) => a.ts - b.ts);
}

function isSound({ base, usd }: OpenInterestRow): boolean {
  return !(base < 0) && !(usd < 0) && (Number.isFinite(base) || Number.isFinite(usd));
}

async function publish(
  { write }: LakeAccess,
  instrument: string,
  timeframe: Timeframe,
  rows: readonly OpenInterestRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await write((writer) =>
    writer.append(
      'open_interest',
      {
        length: rows.length,
        constants: { instrument_id: instrument, timeframe },
        columns: {
          ts: Float64Array.from(rows, ({ ts }) => ts),
          open_interest: Float64Array.from(rows, ({ base }) => base),
          open_interest_value: Float64Array.from(rows, ({ usd }) => usd),
        },
      },
      { source: 'rest' },
    ),
  );
}

async function storedTimes(
  { lake }: LakeAccess,
  instrument: string,
  timeframe: Timeframe,
  { from, to }: TimeSpan,
): Promise<Float64Array> {
  const answer = await lake.columns('open_interest', {
    subject: instrument,
    timeframe,
    from,
    to,
    columns: [],
  });
  return answer.ts;
}

function spansOf(times: Float64Array, step: number): TimeSpan[] {
  const spans: { from: number; to: number }[] = [];
  for (const time of times) {
    const last = spans.at(-1);
    if (last?.to === time) last.to = time + step;
    else spans.push({ from: time, to: time + step });
  }
  return spans;
}
