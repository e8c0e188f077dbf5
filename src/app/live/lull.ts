/**
 * Turns for work that can wait. In the seconds around the end of a minute the bars of hundreds of markets close and are
 * to be served at once; what can wait is done between, a little at a time, so that a request never waits for more than
 * one step of it.
 */
import { setImmediate as others } from 'node:timers/promises';
import type { Timer } from '../../data/venues/timer.js';

const MINUTE = 60_000;
/** From here on in each minute what closed has been served and written. */
const BEGINS_MS = 15_000;
const ENDS_MS = 57_000;
/** A timer may be early by a little: the lull that it was meant for is not waited for once more. */
const EARLY_MS = 1_000;

export class Lull {
  constructor(private readonly timer: Timer) {}

  /** Lets everybody else have a turn; outside the lull, waits for it. Never rejects: who ends asks its own signal. */
  async turn(signal?: AbortSignal): Promise<void> {
    await others();
    const wait = this.untilNext();
    if (wait > 0 && !signal?.aborted) await this.timer.sleep(wait, signal).catch(() => undefined);
  }

  /**
   * Calls `work` at the beginning of the lull of every so many minutes, never two calls at once: when one takes longer,
   * the lulls that it fills are left out.
   * @returns a function that ends it and resolves when the last call has
   */
  every(
    minutes: number,
    work: () => Promise<void>,
    onFailure: (error: unknown) => void,
  ): () => Promise<void> {
    const ended = new AbortController();
    const { signal } = ended;
    const run = async (): Promise<void> => {
      for (;;) {
        // reckoned anew each time: what is added up drifts out of the lull within weeks, and a clock may be set
        const passed = (this.timer.now() + EARLY_MS - BEGINS_MS) % MINUTE;
        await this.timer.sleep(minutes * MINUTE + EARLY_MS - passed, signal).catch(() => undefined);
        if (signal.aborted) return;
        await work().catch(onFailure);
      }
    };
    const running = run();
    return () => {
      ended.abort(new Error('nothing more is to be done in the lull'));
      return running;
    };
  }

  private untilNext(): number {
    const at = this.timer.now() % MINUTE;
    if (at >= BEGINS_MS && at < ENDS_MS) return 0;
    return (BEGINS_MS - at + MINUTE) % MINUTE;
  }
}
