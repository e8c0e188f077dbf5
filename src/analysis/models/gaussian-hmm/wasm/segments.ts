/** Sequences cut at the borders of blocks: the runs of rows over which a recursion goes without stopping. */
import { BLOCK_ROWS } from './memory-layout.js';

export interface Segments {
  /** First segment of each block; one more entry than blocks. */
  readonly first: Int32Array;
  /** Rows inside the block: from (inclusive), to (exclusive). */
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** 1 where a sequence begins with the segment. */
  readonly starts: Uint8Array;
  /** 1 where a sequence ends with the segment. */
  readonly ends: Uint8Array;
}

/** @param lengths rows of each sequence; their sum is the number of rows */
export function cutSegments(lengths: readonly number[]): Segments {
  const rows = lengths.reduce((sum, length) => sum + length, 0);
  const blocks = Math.ceil(rows / BLOCK_ROWS);
  const most = blocks + lengths.length;
  const first = new Int32Array(blocks + 1);
  const from = new Int32Array(most);
  const to = new Int32Array(most);
  const starts = new Uint8Array(most);
  const ends = new Uint8Array(most);
  let count = 0;
  let row = 0;
  for (const length of lengths) {
    const end = row + length;
    starts[count] = 1;
    while (row < end) {
      const block = Math.floor(row / BLOCK_ROWS);
      const stop = Math.min(end, (block + 1) * BLOCK_ROWS);
      from[count] = row - block * BLOCK_ROWS;
      to[count] = stop - block * BLOCK_ROWS;
      if (stop === end) ends[count] = 1;
      count += 1;
      first[block + 1] = count;
      row = stop;
    }
  }
  return { first, from, to, starts, ends };
}
