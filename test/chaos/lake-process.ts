/** Starts the writer process of the chaos tests and follows what it acknowledges. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Random } from '../../src/market/random.js';

export const NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
export const MINUTE = 60_000;

export interface WriterOptions {
  readonly root: string;
  /** Number of the first batch; batch n holds minute n after `start`. */
  readonly first: number;
  readonly batches: number;
  readonly symbols: number;
  readonly start: number;
  /** The writer's clock runs this far ahead of its batch; left out, it is the real clock. */
  readonly clockAhead?: number;
  /** Compact after every n-th batch; 0 never. */
  readonly compactEvery: number;
}

export class WriterProcess {
  /** Number of the last batch whose append resolved; first − 1 before any did. */
  acknowledged: number;
  /** Covering files published, replaced files deleted. */
  merged = 0;
  deleted = 0;
  finished = false;
  errors = '';
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;
  private rest = '';
  private listeners: (() => void)[] = [];

  constructor(options: WriterOptions) {
    this.acknowledged = options.first - 1;
    const script = fileURLToPath(new URL('./lake-writer.mjs', import.meta.url));
    this.child = spawn(process.execPath, [script, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = once(this.child, 'close');
    this.child.stdout!.on('data', (data: Buffer) => this.take(data.toString()));
    this.child.stderr!.on('data', (data: Buffer) => {
      this.errors += data.toString();
    });
    this.child.on('close', () => this.wake());
  }

  private take(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      const [word, a, b] = line.split(' ');
      if (word === 'ack') this.acknowledged = Number(a);
      if (word === 'compacted') {
        this.merged += Number(a);
        this.deleted += Number(b);
      }
      if (word === 'done') this.finished = true;
    }
    this.wake();
  }

  private wake(): void {
    for (const listener of this.listeners.splice(0)) listener();
  }

  /** Resolves when the condition holds or the process has ended. */
  async until(condition: (writer: WriterProcess) => boolean): Promise<void> {
    while (!condition(this) && this.child.exitCode === null && this.child.signalCode === null) {
      await new Promise<void>((resolve) => this.listeners.push(resolve));
    }
  }

  /** SIGKILL, now; resolves when the process is gone and everything it said has been read. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  async ended(): Promise<number | null> {
    await this.exited;
    return this.child.exitCode;
  }
}

/** The seed of this run, printed by the tests so that a failure can be repeated with TIDEWATCH_CHAOS_SEED. */
export const SEED = Number(process.env.TIDEWATCH_CHAOS_SEED ?? (NIGHTLY ? Date.now() % 1e9 : 20_251_010));

export function generator(label: number): Random {
  return new Random(SEED).fork(label);
}
