/**
 * Columns in memory, keyed by immutable file and subject: files never change, so an entry never goes stale, and a
 * second question costs no I/O. Least recently used entries leave when the budget is exceeded.
 */

/** Rows of one subject in one file, ts ascending; or, under WHOLE_FILE, of all its subjects one after another. */
export interface Block {
  readonly ts: Float64Array;
  readonly columns: Readonly<Record<string, Float64Array>>;
  /** Where the block holds a whole file of several subjects: [first row, end row) of each. */
  readonly subjects?: ReadonlyMap<string, readonly [number, number]>;
}

/** Stands for all subjects of a file. */
export const WHOLE_FILE = '*';

export class ColumnCache {
  private readonly blocks = new Map<string, Block>();
  private used = 0;

  constructor(private readonly budget: number) {}

  /** The block when it holds every wanted column. */
  get(path: string, subject: string, wanted: readonly string[]): Block | undefined {
    const key = keyOf(path, subject);
    const block = this.blocks.get(key);
    if (!block || !wanted.every((name) => block.columns[name] !== undefined)) return undefined;
    this.blocks.delete(key);
    this.blocks.set(key, block);
    return block;
  }

  /** Adds columns to what is known of this file and subject. */
  put(path: string, subject: string, block: Block): void {
    const key = keyOf(path, subject);
    const before = this.blocks.get(key);
    // both were read from the same immutable file: the rows are the same; the newer ts array shares its buffer
    const merged = before ? { ...block, columns: { ...before.columns, ...block.columns } } : block;
    const bytes = bytesOf(merged) + ENTRY_BYTES;
    if (bytes > this.budget) return;
    if (before) this.used -= bytesOf(before) + ENTRY_BYTES;
    this.blocks.delete(key);
    this.blocks.set(key, merged);
    this.used += bytes;
    for (const [oldest, old] of this.blocks) {
      if (this.used <= this.budget) break;
      this.blocks.delete(oldest);
      this.used -= bytesOf(old) + ENTRY_BYTES;
    }
  }

  clear(): void {
    this.blocks.clear();
    this.used = 0;
  }
}

/** What an entry costs beside its numbers, so that a thousand tiny parts are counted too. */
const ENTRY_BYTES = 512;

function keyOf(path: string, subject: string): string {
  return `${path}|${subject}`;
}

function bytesOf(block: Block): number {
  let bytes = block.ts.byteLength;
  for (const column of Object.values(block.columns)) bytes += column.byteLength;
  return bytes;
}
