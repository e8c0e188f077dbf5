/**
 * The time of the simulated world. It stands still until it is advanced, or runs by itself at a multiple of real time.
 * Whatever has to happen on the way (bars closing, frames) happens in steps of a quarter of a minute, in order.
 */
import type { Clock } from '../../../market/clock.js';

export const STEP = 15_000;
const REAL_STEP_MS = 50;

export class VirtualTime implements Clock {
  private moment: number;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  /** @param onStep called at every multiple of STEP that is passed, in order */
  constructor(
    start: number,
    private readonly onStep: (now: number) => Promise<void> | void,
  ) {
    this.moment = start;
  }

  now(): number {
    return this.moment;
  }

  /** Moves on by `ms`; calls queue up. */
  advance(ms: number): Promise<void> {
    this.running = this.running.then(async () => {
      const end = this.moment + ms;
      for (;;) {
        const next = (Math.floor(this.moment / STEP) + 1) * STEP;
        if (next > end) break;
        this.moment = next;
        await this.onStep(next);
      }
      this.moment = end;
    });
    return this.running;
  }

  /** Runs at `speed` times real time until stopped. */
  run(speed: number): void {
    let last = Date.now();
    let isBusy = false;
    this.timer = setInterval(() => {
      if (isBusy) return;
      const real = Date.now();
      const passed = (real - last) * speed;
      last = real;
      isBusy = true;
      void this.advance(passed).finally(() => {
        isBusy = false;
      });
    }, REAL_STEP_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
