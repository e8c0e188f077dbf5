/**
 * Payloads as JSON lines: to a file, written beside its name in pieces and renamed when whole, so that none is ever half;
 * or to a stream.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TidewatchError } from '../../errors.js';

const PIECE = 1 << 20;

export interface PayloadSink {
  write(line: unknown): void;
  /** Everything is written: makes a file visible under its name. */
  publish(): void;
  /** Leaves no half file behind. */
  discard(): void;
}

export class PayloadFile implements PayloadSink {
  private readonly temporary: string;
  private readonly file: number;
  private pending = '';

  /** @throws TidewatchError `write_failed` */
  constructor(private readonly path: string) {
    this.temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
    this.file = guarded(path, () => {
      mkdirSync(dirname(path), { recursive: true });
      return openSync(this.temporary, 'w');
    });
  }

  write(line: unknown): void {
    this.pending += `${JSON.stringify(line)}\n`;
    if (this.pending.length >= PIECE) this.flush();
  }

  private flush(): void {
    const { pending } = this;
    this.pending = '';
    guarded(this.path, () => writeSync(this.file, pending));
  }

  publish(): void {
    this.flush();
    guarded(this.path, () => {
      fsyncSync(this.file);
      closeSync(this.file);
      renameSync(this.temporary, this.path);
    });
  }

  discard(): void {
    closeSync(this.file);
    rmSync(this.temporary, { force: true });
  }
}

/** Writes lines where the caller reads them at once: there is nothing to publish or to take back. */
export class PayloadStream implements PayloadSink {
  private pending = '';

  constructor(private readonly stream: NodeJS.WritableStream) {}

  write(line: unknown): void {
    this.pending += `${JSON.stringify(line)}\n`;
    if (this.pending.length >= PIECE) this.publish();
  }

  publish(): void {
    if (this.pending !== '') this.stream.write(this.pending);
    this.pending = '';
  }

  discard(): void {
    this.pending = '';
  }
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const full = (error as NodeJS.ErrnoException).code === 'ENOSPC';
    throw new TidewatchError(full ? 'disk_full' : 'write_failed', `${path} could not be written`, {
      hint: full ? 'free some space' : 'check the folder and its rights',
      cause: error,
    });
  }
}
