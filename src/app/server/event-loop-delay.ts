/**
 * How late the event loop is (operations spec §6), over the last minute, for any number of readers: reading changes
 * nothing. A histogram of Node cannot forget its oldest part, so two of them run half a minute apart and each is emptied
 * once a minute; the longer-running one is read, which covers the last half minute to the last minute (less right after
 * the start).
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

export type DelayHistogram = Pick<IntervalHistogram, 'enable' | 'disable' | 'reset' | 'percentile'>;

const HALF_WINDOW_MS = 30_000;

export class EventLoopDelay {
  private longer: DelayHistogram;
  private shorter: DelayHistogram;
  private readonly timer: NodeJS.Timeout;

  constructor(histogram: () => DelayHistogram = () => monitorEventLoopDelay({ resolution: 20 })) {
    this.longer = histogram();
    this.shorter = histogram();
    this.longer.enable();
    this.shorter.enable();
    this.timer = setInterval(() => this.turn(), HALF_WINDOW_MS);
    this.timer.unref();
  }

  /** 99th percentile, ms; 0 before the first sample. */
  get p99(): number {
    const value = this.longer.percentile(99) / 1e6;
    return Number.isFinite(value) ? value : 0;
  }

  stop(): void {
    clearInterval(this.timer);
    this.longer.disable();
    this.shorter.disable();
  }

  private turn(): void {
    this.longer.reset();
    [this.longer, this.shorter] = [this.shorter, this.longer];
  }
}
