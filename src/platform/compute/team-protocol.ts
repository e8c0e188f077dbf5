/**
 * How the threads of one E step meet: a counter that starts a round, one barrier, and one flag per block that says who
 * has computed its densities. All of it lies in one SharedArrayBuffer beside the linear memory of the kernels.
 *
 * Thread 0 and thread 1 each drive one stream of the two passes (workspace.ts, "meet in the middle"); further threads
 * run ahead of them and compute densities. Every number has one owner and is computed from the same inputs whoever
 * that is, and sums are added in block order by the caller: the bits do not depend on the number of threads.
 */
import type { MemoryLayout } from '../../analysis/models/gaussian-hmm/wasm/memory-layout.js';
import type { Workspace } from '../../analysis/models/gaussian-hmm/wasm/workspace.js';

const ROUND = 0;
const ARRIVED = 1;
const STOPPED = 2;
const FAILED = 3;
const STATES = 4;
const DIAGONAL = 5;
const FIRST_BLOCK = 16;

/** Looks at the counter this often before sleeping: a stream that is nearly done is not worth a system call. */
const SPINS = 2_000;
/** A pass over millions of rows takes under a second; a thread silent for this long has died. */
const SILENCE_MS = 120_000;

/** What the threads of a team must agree on before an E step. */
export interface Round {
  readonly states: number;
  readonly diagonal: boolean;
}

export class TeamProtocol {
  private readonly flags: Int32Array;

  constructor(
    readonly buffer: SharedArrayBuffer,
    private readonly threads: number,
  ) {
    this.flags = new Int32Array(buffer);
  }

  static create(blocks: number, threads: number): TeamProtocol {
    return new TeamProtocol(new SharedArrayBuffer(4 * (FIRST_BLOCK + blocks)), threads);
  }

  get round(): number {
    return Atomics.load(this.flags, ROUND);
  }

  get failed(): boolean {
    return Atomics.load(this.flags, FAILED) !== 0;
  }

  /** Caller: starts the next round. */
  begin({ states, diagonal }: Round): void {
    this.flags[STATES] = states;
    this.flags[DIAGONAL] = diagonal ? 1 : 0;
    Atomics.add(this.flags, ROUND, 1);
    Atomics.notify(this.flags, ROUND);
  }

  stop(): void {
    Atomics.store(this.flags, STOPPED, 1);
    Atomics.add(this.flags, ROUND, 1);
    Atomics.notify(this.flags, ROUND);
  }

  /** Worker: gives up and lets nobody wait for it. */
  fail(): void {
    Atomics.store(this.flags, FAILED, 1);
    for (let i = 0; i < this.flags.length; i += 1) Atomics.notify(this.flags, i);
  }

  /** Worker: sleeps until the round after `known`; undefined when the team was dissolved. */
  nextRound(known: number): Round | undefined {
    while (this.round === known) Atomics.wait(this.flags, ROUND, known);
    if (Atomics.load(this.flags, STOPPED)) return undefined;
    return { states: this.flags[STATES]!, diagonal: this.flags[DIAGONAL] === 1 };
  }

  /** Returns when all threads have called it as often as this one. @throws Error when one of them failed */
  meet(): void {
    const mine = Atomics.add(this.flags, ARRIVED, 1) + 1;
    const goal = Math.ceil(mine / this.threads) * this.threads;
    if (mine === goal) {
      Atomics.notify(this.flags, ARRIVED);
      return;
    }
    this.waitWhile(ARRIVED, (value) => value < goal);
  }

  private waitWhile(index: number, waiting: (value: number) => boolean): void {
    for (let spin = 0; ; spin += 1) {
      const value = Atomics.load(this.flags, index);
      if (!waiting(value)) return;
      if (this.failed) throw new Error('a thread of the E step failed');
      if (spin < SPINS) continue;
      if (Atomics.wait(this.flags, index, value, SILENCE_MS) === 'timed-out') {
        throw new Error(`a thread of the E step has been silent for ${SILENCE_MS / 1000} s`);
      }
    }
  }

  /** Computes the densities of a block unless another thread has begun to; true when they were computed here. */
  private claim(block: number, workspace: Workspace): boolean {
    const index = FIRST_BLOCK + block;
    const claimed = 2 * this.round + 1;
    const before = Atomics.load(this.flags, index);
    if (before >= claimed || Atomics.compareExchange(this.flags, index, before, claimed) !== before)
      return false;
    workspace.emit(block);
    Atomics.store(this.flags, index, claimed + 1);
    Atomics.notify(this.flags, index);
    return true;
  }

  /** The densities of a block are there when this returns. */
  private ensureEmitted(block: number, workspace: Workspace): void {
    if (this.threads === 2) {
      workspace.emit(block);
      return;
    }
    if (this.claim(block, workspace)) return;
    const done = 2 * this.round + 2;
    this.waitWhile(FIRST_BLOCK + block, (value) => value < done);
  }

  /** One thread's part of a round. */
  runThread(thread: number, workspace: Workspace, { blocks }: MemoryLayout): void {
    const middle = blocks >> 1;
    if (thread === 0) this.runFirstHalf(workspace, middle);
    else if (thread === 1) this.runSecondHalf(workspace, middle, blocks);
    else this.runAhead(workspace, middle, blocks, thread % 2 === 0);
    this.meet();
  }

  private runFirstHalf(workspace: Workspace, middle: number): void {
    for (let block = 0; block < middle; block += 1) {
      this.ensureEmitted(block, workspace);
      workspace.storeForward(block);
    }
    workspace.giveForward();
    this.meet();
    workspace.takeBackward();
    for (let block = middle - 1; block >= 0; block -= 1) workspace.finishBackward(block);
    workspace.report();
  }

  private runSecondHalf(workspace: Workspace, middle: number, blocks: number): void {
    for (let block = blocks - 1; block >= middle; block -= 1) {
      this.ensureEmitted(block, workspace);
      workspace.storeBackward(block);
    }
    workspace.giveBackward();
    this.meet();
    workspace.takeForward();
    for (let block = middle; block < blocks; block += 1) workspace.finishForward(block);
    workspace.report();
  }

  private runAhead(workspace: Workspace, middle: number, blocks: number, early: boolean): void {
    if (early) for (let block = 0; block < middle; block += 1) this.claim(block, workspace);
    else for (let block = blocks - 1; block >= middle; block -= 1) this.claim(block, workspace);
    this.meet();
  }
}
