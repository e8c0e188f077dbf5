/**
 * Notices that the machine slept, or that its clock was moved: a timer that comes more than 30 s off its time (operations
 * spec §3.4). Whoever listens starts its connections anew and makes up for what was missed.
 */
import type { Clock } from '../../market/clock.js';

const LOOK_MS = 5_000;
export const DRIFT_MS = 30_000;

export class SleepWatch {
  private timer: NodeJS.Timeout | undefined;
  private seen = 0;

  /** @param onWake told how far time was off, ms; negative when the clock went back */
  constructor(
    private readonly clock: Clock,
    private readonly onWake: (driftMs: number) => void,
  ) {}

  start(): void {
    this.stop();
    this.seen = this.clock.now();
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = this.clock.now();
    const drift = now - this.seen - LOOK_MS;
    this.seen = now;
    if (Math.abs(drift) > DRIFT_MS) this.onWake(drift);
  }
}
