/**
 * Bars of one series as a job: what is lacking is fetched from the venue, by the same engine as the command line, and what
 * the lake then holds is checked and told. Running it twice asks only for what is new. Instruments of no venue (imported
 * files) are checked only; where their bars are lacking, the job fails and says so.
 */
import { z } from 'zod';
import { backfill } from '../../data/ingest/backfill.js';
import { coverageOfTimes } from '../../data/lake/gaps.js';
import type { Lake } from '../../data/lake/lake.js';
import { EXCHANGES, type Venues } from '../../data/venues/open-venues.js';
import type { Block } from '../../data/venues/rate-budget.js';
import { TidewatchError } from '../../errors.js';
import { calendarOf, expectedBars } from '../../market/calendar.js';
import type { Clock } from '../../market/clock.js';
import { type Instrument, parseInstrument } from '../../market/instrument.js';
import { barClose, TIMEFRAME_MS, TIMEFRAMES, type Timeframe } from '../../market/timeframe.js';
import type { JobContext, JobKind } from '../../platform/jobs/job.js';
import { withSeries } from '../fetch/series-lock.js';
import type { HomeLake } from '../home-lake.js';
import { rollUpAfter } from '../roll-up-after.js';

export const DATA = 'data';

const input = z.strictObject({
  instrument_id: z.string(),
  timeframe: z.enum(TIMEFRAMES),
  /** Half-open range, epoch ms; open where null. */
  from: z.number().nullable(),
  to: z.number().nullable(),
  full_history: z.boolean(),
});

export type DataInput = z.infer<typeof input>;

export const dataKey = ({ instrument_id, timeframe }: DataInput): string => `${instrument_id} ${timeframe}`;

/** Gaps that an answer lists. */
const LISTED = 100;

/** What is stored of the range that a job was asked for; times UTC ms, null without rows. */
export interface StoredRange {
  readonly instrument_id: string;
  readonly timeframe: Timeframe;
  readonly rows: number;
  readonly first_ts: number | null;
  readonly last_ts: number | null;
  /** Bars missing between the first and the last one. */
  readonly missing: number;
  readonly gaps: readonly { readonly from: number; readonly to: number; readonly missing: number }[];
  /** Bars missing at the beginning and the end of the range that was asked for. */
  readonly missing_before: number;
  readonly missing_after: number;
}

/** What the lake holds of a range, native bars or those that minutes give. */
export async function storedRange(
  lake: Lake,
  { instrument_id, timeframe, from, to }: DataInput,
): Promise<StoredRange> {
  const stored = (await lake.status('bars')).filter(({ subject }) => subject === instrument_id);
  const native = stored.some((row) => row.timeframe === timeframe);
  const range = { ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) };
  const derivable = stored.some((row) => row.timeframe === '1m');
  const time =
    native || derivable
      ? await lake.series(instrument_id, timeframe, range).then(
          ({ series }) => series.time,
          (error: unknown) => {
            if (error instanceof TidewatchError && error.code === 'no_data') return new Float64Array();
            throw error;
          },
        )
      : new Float64Array();
  const { rows, firstTs, lastTs, missing, gaps } = coverageOfTimes(instrument_id, timeframe, time);
  const calendar = calendarOf(parseInstrument(instrument_id));
  const expected = (start: number, end: number): number => {
    let bars = 0;
    for (const _open of expectedBars(calendar, timeframe, start, end)) bars += 1;
    return bars;
  };
  return {
    instrument_id,
    timeframe,
    rows,
    first_ts: rows === 0 ? null : firstTs,
    last_ts: rows === 0 ? null : lastTs,
    missing,
    gaps: gaps.slice(0, LISTED).map((gap) => ({ from: gap.from, to: gap.to, missing: gap.missing })),
    missing_before: rows === 0 || from === null || firstTs <= from ? 0 : expected(from, firstTs),
    missing_after:
      rows === 0 || to === null
        ? 0
        : expected(lastTs + TIMEFRAME_MS[timeframe], to - TIMEFRAME_MS[timeframe] + 1),
  };
}

/** For instruments that belong to no venue; `what` begins the sentence. */
function downloadUnavailable(what: string): TidewatchError {
  return new TidewatchError(
    'download_unavailable',
    `${what} would have to be downloaded · no venue can be asked for them`,
    { hint: 'import files with: tidewatch lake import' },
  );
}

const utcTime = (at: number): string => new Date(at).toISOString().slice(11, 19);

interface DataJobParts {
  readonly data: HomeLake;
  readonly venues: Venues;
  readonly clock: Clock;
}

export function dataJob(parts: DataJobParts): JobKind<DataInput> {
  return {
    name: DATA,
    input,
    lane: 'io',
    timeoutMs: 24 * 3_600_000,
    async run(wanted, context) {
      const { instrument_id: id, timeframe, full_history } = wanted;
      const { lake } = parts.data;
      const instrument = parseInstrument(id);
      const isFetched = (EXCHANGES as readonly string[]).includes(instrument.venue);
      if (!isFetched && full_history) throw downloadUnavailable(`the full history of ${id}`);
      const fetched = isFetched ? await fetchBars(parts, instrument, wanted, context) : null;
      const range = await storedRange(lake, wanted);
      context.report(0.99);
      context.signal.throwIfAborted();
      if (range.rows === 0) throw downloadUnavailable(`bars of ${id} ${timeframe}`);
      const lacking = range.missing_before + range.missing_after;
      if (!isFetched && lacking > 0) throw downloadUnavailable(`${lacking} bars of ${id} ${timeframe}`);
      return { ...range, available_at: barClose(range.last_ts!, timeframe), fetched };
    },
  };
}

/** What the lake lacks of the range, from the venue, with every count and every block told as it comes. */
async function fetchBars(
  { data, venues, clock }: DataJobParts,
  instrument: Instrument,
  { timeframe, from, to, full_history }: DataInput,
  { signal, report }: JobContext,
) {
  let done = { rows: 0, expected: 0 };
  const tell = (block: Block | null): void => {
    const { rows, expected } = done;
    report(Math.min(0.99, rows / Math.max(1, expected)), {
      done: rows,
      expected: expected > 0 ? expected : null,
      unit: 'bars',
      blocked: block && `${block.venue}: ${block.reason}, until ${utcTime(block.until)} UTC`,
    });
  };
  const quiet = venues.onBlocked((block) => {
    if (block.venue === instrument.venue) tell(block);
  });
  try {
    const fetched = await withSeries(data.home, `${instrument.id} candles ${timeframe}`, () =>
      backfill(data, {
        venue: venues.of(instrument.venue),
        instrument,
        timeframe,
        from: from ?? undefined,
        to: to ?? undefined,
        full: full_history,
        clock,
        signal,
        onProgress: ({ rows, expected }) => {
          done = { rows, expected };
          tell(null);
        },
      }),
    );
    await rollUpAfter(data, clock, fetched, signal);
    const { rows, pages, absent, warnings } = fetched;
    return { rows, pages, absent, warnings };
  } finally {
    quiet();
  }
}
