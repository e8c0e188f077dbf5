/**
 * Which coarse buckets a minute closes: of each timeframe the one that ends with it, the one that it passes over because
 * the venue had no minute at its end, or, when it comes late or corrected, the one that it lies in.
 */
import { ROLL_UP_TIMEFRAMES, type RollUpTimeframe } from '../../data/lake/roll-up.js';
import { barClose, bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';

export interface ClosedBucket {
  readonly timeframe: RollUpTimeframe;
  /** Open time, UTC ms. */
  readonly open: number;
}

interface Known {
  /** Close of the newest minute, UTC ms. */
  newest: number;
  /** Bucket of each timeframe that has minutes and has not closed. */
  readonly open: Map<RollUpTimeframe, number>;
}

export class ClosedBuckets {
  private readonly known = new Map<string, Known>();

  /** @param open open time of a closed minute, in any order */
  minute(instrument: string, open: number): readonly ClosedBucket[] {
    let known = this.known.get(instrument);
    if (!known) {
      known = { newest: Number.NEGATIVE_INFINITY, open: new Map() };
      this.known.set(instrument, known);
    }
    known.newest = Math.max(known.newest, barClose(open, '1m'));
    const closed: ClosedBucket[] = [];
    for (const timeframe of ROLL_UP_TIMEFRAMES) {
      const length = TIMEFRAME_MS[timeframe];
      const passed = known.open.get(timeframe);
      const bucket = bucketOpen(open, timeframe);
      if (passed !== undefined && passed + length <= known.newest) {
        known.open.delete(timeframe);
        if (passed !== bucket) closed.push({ timeframe, open: passed });
      }
      if (bucket + length <= known.newest) closed.push({ timeframe, open: bucket });
      else known.open.set(timeframe, bucket);
    }
    return closed;
  }
}
