/**
 * Scheduled jobs: rows of the schedule with the work that belongs to them. Parts of the product add theirs when a home is
 * opened (services.ts); scheduler.ts queues their windows, the job queue runs them.
 */
import { TidewatchError } from '../../errors.js';
import { SCHEDULE_TABLE, type ScheduleRow } from './schedule-table.js';
import type { Window } from './schedule-window.js';

export interface ScheduledContext {
  /** `regime.1h@2026-01-05T13:00` */
  readonly windowKey: string;
  /** Runs of this window begun, the present one included. */
  readonly attempt: number;
  /** For the catch-up policy `span`: from here on nothing was done; the beginning of the window for the others. */
  readonly since: number;
  /** True when a window is made up for: it ended more than one period ago, or `since` lies before it. */
  readonly catchUp: boolean;
  /** True when what the job waits for did not come in time. */
  readonly degraded: boolean;
  /** Aborts at the time-out, when the run is cancelled, and when the process stops. */
  readonly signal: AbortSignal;
  /** Tells how far the work is, 0 to 1. */
  report(progress: number): void;
}

/** Plain JSON, kept with the run. `rows` and `items` are shown in the history. */
export interface ScheduledResult {
  readonly rows?: number;
  readonly [fact: string]: unknown;
}

export interface ScheduledJob extends ScheduleRow {
  /** Runs again after a crash or a failure: must then have no second effect. */
  run(window: Window, context: ScheduledContext): Promise<ScheduledResult | undefined>;
}

/** A row of the schedule with its work. Throws when the schedule has no such row: a mistake of the program. */
export function scheduled(id: string, run: ScheduledJob['run']): ScheduledJob {
  const found = SCHEDULE_TABLE.find((row) => row.id === id);
  if (found === undefined) throw new Error(`the schedule has no job ${id}`);
  return { ...found, run };
}

/** The jobs of one process, in an order in which nobody stands before what it waits for. */
export class Schedule {
  private readonly jobs: ScheduledJob[] = [];

  /** @param disabled ids that the configuration switches off */
  constructor(private readonly disabled: ReadonlySet<string> = new Set()) {}

  /** Throws when the job is there already. */
  add(...jobs: readonly ScheduledJob[]): void {
    for (const job of jobs) {
      if (this.jobs.some(({ id }) => id === job.id)) throw new Error(`${job.id} is scheduled already`);
      this.jobs.push(job);
    }
  }

  /** All of them, those that are switched off included. */
  get all(): readonly ScheduledJob[] {
    return this.jobs;
  }

  isEnabled({ id }: ScheduledJob): boolean {
    return !this.disabled.has(id);
  }

  get enabled(): readonly ScheduledJob[] {
    return this.jobs.filter((job) => this.isEnabled(job));
  }

  /** @throws TidewatchError `bad_parameter` when there is no such job */
  find(id: string): ScheduledJob {
    const found = this.jobs.find((job) => job.id === id);
    if (found) return found;
    throw new TidewatchError('bad_parameter', `there is no scheduled job "${id}"`, {
      hint: `one of ${this.jobs.map((job) => job.id).join(', ')}`,
    });
  }
}

/** How many items a run had and which of them failed, each with its reason. */
export interface ItemReport {
  readonly items: number;
  readonly failed: readonly { readonly item: string; readonly error: string }[];
}

/**
 * Works off the items of one run: the failure of one is noted, not fatal.
 * @throws TidewatchError `items_failed` when more than half of them failed (operations spec §3.1, rule 6)
 */
export async function eachItem<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  work: (item: Item) => Promise<void>,
  signal: AbortSignal,
): Promise<ItemReport> {
  const failed: { item: string; error: string }[] = [];
  for (const item of items) {
    signal.throwIfAborted();
    try {
      await work(item);
    } catch (error) {
      signal.throwIfAborted();
      failed.push({ item: nameOf(item), error: error instanceof Error ? error.message : String(error) });
    }
  }
  if (failed.length * 2 > items.length) {
    const [first] = failed;
    throw new TidewatchError(
      'items_failed',
      `${failed.length} of ${items.length} items failed · ${first!.item}: ${first!.error}`,
      { hint: 'see the others in the log of the schedule', details: { failed } },
    );
  }
  return { items: items.length, failed };
}
