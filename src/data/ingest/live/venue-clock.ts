/**
 * How far a venue's clock is from ours: measured over its time endpoint, at the middle of the round trip, now and then.
 * Limit: right to half the round trip, so to some hundred milliseconds over the open internet.
 */
import type { Clock } from '../../../market/clock.js';
import type { Timer } from '../../venues/timer.js';
import type { Venue } from '../../venues/venue.js';
import type { VenueClockStatus } from './live-event.js';

const EVERY_MS = 5 * 60_000;
const AFTER_FAILURE_MS = 30_000;
/** What must know the venue's clock waits so long for the first answer. */
const FIRST_WAIT_MS = 5_000;
/** The timer lets a clock slip this far. */
const SLIP_MS = 1_000;

export class VenueClock {
  private skewMs: number | null = null;
  private measuredAt: number | null = null;
  private dueAt = Number.NEGATIVE_INFINITY;
  private measuring: Promise<void> | undefined;
  private readonly ended = new AbortController();

  constructor(
    private readonly venue: Venue,
    private readonly timer: Timer,
    private readonly wallClock: Clock,
  ) {}

  /** Venue's clock minus the timer's, ms; 0 before it was measured. */
  get skew(): number {
    return this.skewMs ?? 0;
  }

  /** The skew, once it was measured or could not be; at a start that is waited for, for a while. */
  async knownSkew(): Promise<number> {
    if (this.skewMs === null && this.measuring !== undefined) {
      const waiting = new AbortController();
      try {
        await Promise.race([this.measuring, this.timer.sleep(FIRST_WAIT_MS, waiting.signal)]);
      } finally {
        waiting.abort();
      }
    }
    return this.skew;
  }

  tick(): void {
    if (this.measuring !== undefined || this.timer.now() < this.dueAt) return;
    this.measuring = this.measure().finally(() => {
      this.measuring = undefined;
    });
  }

  stop(): void {
    this.ended.abort(new Error('the live feed ends'));
  }

  status(): VenueClockStatus {
    // the timer runs ahead of a clock that was set back, and that clock is the one that somebody can set right
    const setBack = this.timer.now() - this.wallClock.now();
    const skewMs = this.skewMs === null ? null : this.skewMs + (setBack > SLIP_MS ? setBack : 0);
    return { venue: this.venue.id, skewMs, measuredAt: this.measuredAt };
  }

  private async measure(): Promise<void> {
    const sent = this.timer.now();
    try {
      const theirs = await this.venue.serverTime(this.ended.signal);
      const received = this.timer.now();
      this.skewMs = theirs - (sent + received) / 2;
      this.measuredAt = received;
      this.dueAt = received + EVERY_MS;
    } catch {
      // the last measurement stands
      this.dueAt = this.timer.now() + AFTER_FAILURE_MS;
    }
  }
}
