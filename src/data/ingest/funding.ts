/**
 * Funding as events with their own timestamps (issue: nothing is assumed about the interval, nothing is filled).
 *
 * The unit is guarded: an exchange's rate is a fraction per interval, and a feed that turns to percent makes every rate a
 * hundred times larger (in the study's daily table from 2026-01-13 on). Blocks of events whose typical rate is twenty times
 * that of the events before them are asked for again, and refused when they stay so; what comes before them is kept. The
 * very first page has nothing before it and is asked for twice instead.
 *
 * Known limits: fewer than ten new events cannot tell a break of the unit from a wild day; they are stored with a warning.
 */
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import type { Instrument } from '../../market/instrument.js';
import { upperMedian } from '../upper-median.js';
import { type FundingEvent, notOffered, type Venue } from '../venues/venue.js';
import { fundingIntervals } from './funding-intervals.js';
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
  readonly onProgress?: (rows: number, at: number) => void;
  readonly clock: Clock;
}

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
  /** Events missing between stored ones, and their share of all that should be there. */
  readonly missing: number;
  readonly missingShare: number;
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
/** Typical size of a fraction per interval that no market has held for long. */
const WILD_RATE = 0.001;
/** Below this a market only wakes up from a quiet time. */
const LEAST_BROKEN = 0.0002;
const BLOCK_EVENTS = 15;
const BREAK_FACTOR = 20;
const ENOUGH_EVENTS = 10;
const MEMORY_EVENTS = 90;

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
  const announced = await venue.announcedFundingHours(instrument, signal);
  await requireRoomForRows(access, Math.ceil((to - from) / HOUR), `funding of ${instrument.id}`);
  const state: Gathering = {
    events: new Map(),
    memory: [...before.rates.slice(-MEMORY_EVENTS)],
    pages: 0,
    written: 0,
    warnings,
  };
  try {
    await gather(access, request, state, { from, to });
    const known = mergedTimes(before.ts, state.events);
    // events missing in the middle are asked for once more, with the events on both sides
    for (const gap of fundingIntervals(known, announced).gaps) {
      if (gap.to <= from || gap.from >= to) continue;
      await gather(access, request, state, { from: gap.from, to: gap.to + 1000 });
    }
  } finally {
    await publish(access, instrument.id, state, announced);
  }
  const after = await storedEvents(access, instrument.id, from, to);
  const { hours, missing, gaps } = fundingIntervals(after.ts, announced);
  return {
    instrument: instrument.id,
    from,
    to,
    pages: state.pages,
    rows: state.written,
    stored: after.ts.length,
    firstTs: after.ts[0] ?? null,
    lastTs: after.ts.at(-1) ?? null,
    missing,
    missingShare: after.ts.length === 0 ? 0 : missing / (missing + after.ts.length),
    gaps,
    intervals: [...new Set(hours)].filter((value) => !Number.isNaN(value)).sort((a, b) => a - b),
    warnings,
  };
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
    message: `${venue.id} keeps ${Math.round(keepsMs / (24 * HOUR))} days of funding; fetched from ${new Date(oldest).toISOString()} on`,
  });
  return oldest;
}

async function gather(
  access: LakeAccess,
  { venue, instrument, signal, onProgress }: FundingRequest,
  state: Gathering,
  span: { readonly from: number; readonly to: number },
): Promise<void> {
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
    onProgress?.(state.written + state.events.size, inside.at(-1)?.ts ?? cursor);
    if (next === null) return;
    if (next <= cursor) {
      throw new TidewatchError('cursor_stuck', `${venue.id} · its cursor of funding does not move on`, {
        hint: 'run it again later: it goes on where it stopped',
        details: { venue: venue.id, instrument: instrument.id, from: cursor },
      });
    }
    cursor = next;
    if (state.events.size >= PUBLISH_EVENTS) await publish(access, instrument.id, state, null);
  }
}

/** Position of the first event of a block that is in another unit than the events before it; −1 for none. */
function firstBroken(events: readonly FundingEvent[], memory: readonly number[]): number {
  const before = [...memory];
  for (let at = 0; at < events.length; at += BLOCK_EVENTS) {
    const sizes = events.slice(at, at + BLOCK_EVENTS).map(({ rate }) => Math.abs(rate));
    const typical = upperMedian(sizes);
    const usual = before.length >= ENOUGH_EVENTS ? upperMedian(before.slice(-MEMORY_EVENTS)) : undefined;
    if (usual === undefined ? typical > WILD_RATE : typical > Math.max(LEAST_BROKEN, BREAK_FACTOR * usual)) {
      return at;
    }
    before.push(...sizes);
  }
  return -1;
}

/** True when both answers hold some events, and say the same of those that both have. */
function agrees(events: readonly FundingEvent[], others: readonly FundingEvent[]): boolean {
  const rates = new Map(others.map(({ ts, rate }) => [ts, rate]));
  const common = events.filter(({ ts }) => rates.has(ts));
  return common.length > 0 && common.every(({ ts, rate }) => rates.get(ts) === rate);
}

function refuseUnit(
  venue: string,
  instrument: string,
  events: readonly FundingEvent[],
  warnings: Gathering['warnings'],
): void {
  if (events.length === 0) return;
  const typical = upperMedian(events.map(({ rate }) => Math.abs(rate)));
  const first = new Date(events[0]!.ts).toISOString();
  const last = new Date(events.at(-1)!.ts).toISOString();
  const what = `funding of ${instrument} from ${first} to ${last} is typically ${typical}`;
  if (events.length < ENOUGH_EVENTS) {
    warnings.push({
      code: 'implausible_value',
      message: `${what}, far above what came before; stored as it is`,
    });
    return;
  }
  throw new TidewatchError('implausible_value', `${what} · these are no fractions per interval`, {
    hint: `${venue} may have turned to percent; nothing of these days was stored`,
    details: { venue, instrument, from: events[0]!.ts, to: events.at(-1)!.ts, typical },
  });
}

async function publish(
  access: LakeAccess,
  instrument: string,
  state: Gathering,
  announced: number | null,
): Promise<void> {
  if (state.events.size === 0) return;
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
