/**
 * Open interest (pipelines spec §7.1, HMM spec §3.5): never finer than five minutes, only the window that the venue keeps,
 * which is said; what is older is not asked for, because venues refuse it. What is stored stays, so that a daily run
 * grows a history that no venue gives.
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
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (rows: number, at: number) => void;
  readonly clock: Clock;
}

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
      'its present value can be sampled while Tidewatch runs; other venues keep a history',
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
  // before its first bar a market has no open interest that could be missing
  const listed = (await venue.firstBar(instrument, '1h', signal)) ?? 0;
  let from = Math.max(request.from ?? to - Math.min(offer.keepsMs ?? USUAL_MS, USUAL_MS), listed);
  if (offer.keepsMs !== null) {
    const oldest = now - offer.keepsMs + HOUR;
    if (request.from !== undefined && from < oldest) {
      warnings.push({
        code: 'clamped',
        message:
          `${venue.id} keeps ${Math.round(offer.keepsMs / DAY)} days of open interest; ` +
          `fetched from ${new Date(oldest).toISOString()} on, what is older is not to be had there`,
      });
    }
    from = Math.max(from, oldest);
  }
  const span = { from: Math.min(Math.ceil(from / step) * step, to), to };
  const held = await storedTimes(access, instrument.id, period, span);
  await requireRoomForRows(access, (span.to - span.from) / step, `open interest of ${instrument.id}`);
  const state = { pages: 0, rows: 0 };
  for (const missing of withoutSpans(span, spansOf(held, step))) {
    for (let at = missing.from; at < missing.to; at += offer.pageRows * step) {
      const window = { from: at, to: Math.min(at + offer.pageRows * step, missing.to) };
      const rows = await settledRows(request, period, window, state);
      await publish(access, instrument.id, period, rows);
      state.rows += rows.length;
      request.onProgress?.(state.rows, window.to);
      signal?.throwIfAborted();
    }
  }
  const times = await storedTimes(access, instrument.id, period, span);
  return {
    instrument: instrument.id,
    timeframe: period,
    ...span,
    ...state,
    held: held.length,
    firstTs: times[0] ?? null,
    lastTs: times.at(-1) ?? null,
    gaps: withoutSpans(span, spansOf(times, step)),
    warnings,
  };
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
