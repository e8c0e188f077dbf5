/**
 * Faults of the program in the work of one market or one step of a feed: nobody foresaw them, so they are told, and the
 * work that is not theirs goes on. What a venue or a disk refuses is foreseen and told where it is handled.
 */

/** The same work fails with every tick, twice a second: it is told again only after this long. */
const TELL_AGAIN_MS = 10 * 60_000;

export class Mishaps {
  private readonly toldAt = new Map<string, number>();

  constructor(
    private readonly tell: (problem: string, error: unknown) => void,
    private readonly now: () => number,
  ) {}

  /** Does the work; what it throws is told under the name of the work and goes no further. */
  contain(work: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.note(work, error);
    }
  }

  note(work: string, error: unknown): void {
    const now = this.now();
    const told = this.toldAt.get(work);
    if (told !== undefined && now - told < TELL_AGAIN_MS) return;
    this.toldAt.set(work, now);
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.tell(`${work} failed unexpectedly, the rest goes on · ${reason}`, error);
  }
}
