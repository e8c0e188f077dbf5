/**
 * Threads that wait to join a team. Starting one costs tens of milliseconds, so those of a dissolved team are kept for
 * the next; they sleep, hold no rows, and do not keep the process alive.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { SharedWork } from '../../analysis/models/gaussian-hmm/wasm/wasm-engine.js';
import { workerFile } from './worker-file.js';

/** A thread's place in a team. */
export interface TeamMember extends SharedWork {
  readonly protocol: SharedArrayBuffer;
  readonly rows: number;
  readonly features: number;
  readonly thread: number;
  readonly threads: number;
}

/** What a thread is started with: a port for its assignments and a counter to sleep on. */
export interface ThreadStart {
  readonly port: MessagePort;
  readonly assignments: SharedArrayBuffer;
}

/** A sleeping worker with its port; `join` wakes it into a team. */
export class TeamThread {
  /** Set when the thread has died; called with the error when it dies in a team. */
  onDeath: (() => void) | undefined;
  dead = false;
  private readonly port: MessagePort;
  private readonly assignments = new Int32Array(new SharedArrayBuffer(4));

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    const workerData: ThreadStart = { port: port2, assignments: this.assignments.buffer };
    const worker = new Worker(workerFile(import.meta.url, 'expectation-worker'), {
      workerData,
      transferList: [port2],
    });
    worker.unref();
    port1.unref();
    worker.once('error', () => this.die());
    worker.once('exit', () => this.die());
  }

  private die(): void {
    this.dead = true;
    this.onDeath?.();
  }

  join(member: TeamMember): void {
    this.port.postMessage(member);
    Atomics.add(this.assignments, 0, 1);
    Atomics.notify(this.assignments, 0);
  }
}

const waiting: TeamThread[] = [];

/** A thread that waits, else a new one; the caller gives it back. */
export function takeThread(): TeamThread {
  for (let thread = waiting.pop(); thread; thread = waiting.pop()) if (!thread.dead) return thread;
  return new TeamThread();
}

/** Only a thread that has left its team may be given back. */
export function returnThread(thread: TeamThread): void {
  thread.onDeath = undefined;
  waiting.push(thread);
}
