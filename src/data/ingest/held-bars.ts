/**
 * What the lake holds of a series, so that a download goes on where the last one stopped, whoever stopped it.
 *
 * A bar counts as held when it is final, came from a venue or an archive (not a roll-up, which a native bar replaces),
 * and was read at least five minutes after its close: venues correct their newest bars, so those are asked for again.
 * Parts that the venue has confirmed to be empty count as held too.
 */
import type { Timeframe } from '../../market/timeframe.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { settledSpans, type TimeSpan, withoutSpans } from '../lake/confirmed-gaps.js';
import type { Lake } from '../lake/lake.js';
import { INGESTED_AT, RANK } from '../lake/merge-blocks.js';

export const SETTLED_MS = 5 * 60_000;
/** Rank of a final row from a stream; roll-ups and unknown sources are below. */
const NATIVE_RANK = 12;
const FINAL_RANK = 10;

interface Stretch {
  from: number;
  to: number;
}

function extend(stretches: Stretch[], time: number, step: number): void {
  const last = stretches.at(-1);
  if (last?.to === time) last.to = time + step;
  else stretches.push({ from: time, to: time + step });
}

export interface HeldBars {
  /** Parts of the span that have to be fetched, ascending. */
  readonly missing: readonly TimeSpan[];
  /** Parts of the span without any final bar, confirmed empty ones aside. */
  readonly open: readonly TimeSpan[];
  /** Bars held inside the span. */
  readonly rows: number;
  readonly isHeld: (time: number) => boolean;
}

export async function heldBars(
  lake: Lake,
  instrument: string,
  timeframe: Timeframe,
  span: TimeSpan,
): Promise<HeldBars> {
  const step = TIMEFRAME_MS[timeframe];
  // a bar on either side shows whether an answer of the venue can be believed
  const { ts, columns } = await lake.columns('bars', {
    subject: instrument,
    timeframe,
    from: span.from - step,
    to: span.to + step,
    columns: [RANK, INGESTED_AT],
    storedOnly: true,
  });
  const held = new Float64Array(ts.length);
  let rows = 0;
  const spans: Stretch[] = [];
  const present: Stretch[] = [];
  for (let row = 0; row < ts.length; row += 1) {
    const time = ts[row]!;
    // a partial bar ranks below ten
    if (columns[RANK]![row]! >= FINAL_RANK) extend(present, time, step);
    const isNative = columns[RANK]![row]! >= NATIVE_RANK;
    if (!isNative || columns[INGESTED_AT]![row]! < time + step + SETTLED_MS) continue;
    held[rows] = time;
    rows += 1;
    extend(spans, time, step);
  }
  const times = held.subarray(0, rows);
  const empty = await settledSpans(lake, instrument, timeframe);
  const lacking = (taken: readonly TimeSpan[]): TimeSpan[] =>
    withoutSpans(span, taken).flatMap((each) => withoutSpans(each, empty));
  return {
    missing: lacking(spans),
    open: lacking(present),
    rows: times.reduce((sum, time) => sum + Number(time >= span.from && time < span.to), 0),
    isHeld: (time) => hasTime(times, time),
  };
}

function hasTime(times: Float64Array, wanted: number): boolean {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return times[low] === wanted;
}
