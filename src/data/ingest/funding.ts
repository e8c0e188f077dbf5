/**
 * Funding as events with their own timestamps (issue: nothing is assumed about the interval, nothing is filled).
 *
 * The unit is guarded (funding-break.ts): a block of events in another unit is asked for again, and refused when it stays
 * so; what comes before it is kept. The very first page has nothing before it and is asked for twice instead.
 *
 * Events that lack between two others or after the last one are counted and said, never filled.
 */
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import type { Instrument } from '../../market/instrument.js';
import { type FundingEvent, notOffered, type Venue } from '../venues/venue.js';
import { VenueError } from '../venues/venue-error.js';
import { ENOUGH_EVENTS, firstBroken, MEMORY_EVENTS, refuseUnit } from './funding-break.js';
import { fundingIntervals, overdueFunding } from './funding-intervals.js';
import type { LakeAccess } from './lake-access.js';
import { requireRoomForRows } from './room.js';

export interface FundingRequest {
  readonly venue: Venue;
  readonly instrument: Instrument;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Everything the venue has, also what is stored already. */
  readonly full?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Events that came, those that are due in the range as far as the venue says how often, and where it stands. */
  readonly onProgress?: (rows: number, expected: number | undefined, at: number) => void;
  /** Told of every publication: events that are in the lake for good. */
  readonly onPublished?: (rows: number) => void;
  readonly clock: Clock;
}

/** What one run asked for, got and still lacks; times are settlements, UTC ms, half-open. */
export interface FundingReport {
  readonly instrument: string;
  readonly from: number;
  readonly to: number;
  readonly pages: number;
  /** Events written by this run. */
  readonly rows: number;
  /** Events stored in the range now. */
  readonly stored: number;
  readonly firstTs: number | null;
  readonly lastTs: number | null;
  /** Events missing between stored ones and after the last one, and their share of all that should be there. */
  readonly missing: number;
  /** Null where no event is stored in the range and none is due. */
  readonly missingShare: number | null;
  readonly gaps: readonly { readonly from: number; readonly to: number; readonly missing: number }[];
  /** Intervals seen, hours. */
  readonly intervals: readonly number[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

const HOUR = 3_600_000;
const PUBLISH_EVENTS = 20_000;
/** Empty or doubtful answers before one is believed. */
const MOST_REPEATS = 3;
const MOST_DOUBTS = 6;

/**
 * @throws TidewatchError `not_offered`, `not_enough_disk`, `implausible_value` when the unit breaks, and the failures of venues
 */
export async function fetchFunding(access: LakeAccess, request: FundingRequest): Promise<FundingReport> {
  const { venue, instrument, signal } = request;
  const offer = venue.capabilitiesOf(instrument).funding;
  if (offer === null) throw notOffered(venue.id, `funding of ${instrument.id}`, 'perpetuals have funding');
  const now = await venue.serverTime(signal);
  const to = Math.min(request.to ?? now, now);
  const warnings: { code: string; message: string }[] = [];
  const before = await storedEvents(access, instrument.id, 0, to);
  const from = await beginning(request, before.ts, now, offer.keepsMs, warnings);
  const announced = await announcedHours(request);
  await requireRoomForRows(access, Math.ceil((to - from) / HOUR), `funding of ${instrument.id}`);
  const state: Gathering = {
    events: new Map(),
    memory: [...before.rates.slice(-MEMORY_EVENTS)],
    pages: 0,
    written: 0,
    warnings,
  };
  // counted from where it stands: the first event may be years after the beginning of the range
  const due = (rows: number, at: number): number | undefined =>
    announced === null ? undefined : rows + Math.floor((to - at) / (announced * HOUR));
  const told: FundingRequest = {
    ...request,
    onProgress: (rows, _expected, at) => request.onProgress?.(rows, due(rows, at), at),
  };
  try {
    await gather(access, told, state, { from, to });
    const known = mergedTimes(before.ts, state.events);
    // events missing in the middle are asked for once more, with the events on both sides
    for (const gap of fundingIntervals(known, announced).gaps) {
      if (gap.to <= from || gap.from >= to) continue;
      await gather(access, told, state, { from: gap.from, to: gap.to + 1000 });
    }
  } finally {
    await publish(access, request, state, announced);
  }
  const { ts: all } = await storedEvents(access, instrument.id, 0, to);
  const stored = all.filter((time) => time >= from);
  const { hours, gaps: between } = fundingIntervals(stored, announced);
  const gaps = [...between, ...overdueFunding(all, announced, to)];
  const missing = gaps.reduce((sum, gap) => sum + gap.missing, 0);
  if (stored.length === 0 && (all.length === 0 || request.from !== undefined)) {
    warnings.push({
      code: 'no_data',
      message: `${venue.id} has no funding of ${instrument.symbol} from ${iso(from)} to ${iso(to)}`,
    });
  }
  return {
    instrument: instrument.id,
    from,
    to,
    pages: state.pages,
    rows: state.written,
    stored: stored.length,
    firstTs: stored[0] ?? null,
    lastTs: stored.at(-1) ?? null,
    missing,
    missingShare: missing + stored.length === 0 ? null : missing / (missing + stored.length),
    gaps,
    intervals: [...new Set(hours)].filter((value) => !Number.isNaN(value)).sort((a, b) => a - b),
    warnings,
  };
}

/** What lies between events tells their interval too: a venue that does not announce it at present is no failure. */
async function announcedHours({ venue, instrument, signal }: FundingRequest): Promise<number | null> {
  try {
    return await venue.announcedFundingHours(instrument, signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof VenueError) || error.failure === 'unknown_symbol') throw error;
    return null;
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

interface Gathering {
  readonly events: Map<number, FundingEvent>;
  /** Sizes of the newest rates, to know the unit. */
  memory: number[];
  pages: number;
  written: number;
  readonly warnings: { code: string; message: string }[];
}

async function beginning(
  { venue, instrument, from, full, signal }: FundingRequest,
  stored: Float64Array,
  now: number,
  keepsMs: number | null,
  warnings: Gathering['warnings'],
): Promise<number> {
  const newest = stored.at(-1);
  let start = from;
  if (start === undefined && !full && newest !== undefined) start = newest + 1000;
  start ??= (await venue.firstBar(instrument, '1h', signal)) ?? 0;
  if (keepsMs === null || start >= now - keepsMs) return start;
  const oldest = now - keepsMs;
  warnings.push({
    code: 'clamped',
    message: `${venue.id} keeps ${Math.round(keepsMs / (24 * HOUR))} days of funding; fetched from ${iso(oldest)} on`,
  });
  return oldest;
}

async function gather(
  access: LakeAccess,
  request: FundingRequest,
  state: Gathering,
  span: { readonly from: number; readonly to: number },
): Promise<void> {
  const { venue, instrument, signal, onProgress } = request;
  let cursor = span.from;
  let repeats = 0;
  let doubted: readonly FundingEvent[] = [];
  let doubts = 0;
  while (cursor < span.to) {
    signal?.throwIfAborted();
    const isFirst = state.memory.length < ENOUGH_EVENTS;
    const { events, next } = await venue.funding(instrument, { from: cursor, to: span.to }, signal);
    state.pages += 1;
    const inside = events.filter(({ ts }) => ts >= cursor - 1000 && ts < span.to);
    if (isFirst && inside.length > 0) {
      // nothing to compare with: believed when two answers say the same
      const confirmed = agrees(inside, doubted) || doubts >= MOST_DOUBTS;
      doubted = inside;
      doubts += 1;
      if (!confirmed) continue;
    }
    const broken = firstBroken(inside, state.memory);
    if (broken >= 0) {
      repeats += 1;
      if (repeats < MOST_REPEATS) continue;
      for (const event of inside.slice(0, broken)) state.events.set(event.ts, event);
      refuseUnit(venue.id, instrument.id, inside.slice(broken), state.warnings);
    }
    const isEmptyEnd = next === null && inside.length === 0;
    // an empty answer may be a slip; at the end of the range less than an hour is left, and nothing to come
    if (isEmptyEnd && span.to - cursor > HOUR && repeats < MOST_REPEATS - 1) {
      repeats += 1;
      continue;
    }
    repeats = 0;
    for (const event of inside) {
      state.events.set(event.ts, event);
      state.memory.push(Math.abs(event.rate));
    }
    state.memory = state.memory.slice(-MEMORY_EVENTS);
    onProgress?.(state.written + state.events.size, undefined, inside.at(-1)?.ts ?? cursor);
    if (next === null) return;
    if (next <= cursor) {
      throw new TidewatchError('cursor_stuck', `${venue.id} · its cursor of funding does not move on`, {
        hint: 'run it again later: it goes on where it stopped',
        details: { venue: venue.id, instrument: instrument.id, from: cursor },
      });
    }
    cursor = next;
    if (state.events.size >= PUBLISH_EVENTS) await publish(access, request, state, null);
  }
}

/** True when both answers hold some events, and say the same of those that both have. */
function agrees(events: readonly FundingEvent[], others: readonly FundingEvent[]): boolean {
  const rates = new Map(others.map(({ ts, rate }) => [ts, rate]));
  const common = events.filter(({ ts }) => rates.has(ts));
  return common.length > 0 && common.every(({ ts, rate }) => rates.get(ts) === rate);
}

async function publish(
  access: LakeAccess,
  request: FundingRequest,
  state: Gathering,
  announced: number | null,
): Promise<void> {
  if (state.events.size === 0) return;
  const instrument = request.instrument.id;
  const rows = [...state.events.values()].sort((a, b) => a.ts - b.ts);
  state.events.clear();
  const stored = await storedEvents(access, instrument, rows[0]!.ts - 48 * HOUR, rows.at(-1)!.ts + 48 * HOUR);
  const times = mergedTimes(stored.ts, new Map(rows.map((row) => [row.ts, row])));
  const { hours } = fundingIntervals(times, announced);
  const hoursAt = new Map(Array.from(times, (time, row) => [time, hours[row]!]));
  await access.write((writer) =>
    writer.append(
      'funding_rates',
      {
        length: rows.length,
        constants: { instrument_id: instrument },
        columns: {
          ts: Float64Array.from(rows, ({ ts }) => ts),
          funding_rate: Float64Array.from(rows, ({ rate }) => rate),
          interval_hours: Float64Array.from(rows, ({ ts }) => hoursAt.get(ts) ?? Number.NaN),
        },
      },
      { source: 'rest' },
    ),
  );
  state.written += rows.length;
  request.onPublished?.(rows.length);
}

async function storedEvents(
  { lake }: LakeAccess,
  instrument: string,
  from: number,
  to: number,
): Promise<{ ts: Float64Array; rates: number[] }> {
  const { ts, columns } = await lake.columns('funding_rates', {
    subject: instrument,
    from: Math.max(0, from),
    to,
    columns: ['funding_rate'],
  });
  return { ts, rates: Array.from(columns.funding_rate!, Math.abs) };
}

function mergedTimes(stored: Float64Array, events: ReadonlyMap<number, unknown>): Float64Array {
  return Float64Array.from(new Set([...stored, ...events.keys()])).sort();
}
