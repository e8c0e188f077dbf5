/** Row-major observations to the blocks of pairs that the kernels read. */
import type { Observations } from '../../observations.js';
import { instantiate } from './kernel-module.js';
import { BLOCK_ROWS, type MemoryLayout, SCRATCH, SHARED } from './memory-layout.js';

/**
 * Writes the blocks. Values go in as they are: a centre taken from the rows would let late rows change the last bits of
 * early answers; the model shifts far features by its own means instead.
 * Each block is copied into scratch memory, where it stays in the cache, and paired by a kernel. Rows beyond
 * the last one of the last block repeat it.
 */
export function loadObservations(
  { data, rows, features }: Observations,
  layout: MemoryLayout,
  memory: WebAssembly.Memory,
): void {
  const doubles = new Float64Array(memory.buffer);
  const pairs = instantiate(memory)[`pairs_${features}`] as (...addresses: number[]) => void;
  const stage = SHARED.end + SCRATCH.forwardOut;
  const staged = doubles.subarray(stage >> 3, (stage >> 3) + BLOCK_ROWS * features);
  for (let block = 0; block < layout.blocks; block += 1) {
    const first = block * BLOCK_ROWS;
    const count = Math.min(BLOCK_ROWS, rows - first);
    staged.set(data.subarray(first * features, (first + count) * features));
    const padded = (count + 3) & ~3;
    for (let row = count; row < padded; row += 1) {
      staged.copyWithin(row * features, (count - 1) * features, count * features);
    }
    pairs(stage, layout.observations + block * features * BLOCK_ROWS * 8, padded * 8);
  }
}
