/**
 * Targeted repair: only the holes are asked for, span by span, and each one ends as filled, confirmed empty (the venue
 * holds nothing there either, which is remembered) or still open (no answer, with its reason). Every answer is
 * published before the next one is awaited, so a kill loses at most the one in flight, and the next run asks only for
 * what is left.
 */
import { TidewatchError } from '../../errors.js';
import { type Calendar, calendarOf } from '../../market/calendar.js';
import { parseInstrument } from '../../market/instrument.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { rememberConfirmed, settledSpans, type TimeSpan, withoutSpans } from './confirmed-gaps.js';
import { type CoverageRequest, countExpected, coverageOf, type Gap } from './gaps.js';
import type { Lake } from './lake.js';
import type { LakeWriter } from './lake-writer.js';

/** Final bars inside one span, ascending: snake_case columns as stored, instrument_id and timeframe left out. */
export interface VenueBars {
  readonly length: number;
  /** `ts` (open time, UTC ms), open, high, low, close, volume; quote_volume and trades where the venue tells. */
  readonly columns: Readonly<Record<string, ArrayLike<number>>> & { readonly ts: ArrayLike<number> };
}

export interface SpanAnswer {
  /** One of the spans asked for. */
  readonly span: TimeSpan;
  /** All that the venue holds there; what is missing then counts as confirmed empty. */
  readonly bars: VenueBars;
}

/**
 * Asks a venue for spans of one series. Answers may come in any order; a span without one stays open. What it throws
 * ends the questions about this series and becomes the reason why the rest is open.
 * @throws TidewatchError `download_unavailable` when the instrument belongs to no venue that can be asked
 */
export type GapRepairer = (
  instrument: string,
  timeframe: Timeframe,
  spans: readonly TimeSpan[],
  signal?: AbortSignal,
) => AsyncIterable<SpanAnswer>;

export interface RepairedGap extends TimeSpan {
  /** Bars missing when the repair began; filled + confirmedEmpty + stillOpen. */
  readonly missing: number;
  /** Bars got now; the rest the venue either confirmed not to have or did not answer for. */
  readonly filled: number;
  readonly confirmedEmpty: number;
  readonly stillOpen: number;
}

export interface RepairedSeries {
  readonly instrument: string;
  readonly timeframe: Timeframe;
  readonly gaps: readonly RepairedGap[];
  /** Why bars are still open; undefined when none is. */
  readonly reason: { readonly code: string; readonly message: string } | undefined;
}

export interface RepairRequest extends CoverageRequest {
  readonly repairer: GapRepairer;
  /** Runs as the only writer of the lake; taken for each answer, not while the venue is awaited. */
  readonly write: <T>(work: (writer: LakeWriter) => Promise<T>) => Promise<T>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number, instrument: string) => void;
}

/**
 * Repairs the gaps of one series or of all.
 * @returns one entry per series that has gaps
 * @throws TidewatchError `corrupt_file`; what the writer throws about disk and home
 */
export async function repairGaps(lake: Lake, request: RepairRequest): Promise<readonly RepairedSeries[]> {
  const gappy = (await coverageOf(lake, request)).filter(({ gaps }) => gaps.length > 0);
  const total = gappy.reduce((sum, { gaps }) => sum + gaps.length, 0);
  const repaired: RepairedSeries[] = [];
  let done = 0;
  for (const { instrument, timeframe, gaps } of gappy) {
    request.signal?.throwIfAborted();
    repaired.push(
      await repairSeries(lake, request, instrument, timeframe, gaps, (answered) =>
        request.onProgress?.(done + answered, total, instrument),
      ),
    );
    done += gaps.length;
    request.onProgress?.(done, total, instrument);
  }
  return repaired;
}

interface Tally {
  filled: number;
  confirmedEmpty: number;
}

async function repairSeries(
  lake: Lake,
  { repairer, write, signal }: RepairRequest,
  instrument: string,
  timeframe: Timeframe,
  gaps: readonly Gap[],
  onAnswer: (answered: number) => void,
): Promise<RepairedSeries> {
  const calendar = calendarOf(parseInstrument(instrument));
  const settled = await settledSpans(lake, instrument, timeframe);
  const tallies = gaps.map((gap): Tally => ({ filled: 0, confirmedEmpty: gap.confirmed }));
  const asked = new Map<string, { gap: number; span: TimeSpan }>();
  let passed = 0;
  for (const [at, gap] of gaps.entries()) {
    while (passed < settled.length && settled[passed]!.to <= gap.from) passed += 1;
    for (const span of withoutSpans(gap, settled, passed)) {
      if (countExpected(calendar, timeframe, span) > 0) asked.set(nameOf(span), { gap: at, span });
    }
  }
  let reason: RepairedSeries['reason'];
  const spans = [...asked.values()].map(({ span }) => span);
  try {
    let answered = 0;
    for await (const { span, bars } of spans.length === 0
      ? []
      : repairer(instrument, timeframe, spans, signal)) {
      signal?.throwIfAborted();
      const question = asked.get(nameOf(span));
      if (question === undefined) continue;
      const inside = barsInside(bars, span, timeframe);
      const empty = emptySpans(span, inside.columns.ts, calendar, timeframe);
      await write(async (writer) => {
        if (inside.length > 0)
          await writer.append('bars', named(inside, instrument, timeframe), { source: 'rest' });
        await rememberConfirmed(writer, instrument, timeframe, empty);
      });
      asked.delete(nameOf(span));
      const none = empty.reduce((sum, each) => sum + countExpected(calendar, timeframe, each), 0);
      tallies[question.gap]!.confirmedEmpty += none;
      tallies[question.gap]!.filled += countExpected(calendar, timeframe, span) - none;
      answered += 1;
      onAnswer(Math.min(answered, gaps.length));
    }
    if (asked.size > 0) {
      reason = { code: 'no_data', message: `the venue gave no answer for ${asked.size} of the spans` };
    }
  } catch (error) {
    // a full disk or a lost home concerns every series
    if (signal?.aborted || !(error instanceof TidewatchError) || error.exitCode === 5 || isOurs(error))
      throw error;
    reason = { code: error.code, message: error.message };
  }
  return {
    instrument,
    timeframe,
    gaps: gaps.map(({ from, to, missing }, at) => {
      const { filled, confirmedEmpty } = tallies[at]!;
      return { from, to, missing, filled, confirmedEmpty, stillOpen: missing - filled - confirmedEmpty };
    }),
    reason,
  };
}

const OURS = new Set(['disk_full', 'home_not_writable', 'home_in_use', 'write_failed', 'corrupt_file']);
const isOurs = ({ code }: TidewatchError): boolean => OURS.has(code);

const nameOf = ({ from, to }: TimeSpan): string => `${from} ${to}`;

/** Venues answer in whole pages: what lies outside the span, off the grid or twice is not for this hole. */
function barsInside(bars: VenueBars, { from, to }: TimeSpan, timeframe: Timeframe): VenueBars {
  const { ts } = bars.columns;
  const rows: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < bars.length; row += 1) {
    const time = ts[row]!;
    if (time < from || time >= to || time % TIMEFRAME_MS[timeframe] !== 0 || time <= last) continue;
    rows.push(row);
    last = time;
  }
  if (rows.length === bars.length) return bars;
  const pick = (values: ArrayLike<number>): Float64Array => Float64Array.from(rows, (row) => values[row]!);
  const others = Object.entries(bars.columns).map(([name, values]) => [name, pick(values)] as const);
  return { length: rows.length, columns: { ...Object.fromEntries(others), ts: pick(ts) } };
}

/** Stretches of the span in which bars are expected and none came. */
function emptySpans(
  span: TimeSpan,
  ts: ArrayLike<number>,
  calendar: Calendar,
  timeframe: Timeframe,
): readonly TimeSpan[] {
  const length = TIMEFRAME_MS[timeframe];
  const present = Array.from(ts, (time) => ({ from: time, to: time + length }));
  return withoutSpans(span, present).filter((each) => countExpected(calendar, timeframe, each) > 0);
}

function named(
  { length, columns }: VenueBars,
  instrument: string,
  timeframe: Timeframe,
): { readonly length: number; readonly columns: Readonly<Record<string, ArrayLike<unknown>>> } {
  return {
    length,
    columns: {
      ...columns,
      instrument_id: new Array<string>(length).fill(instrument),
      timeframe: new Array<string>(length).fill(timeframe),
    },
  };
}
