/**
 * Merging behind a running feed: a part a minute and venue would leave 1,440 files by the evening, and every reader looks
 * at each of them. Parts of a closed hour become one soon after it has closed, and a closed day as well (compaction.ts);
 * older months are left to the daily job. Merges run in the engine's threads, so readers go on meanwhile.
 */

import { periodOf } from '../../data/lake/part-name.js';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import { compactLake } from '../compact-lake.js';
import type { HomeLake } from '../home-lake.js';

/** Between looks at the names; most of them find nothing to merge. */
const LOOK_MS = 10 * 60_000;
const DAY = 86_400_000;

export class MergeStep {
  private readonly ended = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly data: HomeLake,
    private readonly clock: Clock,
  ) {}

  start(onFailure: (error: unknown) => void): void {
    this.timer = setInterval(() => {
      this.running = this.running.then(() => this.run()).catch(onFailure);
    }, LOOK_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.ended.abort(new Error('the merging ends'));
    await this.running;
  }

  /** Merges what has closed. What cannot be written now waits for the next look; the daily job tells of it. */
  async run(): Promise<void> {
    const { signal } = this.ended;
    if (signal.aborted) return;
    const now = this.clock.now();
    // yesterday's day may close in a new month
    const periods = [periodOf(now), periodOf(now - DAY)];
    await compactLake(this.data, { periods, signal }).catch((error: unknown) => {
      if (!signal.aborted && !(error instanceof TidewatchError)) throw error;
    });
  }
}
