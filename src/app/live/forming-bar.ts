/**
 * The bar of any timeframe that has not closed yet, of an instrument that a feed follows: the closed minutes of its
 * bucket and the minute that is forming. For eyes only; whatever computes takes closed bars.
 */
import type { Lake } from '../../data/lake/lake.js';
import { bucketOpen, type Timeframe } from '../../market/timeframe.js';

export interface FormingBar {
  /** Open time, UTC ms. */
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

const MINUTES = ['open', 'high', 'low', 'close', 'volume'] as const;

/** Undefined without a feed of the instrument, and between the close of a bar and the next trade. */
export async function formingBar(
  lake: Lake,
  instrument: string,
  timeframe: Timeframe,
): Promise<FormingBar | undefined> {
  const minute = lake.fresh.forming(instrument);
  if (minute?.timeframe !== '1m') return undefined;
  if (timeframe === '1m') return minute;
  const time = bucketOpen(minute.time, timeframe);
  const { length, columns } = await lake.columns('bars', {
    subject: instrument,
    timeframe: '1m',
    from: time,
    to: minute.time,
    columns: MINUTES,
  });
  if (length === 0) return { ...minute, time };
  const { open, high, low, volume } = columns;
  return {
    time,
    open: open![0]!,
    high: Math.max(minute.high, ...high!),
    low: Math.min(minute.low, ...low!),
    close: minute.close,
    volume: volume!.reduce((sum, each) => sum + each, 0) + minute.volume,
  };
}
