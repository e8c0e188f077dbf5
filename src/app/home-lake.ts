/**
 * The lake of a home: reading whenever, writing one at a time. Within the process writers queue; between processes the
 * home's lock decides, and the names on disk are read anew each time it is taken.
 */
import type { LakeAccess } from '../data/ingest/lake-access.js';
import { Lake } from '../data/lake/lake.js';
import type { LakeWriter } from '../data/lake/lake-writer.js';
import type { Clock } from '../market/clock.js';
import type { Config } from '../platform/config-schema.js';
import { createHome, type Home } from '../platform/home.js';
import { lockLake } from '../platform/lake-lock.js';

export class HomeLake implements LakeAccess {
  private queue: Promise<unknown> = Promise.resolve();
  private writesDone = 0;

  private constructor(
    readonly home: Home,
    readonly lake: Lake,
  ) {}

  static async open(home: Home, config: Config, clock: Clock): Promise<HomeLake> {
    const lake = await Lake.open(home.lake, {
      clock,
      threads: config.lake.threads,
      memoryLimit: config.lake.memory_limit,
    });
    return new HomeLake(home, lake);
  }

  /** Counts up with every write of this process. */
  get writes(): number {
    return this.writesDone;
  }

  /**
   * Runs `work` as the only writer of the home, making the home where it is missing. Can be handed on by itself.
   * @throws TidewatchError `home_in_use`, `home_not_writable`, and what `work` throws
   */
  readonly write = <T>(work: (writer: LakeWriter) => Promise<T>): Promise<T> => {
    const turn = this.queue.then(() => this.writeNow(work));
    this.queue = turn.catch(() => undefined);
    return turn;
  };

  private async writeNow<T>(work: (writer: LakeWriter) => Promise<T>): Promise<T> {
    createHome(this.home);
    const lock = await lockLake(this.home);
    try {
      return await work(await this.lake.writer());
    } finally {
      this.writesDone += 1;
      this.lake.releaseWriter();
      lock.release();
    }
  }

  async close(): Promise<void> {
    await this.queue;
    await this.lake.close();
  }
}
