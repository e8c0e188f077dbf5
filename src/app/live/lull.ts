/**
 * Turns for work that can wait. In the seconds around the end of a minute the bars of hundreds of markets close and are
 * to be served at once; what can wait is done between, a little at a time, so that a request never waits for more than
 * one step of it.
 */
import { setImmediate as others, setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../market/clock.js';

const MINUTE = 60_000;
/** From here on in each minute what closed has been served and written. */
const BEGINS_MS = 15_000;
const ENDS_MS = 57_000;

export class Lull {
  constructor(private readonly clock: Clock) {}

  /** Lets everybody else have a turn; outside the lull, waits for it. Never rejects: who ends asks its own signal. */
  async turn(signal?: AbortSignal): Promise<void> {
    await others();
    const wait = this.untilNext();
    if (wait > 0 && !signal?.aborted)
      await sleep(wait, undefined, { ref: false, signal }).catch(() => undefined);
  }

  /**
   * Calls `work` in the lull of every so many minutes, one call after another.
   * @returns a function that ends it and resolves when the last call has
   */
  every(
    minutes: number,
    work: () => Promise<void>,
    onFailure: (error: unknown) => void,
  ): () => Promise<void> {
    let running: Promise<void> = Promise.resolve();
    const run = (): void => {
      running = running.then(work).catch(onFailure);
    };
    let repeated: NodeJS.Timeout | undefined;
    const first = setTimeout(
      () => {
        run();
        repeated = setInterval(run, minutes * MINUTE).unref();
      },
      minutes * MINUTE - ((this.clock.now() - BEGINS_MS) % MINUTE),
    ).unref();
    return () => {
      clearTimeout(first);
      clearInterval(repeated);
      return running;
    };
  }

  private untilNext(): number {
    const at = this.clock.now() % MINUTE;
    if (at >= BEGINS_MS && at < ENDS_MS) return 0;
    return (BEGINS_MS - at + MINUTE) % MINUTE;
  }
}
