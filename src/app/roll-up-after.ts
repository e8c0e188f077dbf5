/**
 * Keeps stored roll-ups true after minutes have changed: what a download or a repair wrote. Instruments without stored
 * roll-ups get none here: readers derive theirs.
 */
import { ROLL_UP_TIMEFRAMES, type RollUpTimeframe, rollUpLake } from '../data/lake/roll-up.js';
import type { Clock } from '../market/clock.js';
import type { Timeframe } from '../market/timeframe.js';
import type { HomeLake } from './home-lake.js';

export interface ChangedMinutes {
  readonly instrument: string;
  readonly timeframe: Timeframe;
  /** Open time of the first bar that may have changed, UTC ms. */
  readonly from: number;
  /** Bars written. */
  readonly rows: number;
}

/** @returns bars written */
export async function rollUpAfter(
  data: HomeLake,
  clock: Clock,
  changed: ChangedMinutes,
  signal?: AbortSignal,
): Promise<number> {
  if (changed.timeframe !== '1m' || changed.rows === 0) return 0;
  const timeframes: RollUpTimeframe[] = [];
  for (const timeframe of ROLL_UP_TIMEFRAMES) {
    if ((await data.lake.span(changed.instrument, timeframe)) !== undefined) timeframes.push(timeframe);
  }
  if (timeframes.length === 0) return 0;
  const report = await rollUpLake(data.lake, {
    write: data.write,
    now: clock.now(),
    instruments: [changed.instrument],
    timeframes,
    from: changed.from,
    ...(signal === undefined ? {} : { signal }),
  });
  return timeframes.reduce((sum, timeframe) => sum + report[timeframe].written, 0);
}
