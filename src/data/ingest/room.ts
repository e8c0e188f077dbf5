/**
 * Whether a download will fit, asked before the first page of it (operations spec §6): what is stored of the same venue
 * and timeframe tells how much a row takes, figures of disk-room.ts where that is little.
 */
import type { Instrument } from '../../market/instrument.js';
import type { Timeframe } from '../../market/timeframe.js';
import { estimateBackfillBytes, requireRoom } from '../lake/disk-room.js';
import type { LakeAccess } from './lake-access.js';

/** Fewer bars are not worth a look at all that is stored. */
const LOOK_FROM_BARS = 100_000;
/** A few rows of some ten bytes: what funding, open interest and samples take, with their files. */
const BYTES_PER_SMALL_ROW = 100;

/** @throws TidewatchError `not_enough_disk` */
export async function requireRoomForBars(
  { lake, free }: LakeAccess,
  instrument: Instrument,
  timeframe: Timeframe,
  bars: number,
): Promise<void> {
  if (bars === 0) return;
  const all = bars < LOOK_FROM_BARS ? [] : await lake.status('bars');
  const stored = all.filter((row) => row.timeframe === timeframe && row.venue === instrument.venue);
  const bytes = estimateBackfillBytes(bars, timeframe, stored);
  const what = `${bars.toLocaleString('en-US')} bars of ${instrument.id} ${timeframe}`;
  await requireRoom(lake.root, bytes, what, free);
}

/**
 * For what is not bars.
 * @param what begins the sentence: `funding of …`
 * @throws TidewatchError `not_enough_disk`
 */
export function requireRoomForRows({ lake, free }: LakeAccess, rows: number, what: string): Promise<void> {
  return requireRoom(lake.root, rows * BYTES_PER_SMALL_ROW, what, free);
}
