/** What a step of the regime pipeline did, without embellishment (regime spec §16.1). */
export interface StepResult {
  readonly step: string;
  /** False when something that the step should have done was not done. */
  readonly success: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly errors: readonly StepError[];
  /** What is worth a look and no failure. */
  readonly warnings: readonly string[];
  readonly duration_ms: number;
  /** Coins whose sources were compared, and how far they lie apart where they were last. */
  readonly compared?: readonly ComparedSources[];
}

export interface ComparedSources {
  readonly component: string;
  /** Close of the first over close of the second; null where they agree within 2 %. */
  readonly apart: { readonly sources: readonly string[]; readonly ratio: number } | null;
}

export interface StepError {
  /** Driver, component or source. */
  readonly subject: string;
  readonly message: string;
}

/** Gathers what happens in a step; a failing part does not stop the others. */
export class StepNotes {
  readonly counts: Record<string, number> = {};
  readonly errors: StepError[] = [];
  readonly warnings: string[] = [];
  readonly compared: ComparedSources[] = [];

  constructor(
    private readonly step: string,
    private readonly started: number,
  ) {}

  count(name: string, more: number): void {
    this.counts[name] = (this.counts[name] ?? 0) + more;
  }

  fail(subject: string, error: unknown): void {
    this.errors.push({ subject, message: error instanceof Error ? error.message : String(error) });
  }

  warn(line: string): void {
    this.warnings.push(line);
  }

  /** Runs the part of one subject. An interrupt ends everything. */
  async part(subject: string, signal: AbortSignal | undefined, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      signal?.throwIfAborted();
      this.fail(subject, error);
    }
  }

  result(ended: number): StepResult {
    return {
      step: this.step,
      success: this.errors.length === 0,
      counts: this.counts,
      errors: this.errors,
      warnings: this.warnings,
      duration_ms: ended - this.started,
      ...(this.compared.length > 0 ? { compared: this.compared } : {}),
    };
  }
}

/** Works side by side; none is under way any more when it fails with what the first of them failed with. */
export async function together(works: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(works)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}
