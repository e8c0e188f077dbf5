/**
 * Columns in memory, keyed by immutable file and subject: files never change, so an entry never goes stale, and a
 * second question costs no I/O. Least recently used entries leave when the budget is exceeded, and those of a file when
 * another one has taken its rows up: a feed makes one each minute, and merges take them up within the hour.
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
  private readonly blocks = new Map<string, Entry>();
  private used = 0;

  constructor(private readonly budget: number) {}

  /** The block when it holds every wanted column. */
  get(path: string, subject: string, wanted: readonly string[]): Block | undefined {
    const key = keyOf(path, subject);
    const entry = this.blocks.get(key);
    if (!entry || !wanted.every((name) => entry.block.columns[name] !== undefined)) return undefined;
    this.blocks.delete(key);
    this.blocks.set(key, entry);
    return entry.block;
  }

  /** Adds columns to what is known of this file and subject. */
  put(path: string, subject: string, block: Block): void {
    const key = keyOf(path, subject);
    const before = this.blocks.get(key)?.block;
    // both were read from the same immutable file: the rows are the same; the newer ts array shares its buffer
    const merged = before ? { ...block, columns: { ...before.columns, ...block.columns } } : block;
    const bytes = bytesOf(merged);
    if (bytes > this.budget) return;
    this.drop(key);
    this.blocks.set(key, { path, block: merged, bytes });
    this.used += bytes;
    for (const oldest of this.blocks.keys()) {
      if (this.used <= this.budget) break;
      this.drop(oldest);
    }
  }

  /** Lets go what was read of files that nobody lists any more. */
  forget(paths: readonly string[]): void {
    if (paths.length === 0) return;
    const gone = new Set(paths);
    for (const [key, { path }] of this.blocks) if (gone.has(path)) this.drop(key);
  }

  /** Bytes in use, by reckoning. */
  get bytes(): number {
    return this.used;
  }

  clear(): void {
    this.blocks.clear();
    this.used = 0;
  }

  private drop(key: string): void {
    const entry = this.blocks.get(key);
    if (!entry) return;
    this.blocks.delete(key);
    this.used -= entry.bytes;
  }
}

interface Entry {
  readonly path: string;
  readonly block: Block;
  readonly bytes: number;
}

/**
 * What there is beside the numbers, so that thousands of tiny parts are counted too; measured in a heap of 79 parts an
 * hour: an entry, an array with its buffer, and the name and rows of a subject.
 */
const ENTRY_BYTES = 512;
const ARRAY_BYTES = 200;
const SUBJECT_BYTES = 130;

function keyOf(path: string, subject: string): string {
  return `${path}|${subject}`;
}

function bytesOf(block: Block): number {
  let bytes = ENTRY_BYTES + ARRAY_BYTES + block.ts.byteLength;
  for (const column of Object.values(block.columns)) bytes += ARRAY_BYTES + column.byteLength;
  return bytes + SUBJECT_BYTES * (block.subjects?.size ?? 0);
}
