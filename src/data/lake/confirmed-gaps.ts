/**
 * Holes that the venue itself has confirmed: it was asked and holds no bar there, because nobody traded or it was down.
 * They are remembered in the lake beside the bars, so that nobody asks for ever and every process knows.
 *
 * Venues publish late and correct for a day: an answer given sooner than 24 hours after the end of the hole settles
 * nothing, and the hole is asked for again.
 */
import type { Timeframe } from '../../market/timeframe.js';
import type { Lake } from './lake.js';
import type { LakeWriter } from './lake-writer.js';

/** A stretch of time, half-open, UTC ms. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

export interface ConfirmedSpan extends TimeSpan {
  /** When the venue said so, UTC ms. */
  readonly confirmedAt: number;
}

const SETTLES_AFTER = 24 * 3_600_000;

/** Confirmed spans of one series that are settled, ascending and without overlaps. */
export async function settledSpans(
  lake: Lake,
  instrument: string,
  timeframe: Timeframe,
): Promise<readonly ConfirmedSpan[]> {
  const { ts, columns } = await lake.columns('confirmed_gaps', {
    subject: instrument,
    timeframe,
    columns: ['until', 'ingested_at'],
  });
  const settled: ConfirmedSpan[] = [];
  for (let row = 0; row < ts.length; row += 1) {
    const [from, to, confirmedAt] = [ts[row]!, columns.until![row]!, columns.ingested_at![row]!];
    if (confirmedAt - to < SETTLES_AFTER) continue;
    const before = settled.at(-1);
    if (before && from <= before.to) {
      settled[settled.length - 1] = {
        from: before.from,
        to: Math.max(before.to, to),
        confirmedAt: Math.max(before.confirmedAt, confirmedAt),
      };
    } else settled.push({ from, to, confirmedAt });
  }
  return settled;
}

/**
 * What is left of a span without those, which are ascending and do not overlap.
 * @param first index of the first of them that may touch the span
 */
export function withoutSpans(span: TimeSpan, taken: readonly TimeSpan[], first = 0): readonly TimeSpan[] {
  const left: TimeSpan[] = [];
  let from = span.from;
  for (let at = first; at < taken.length; at += 1) {
    const { from: start, to } = taken[at]!;
    if (to <= from) continue;
    if (start >= span.to) break;
    if (start > from) left.push({ from, to: start });
    from = to;
  }
  if (from < span.to) left.push({ from, to: span.to });
  return left;
}

/** Remembers spans that a venue has just confirmed. */
export async function rememberConfirmed(
  writer: LakeWriter,
  instrument: string,
  timeframe: Timeframe,
  spans: readonly TimeSpan[],
): Promise<void> {
  const rows = spans.map(({ from, to }) => ({ instrument_id: instrument, timeframe, ts: from, until: to }));
  await writer.append('confirmed_gaps', rows, { source: 'rest' });
}
