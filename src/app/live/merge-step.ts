/**
 * Merging behind a running feed: a part a minute and venue would leave 1,440 files by the evening, and every reader looks
 * at each of them. Parts of a closed hour become one soon after it has closed, and a closed day as well (compaction.ts);
 * older months are left to the daily job. Merges run in the engine's threads, so readers go on meanwhile.
 */

import { corruptFile } from '../../data/lake/checksum.js';
import { periodOf } from '../../data/lake/part-name.js';
import type { Clock } from '../../market/clock.js';
import { compactLake } from '../compact-lake.js';
import type { HomeLake } from '../home-lake.js';
import type { Lull } from './lull.js';
import { type TellTrouble, Trouble } from './trouble.js';

/** Between looks at the names; most of them find nothing to merge. */
const LOOK_MINUTES = 10;
const DAY = 86_400_000;

export class MergeStep {
  /** What could not be merged. */
  readonly trouble: Trouble;
  private readonly ended = new AbortController();
  private endRuns: () => Promise<void> = async () => undefined;

  constructor(
    private readonly data: HomeLake,
    private readonly clock: Clock,
    private readonly lull: Lull,
    onTrouble: TellTrouble,
  ) {
    this.trouble = new Trouble(onTrouble);
  }

  start(onFailure: (error: unknown) => void): void {
    this.endRuns = this.lull.every(LOOK_MINUTES, () => this.run(), onFailure);
  }

  async stop(): Promise<void> {
    this.ended.abort(new Error('the merging ends'));
    await this.endRuns();
  }

  /** Merges what has closed. */
  async run(): Promise<void> {
    const { signal } = this.ended;
    if (signal.aborted) return;
    const now = this.clock.now();
    // yesterday's day may close in a new month
    const periods = [periodOf(now), periodOf(now - DAY)];
    await this.trouble.attempt(async () => {
      try {
        const { damaged } = await compactLake(this.data, { periods, signal });
        if (damaged.length > 0) throw corruptFile(damaged[0]!, 'it was left out of a merge');
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    });
  }
}
