/**
 * Simulated time as a worker process sees it: it stands still while anything is under way, and goes on to the next moment
 * that somebody waits for. The soak, which holds the clock of the simulator, moves it when it is asked to.
 */
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import type { Timer } from '../../src/data/venues/timer.js';

interface Sleeper {
  readonly at: number;
  wake(): void;
}

export class DrivenTime implements Timer {
  private readonly sleepers = new Set<Sleeper>();
  private underWay = 0;
  private stopped = false;

  constructor(
    private time: number,
    /** Moves the clock on; resolves with the new time. */
    private readonly advance: (ms: number) => Promise<number>,
    /** Whether something besides the counted work has to come first. */
    private readonly isBusy: () => boolean,
  ) {}

  now(): number {
    return this.time;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const refuse = (): void => {
        this.sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper = {
        at: this.time + milliseconds,
        wake: (): void => {
          signal?.removeEventListener('abort', refuse);
          resolve();
        },
      };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', refuse, { once: true });
    });
  }

  /** Time does not pass while this runs. */
  async counted<T>(work: () => Promise<T>): Promise<T> {
    this.underWay += 1;
    try {
      return await work();
    } finally {
      this.underWay -= 1;
    }
  }

  /** Lets time pass until stopped. @param stepMs longest step, shortest one too while it is given */
  async drive(stepMs: () => number | undefined): Promise<void> {
    while (!this.stopped) {
      await setImmediate();
      await setImmediate();
      while (this.underWay > 0 || this.isBusy()) await delay(1);
      if (this.stopped) return;
      const step = stepMs();
      const next = Math.min(...[...this.sleepers].map(({ at }) => at));
      if (step === undefined && next === Number.POSITIVE_INFINITY) {
        await delay(1);
        continue;
      }
      const ms = step ?? Math.max(0, next - this.time);
      this.time = await this.advance(ms);
      for (const sleeper of [...this.sleepers]) {
        if (sleeper.at > this.time) continue;
        this.sleepers.delete(sleeper);
        sleeper.wake();
      }
    }
  }

  stop(): void {
    this.stopped = true;
  }
}

/** The same lake, for which time stands still while it is read or written. */
export function countedLake<Counted extends object>(lake: Counted, time: DrivenTime): Counted {
  return new Proxy(lake, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        const answer: unknown = Reflect.apply(value, target, given);
        return answer instanceof Promise ? time.counted(() => answer as Promise<unknown>) : answer;
      };
    },
  });
}
