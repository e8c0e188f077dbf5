/**
 * The E step on several threads: the WebAssembly engine with its two streams on two threads, and further threads that
 * compute densities ahead of them. 1, 2 and 8 threads give the same bits.
 *
 * Calls stay synchronous (the caller is thread 0 and sleeps at the barriers), so it belongs in a process or worker that
 * serves nobody else meanwhile. Limits: the recursion is two streams, more than two threads save the densities only;
 * with one core to itself a team is slower than one thread. Filter, smoothing and Viterbi run on the calling thread.
 */
import type { ExpectationEngine } from '../../analysis/models/gaussian-hmm/expectation.js';
import {
  BLOCK_ROWS,
  type MemoryLayout,
  MOST_THREADS,
} from '../../analysis/models/gaussian-hmm/wasm/memory-layout.js';
import {
  createWasmEngine,
  fitsKernel,
  type PassRunner,
  type SharedWork,
  WasmEngine,
} from '../../analysis/models/gaussian-hmm/wasm/wasm-engine.js';
import type { Workspace } from '../../analysis/models/gaussian-hmm/wasm/workspace.js';
import type { Observations } from '../../analysis/models/observations.js';
import { TidewatchError } from '../../errors.js';
import { TeamProtocol } from './team-protocol.js';
import { returnThread, type TeamThread, takeThread } from './team-threads.js';

/** Below this, meeting costs more than the second thread brings. */
const LEAST_ROWS = 20_000;

class ThreadTeam implements PassRunner {
  private readonly protocol: TeamProtocol;
  private readonly members: TeamThread[] = [];

  constructor(
    work: SharedWork,
    { rows, features }: Observations,
    readonly threads: number,
  ) {
    this.protocol = TeamProtocol.create(Math.ceil(rows / BLOCK_ROWS), threads);
    for (let thread = 1; thread < threads; thread += 1) {
      const member = takeThread();
      member.onDeath = () => this.protocol.fail();
      member.join({ ...work, protocol: this.protocol.buffer, rows, features, thread, threads });
      this.members.push(member);
    }
  }

  run(own: Workspace, layout: MemoryLayout, diagonal: boolean): void {
    this.protocol.begin({ states: layout.states, diagonal });
    try {
      this.protocol.runThread(0, own, layout);
    } catch (cause) {
      throw new TidewatchError('internal', `the E step stopped · ${(cause as Error).message}`, {
        hint: 'train again with one thread',
        cause,
      });
    }
  }

  dispose(): void {
    this.protocol.stop();
    if (!this.protocol.failed) for (const member of this.members) returnThread(member);
  }
}

export interface ParallelOptions {
  /** Below this many rows one thread does it all; 20,000 unless said. */
  readonly leastRows?: number;
}

/**
 * An engine over `threads` threads (1 to 8), or the one-thread engine where a team would not pay or not fit.
 * Dispose of it: the threads live as long as the engine.
 */
export function createParallelEngine(
  observations: Observations,
  threads: number,
  { leastRows = LEAST_ROWS }: ParallelOptions = {},
): ExpectationEngine {
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new TidewatchError(
      'bad_parameter',
      `${threads} is not a number of threads from 1 to ${MOST_THREADS}`,
      {
        hint: 'give a whole number of threads',
      },
    );
  }
  if (threads === 1 || observations.rows < leastRows || !fitsKernel(observations, undefined, threads)) {
    return createWasmEngine(observations);
  }
  return new WasmEngine(observations, threads, (work) => new ThreadTeam(work, observations, threads));
}
