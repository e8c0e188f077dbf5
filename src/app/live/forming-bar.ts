/**
 * The bar of any timeframe that has not closed yet, of an instrument that a feed follows: the closed minutes of its
 * bucket and the minute that is forming. For eyes only; whatever computes takes closed bars.
 *
 * The minute changes several times a second and the closed ones once a minute, so those are kept until another minute
 * closes; a correction on disk between two minutes shows with the next.
 */
import type { Lake } from '../../data/lake/lake.js';
import { bucketOpen, type Timeframe } from '../../market/timeframe.js';

/** The bar that has not closed, as far as it is known; prices in quote currency, volume in base units. */
export interface FormingBar {
  /** Open time, UTC ms. */
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

interface ClosedPart {
  readonly revision: number;
  readonly to: number;
  readonly bar: Omit<FormingBar, 'close'> | undefined;
}

const MINUTES = ['open', 'high', 'low', 'volume'] as const;
const MOST_KEPT = 2000;

export class FormingBars {
  private readonly kept = new Map<string, ClosedPart>();

  constructor(private readonly lake: Lake) {}

  /** Undefined without a feed of the instrument, and between the close of a bar and the next trade. */
  async of(instrument: string, timeframe: Timeframe): Promise<FormingBar | undefined> {
    const minute = this.lake.fresh.forming(instrument);
    if (minute?.timeframe !== '1m') return undefined;
    if (timeframe === '1m') return minute;
    const time = bucketOpen(minute.time, timeframe);
    const closed = await this.closedPart(instrument, timeframe, time, minute.time);
    if (closed === undefined) return { ...minute, time };
    return {
      time,
      open: closed.open,
      high: Math.max(closed.high, minute.high),
      low: Math.min(closed.low, minute.low),
      close: minute.close,
      volume: closed.volume + minute.volume,
    };
  }

  private async closedPart(
    subject: string,
    timeframe: Timeframe,
    from: number,
    to: number,
  ): Promise<ClosedPart['bar']> {
    const key = `${subject} ${timeframe}`;
    const revision = this.lake.fresh.revision(subject);
    const known = this.kept.get(key);
    if (known?.revision === revision && known.to === to) return known.bar;
    const { length, columns } = await this.lake.columns('bars', {
      subject,
      timeframe: '1m',
      from,
      to,
      columns: MINUTES,
    });
    const { open, high, low, volume } = columns;
    const bar =
      length === 0
        ? undefined
        : {
            time: from,
            open: open![0]!,
            high: high!.reduce((most, each) => Math.max(most, each)),
            low: low!.reduce((least, each) => Math.min(least, each)),
            volume: volume!.reduce((sum, each) => sum + each),
          };
    this.kept.delete(key);
    this.kept.set(key, { revision, to, bar });
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_KEPT) this.kept.delete(oldest!);
    return bar;
  }
}
