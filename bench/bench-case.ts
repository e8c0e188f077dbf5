/**
 * One piece of measured work. `work` is the id that the peer harness uses, so that a peer and we can be paired; our
 * own ids follow the same grammar (`area.what.variant.rows`).
 */
export interface BenchCase {
  readonly work: string;
  /** Rows that one call of `run` processes, before `divide`. */
  readonly rows: number;
  /** What a row counts as: row-iter, row, bar … */
  readonly unit: string;
  /** Seconds of one call are divided by this (EM iterations in one fit). Default 1. */
  readonly divide?: number;
  /** Untimed: reads inputs from `dataFolder`, builds what `run` needs. */
  setup(dataFolder: string, threads: number): Promise<PreparedBench>;
}

export interface PreparedBench {
  /** Timed. Calls under a quarter of a second are looped, unless `prepare` exists. */
  run(): unknown | Promise<unknown>;
  /** Untimed, before each call of `run`. */
  prepare?(): void | Promise<void>;
  /** Numbers that show that the same work was done as the peer did. */
  check?(result: unknown): Record<string, unknown>;
  teardown?(): void | Promise<void>;
}
