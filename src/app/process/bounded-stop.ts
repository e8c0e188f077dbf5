/**
 * Ends a process in steps, each within its time (operations spec §1: five seconds in all). A step that overruns is told
 * and left: whatever hangs, a venue, a follower, a job, a database, the others are still ended, and what was cut off is
 * made up for at the next start.
 */
export interface StopStep {
  readonly name: string;
  readonly limitMs: number;
  readonly run: () => Promise<unknown>;
}

export interface StopLog {
  debug(facts: object, text: string): void;
  warn(facts: object, text: string): void;
}

/** All steps together, counted from the moment the process was told to stop. */
const TOTAL_MS = 4_300;

export class BoundedStop {
  private readonly leftSteps: string[] = [];

  /** @param since when the process was told to stop, by the clock of `performance` */
  constructor(
    private readonly log: StopLog,
    private readonly since: number,
    private readonly totalMs: number = TOTAL_MS,
  ) {}

  /** Steps that had not ended within their time. */
  get left(): readonly string[] {
    return this.leftSteps;
  }

  /** Since the process was told to stop. */
  get tookMs(): number {
    return Math.round(performance.now() - this.since);
  }

  /** Runs steps at the same time. Never rejects. */
  async together(...steps: readonly StopStep[]): Promise<void> {
    await Promise.all(steps.map((step) => this.one(step)));
  }

  private async one({ name, limitMs, run }: StopStep): Promise<void> {
    const begun = performance.now();
    const limit = Math.max(0, Math.min(limitMs, this.since + this.totalMs - begun));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), limit);
    });
    const outcome = await Promise.race([
      run().then(
        () => 'done' as const,
        (error: unknown) => ({ error }),
      ),
      late,
    ]);
    clearTimeout(timer);
    const ms = Math.round(performance.now() - begun);
    if (outcome === 'done') {
      this.log.debug({ step: name, ms }, `${name} ended`);
    } else if (outcome === 'late') {
      this.leftSteps.push(name);
      this.log.warn({ step: name, ms }, `${name} did not end within ${Math.round(limit)} ms and is left`);
    } else {
      this.log.warn({ step: name, ms, err: outcome.error }, `${name} could not be ended`);
    }
  }
}
