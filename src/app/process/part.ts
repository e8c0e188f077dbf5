/** A long-running part of the process: streams, schedule, server. A supervisor starts it, and again when it crashes. */
import type { HealthItem } from '../server/health.js';
import type { Role } from './role.js';

export interface PartHost {
  /** To be called when the part cannot go on by itself: it is stopped, and started again after a pause. */
  crashed(error: unknown): void;
  /** Told of what failed and the part goes on without: what and what to do. */
  troubled?(problem: string, error: unknown): void;
}

/**
 * The lease of a part, as this process knows it: its own, another's, or lost when the database has not confirmed either
 * for longer than a lease lives.
 */
export type LeaseState = 'held' | 'standby' | 'lost';

export interface ProcessPart {
  readonly name: string;
  /** Resolves when the part runs; a rejection is a crash. Is called again after a crash or a sleep of the machine. */
  start(host: PartHost): Promise<void>;
  /** Ends what `start` began, within a second or so. Never called twice in a row without a start between. */
  stop(): Promise<void>;
  /** Plain JSON about the part as it is now, for /api/health: snake_case names, epoch ms. */
  status(): Readonly<Record<string, unknown>>;
  /** Lights of the part for /api/health and their gauges. */
  health?(): readonly HealthItem[];
  /** Where one process of several runs the part; undefined while it is stopped, or nobody has been asked yet. */
  lease?(): LeaseState | undefined;
}

/** Where a part runs. */
export interface HostedPart {
  readonly part: ProcessPart;
  readonly roles: readonly Role[];
  /** True: of several processes on one database only one runs it at a time, the holder of a lease of its name. */
  readonly single: boolean;
}
