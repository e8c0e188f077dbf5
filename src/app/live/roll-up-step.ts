/**
 * Roll-ups on disk behind a running feed: hours that were missed are caught up at the start, and closed buckets follow,
 * gathered so that one run serves many bars. Roll-ups say by themselves what is lacking (roll-up.ts), so a run too many
 * writes nothing and a kill costs nothing.
 */
import { rollUpLake } from '../../data/lake/roll-up.js';
import type { Clock } from '../../market/clock.js';
import type { Instrument } from '../../market/instrument.js';
import { barClose, bucketOpen } from '../../market/timeframe.js';
import type { HomeLake } from '../home-lake.js';

/** Between runs. */
const GATHER_MS = 60_000;
/** The finest roll-up: nothing is to be done before one of them closes. */
const FINEST = '5m';

export class RollUpStep {
  /** When the last run ended, epoch ms. */
  last: number | null = null;
  /** First minute, by instrument, from which on buckets may have changed; infinity below: all of history. */
  private readonly touched = new Map<string, number>();
  private readonly ended = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly data: HomeLake,
    private readonly clock: Clock,
  ) {}

  start(instruments: readonly Instrument[], onFailure: (error: unknown) => void): void {
    this.running = this.catchUp(instruments).catch(onFailure);
    this.timer = setInterval(() => {
      this.running = this.running.then(() => this.run()).catch(onFailure);
    }, GATHER_MS).unref();
  }

  /** A minute has closed, or came late, or was corrected. */
  minute(instrument: string, open: number): void {
    const closes = barClose(open, '1m');
    const isOld = closes <= bucketOpen(this.clock.now(), FINEST);
    if (!isOld && bucketOpen(closes, FINEST) !== closes) return;
    const from = Math.min(open, this.touched.get(instrument) ?? Number.POSITIVE_INFINITY);
    this.touched.set(instrument, from);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.ended.abort(new Error('the roll-ups end'));
    await this.running.catch(() => undefined);
  }

  /** From the last roll-up of each instrument on: everything where there is none. */
  private async catchUp(instruments: readonly Instrument[]): Promise<void> {
    for (const { id } of instruments) {
      if (this.ended.signal.aborted) return;
      const rolled = await this.data.lake.span(id, FINEST);
      this.touched.set(id, Math.min(rolled?.lastTs ?? 0, this.touched.get(id) ?? Number.POSITIVE_INFINITY));
    }
    await this.run();
  }

  private async run(): Promise<void> {
    const { signal } = this.ended;
    if (this.touched.size === 0 || signal.aborted) return;
    const touched = [...this.touched];
    this.touched.clear();
    // those that begin on the same day go together
    const days = new Map<number, string[]>();
    for (const [instrument, from] of touched) {
      const day = bucketOpen(from, '1d');
      days.set(day, [...(days.get(day) ?? []), instrument]);
    }
    for (const [from, instruments] of days) {
      await rollUpLake(this.data.lake, {
        write: this.data.write,
        now: this.clock.now(),
        instruments,
        from,
        signal,
      }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
    this.last = this.clock.now();
  }
}
