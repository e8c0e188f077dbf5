/** Time that passes: tests let it pass at once. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Timer {
  /** UTC ms. */
  now(): number;
  /** Rejects with the signal's reason when it aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Set back by less than this, time stands still until the clock has caught up. */
const SLIP_MS = 1_000;

/**
 * The same time, which goes on when the clock is set back, as if it had not been: pauses that were reckoned before end
 * when they would have. Time that leaps ahead does so here too.
 */
export function steadyTimer(timer: Timer): Timer {
  let ahead = 0;
  let newest = Number.NEGATIVE_INFINITY;
  return {
    now() {
      const now = timer.now() + ahead;
      if (now >= newest - SLIP_MS) newest = Math.max(newest, now);
      else ahead += newest - now;
      return newest;
    },
    sleep: (milliseconds, signal) => timer.sleep(milliseconds, signal),
  };
}

export const realTimer: Timer = {
  now: () => Date.now(),
  async sleep(milliseconds, signal) {
    try {
      await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
