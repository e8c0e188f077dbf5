/**
 * What a step behind a running feed cannot do now and the feed goes on without: a disk that is full, a lake that cannot
 * be read. It is told once, counted, and tried again with the next turn; a feed that ended for it would lose what it has
 * in memory too, and five ends in ten minutes would keep it down after the disk is back (supervisor.ts).
 */
import { TidewatchError } from '../../errors.js';

export type TellTrouble = (problem: string, error: unknown) => void;

export class Trouble {
  /** Attempts that failed since the start. */
  failures = 0;
  /** Why the last attempt failed, and what to do; null when it did not. */
  problem: string | null = null;

  constructor(private readonly tell: TellTrouble) {}

  /**
   * @returns whether the work was done; not while another process writes, without a word
   * @throws what is no TidewatchError: a fault of the program
   */
  async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof TidewatchError)) throw error;
      if (error.code === 'home_in_use') return false;
      this.failures += 1;
      const { message, hint } = error;
      const problem = hint === undefined ? message : `${message} · ${hint}`;
      // the same again and again is one line
      if (problem !== this.problem) this.tell(problem, error);
      this.problem = problem;
      return false;
    }
    this.problem = null;
    return true;
  }
}
