/**
 * A timeframe that is stored as such answers with its own bars, never a mixture (HMM spec §2); minutes of the same
 * instrument may go on where those end. Whoever asks for the newest regime is told, instead of wondering at its date.
 */
import type { Lake } from '../../data/lake/lake.js';
import { barClose, TIMEFRAMES, type Timeframe } from '../../market/timeframe.js';

/**
 * Minutes reach further than the stored bars of the timeframe, which are what is used; times are opens, UTC
 * ms.
 */
export interface NewerMinutes {
  readonly code: 'newer_minutes';
  readonly message: string;
  readonly instrument_id: string;
  readonly timeframe: Timeframe;
  /** Open times of the first and last stored bar, epoch ms. */
  readonly native_first_ts: number;
  readonly native_last_ts: number;
  readonly minutes_first_ts: number;
  readonly minutes_last_ts: number;
}

/** Tried in this order for a timeframe that minutes can answer. */
const ALTERNATIVES: readonly Timeframe[] = ['15m', '30m', '5m', '4h', '13m', '1d'];

/** Undefined when stored bars of this timeframe reach as far as the minutes, or only one of the two is stored. */
export async function newerMinutes(
  lake: Lake,
  instrument: string,
  timeframe: Timeframe,
): Promise<NewerMinutes | undefined> {
  if (timeframe === '1m') return undefined;
  const [native, minutes] = await Promise.all([
    lake.span(instrument, timeframe),
    lake.span(instrument, '1m'),
  ]);
  if (native === undefined || minutes === undefined) return undefined;
  const length = (span: typeof native, of: Timeframe): number => barClose(span.lastTs, of) - span.firstTs;
  const answersNative = length(native, timeframe) > length(minutes, '1m');
  const nextBar = barClose(barClose(native.lastTs, timeframe), timeframe);
  if (!answersNative || barClose(minutes.lastTs, '1m') < nextBar) return undefined;
  const stored = await Promise.all(
    TIMEFRAMES.map(async (each) => ((await lake.span(instrument, each)) === undefined ? undefined : each)),
  );
  const free = ALTERNATIVES.find((each) => !stored.includes(each));
  return {
    code: 'newer_minutes',
    message:
      `${timeframe} bars are native and end ${day(native.lastTs)}; ` +
      `1m bars (${day(minutes.firstTs)} … ${day(minutes.lastTs)}) are newer and not mixed in · ` +
      `${free === undefined ? '' : `model train --tf ${free} uses those, or `}import newer ${timeframe} bars`,
    instrument_id: instrument,
    timeframe,
    native_first_ts: native.firstTs,
    native_last_ts: native.lastTs,
    minutes_first_ts: minutes.firstTs,
    minutes_last_ts: minutes.lastTs,
  };
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
