/**
 * One row per key out of blocks whose times overlap, and one array out of blocks that follow each other. Balanced
 * pairwise merging: k blocks of n rows together take O(n log k), a thousand live parts included.
 */
import { lowerBound } from '../../market/series.js';
import type { Block } from './column-cache.js';

/** Columns that decide between rows of one key; read only for files that overlap. */
export const RANK = '$rank';
export const INGESTED_AT = 'ingested_at';

interface Run {
  readonly length: number;
  readonly ts: Float64Array;
  /** Block and row that each time comes from. */
  readonly block: Uint32Array;
  readonly row: Uint32Array;
}

/** Rows with ts in [from, to) of each block; those without any are left out, as most live parts lack most instruments. */
export function inRange(blocks: readonly Block[], from: number, to: number): Block[] {
  const found: Block[] = [];
  for (const block of blocks) {
    const first = lowerBound(block.ts, from);
    const end = to === Number.POSITIVE_INFINITY ? block.ts.length : lowerBound(block.ts, to);
    if (first >= end) continue;
    if (first === 0 && end === block.ts.length) found.push(block);
    else {
      found.push({
        ts: block.ts.subarray(first, end),
        columns: Object.fromEntries(
          Object.entries(block.columns).map(([name, column]) => [name, column.subarray(first, end)]),
        ),
      });
    }
  }
  return found;
}

/**
 * @param blocks in the order in which they were written (of equal rows the later wins), each with strictly
 *   increasing ts and the columns RANK and INGESTED_AT
 */
export function mergeOverlapping(blocks: readonly Block[], names: readonly string[]): Block {
  if (blocks.length === 0) return concatenate([], names);
  if (blocks.length === 1) return blocks[0]!;
  let runs: Run[] = blocks.map((block, index) => ({
    length: block.ts.length,
    ts: block.ts,
    block: new Uint32Array(block.ts.length).fill(index),
    row: Uint32Array.from({ length: block.ts.length }, (_, row) => row),
  }));
  while (runs.length > 1) {
    const next: Run[] = [];
    for (let index = 0; index < runs.length; index += 2) {
      const left = runs[index]!;
      const right = runs[index + 1];
      next.push(right ? mergeTwo(blocks, left, right) : left);
    }
    runs = next;
  }
  const { length, ts, block, row } = runs[0]!;
  const columns: Record<string, Float64Array> = {};
  for (const name of names) {
    const sources = blocks.map((candidate) => candidate.columns[name]!);
    const out = new Float64Array(length);
    for (let index = 0; index < length; index += 1) out[index] = sources[block[index]!]![row[index]!]!;
    columns[name] = out;
  }
  return { ts: ts.slice(0, length), columns };
}

function mergeTwo(blocks: readonly Block[], left: Run, right: Run): Run {
  const capacity = left.length + right.length;
  const ts = new Float64Array(capacity);
  const block = new Uint32Array(capacity);
  const row = new Uint32Array(capacity);
  let length = 0;
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const leftTime = i < left.length ? left.ts[i]! : Number.POSITIVE_INFINITY;
    const rightTime = j < right.length ? right.ts[j]! : Number.POSITIVE_INFINITY;
    const takeLeft = leftTime < rightTime || (leftTime === rightTime && beats(blocks, left, i, right, j));
    const run = takeLeft ? left : right;
    const from = takeLeft ? i : j;
    ts[length] = run.ts[from]!;
    block[length] = run.block[from]!;
    row[length] = run.row[from]!;
    length += 1;
    if (leftTime <= rightTime) i += 1;
    if (rightTime <= leftTime) j += 1;
  }
  return { length, ts, block, row };
}

/** True when the earlier written row wins against the later written one of the same key. */
function beats(blocks: readonly Block[], left: Run, i: number, right: Run, j: number): boolean {
  for (const name of [RANK, INGESTED_AT]) {
    const a = blocks[left.block[i]!]!.columns[name]![left.row[i]!]!;
    const b = blocks[right.block[j]!]!.columns[name]![right.row[j]!]!;
    if (a !== b) return a > b;
  }
  return false;
}

/** Blocks that follow each other as one; neighbours that lie side by side in one buffer are joined without a copy. */
export function concatenate(blocks: readonly Block[], names: readonly string[]): Block {
  if (blocks.length === 1) return blocks[0]!;
  const columns: Record<string, Float64Array> = {};
  for (const name of names) columns[name] = join(blocks.map((block) => block.columns[name]!));
  return { ts: join(blocks.map((block) => block.ts)), columns };
}

function join(pieces: readonly Float64Array[]): Float64Array {
  const filled = pieces.filter((piece) => piece.length > 0);
  const length = filled.reduce((sum, piece) => sum + piece.length, 0);
  const first = filled[0];
  if (!first) return new Float64Array(0);
  let end = first.byteOffset;
  const adjacent = filled.every((piece) => {
    const follows = piece.buffer === first.buffer && piece.byteOffset === end;
    end = piece.byteOffset + piece.byteLength;
    return follows;
  });
  if (adjacent) return new Float64Array(first.buffer, first.byteOffset, length);
  const joined = new Float64Array(length);
  let offset = 0;
  for (const piece of filled) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}
