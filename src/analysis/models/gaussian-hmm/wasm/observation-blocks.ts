/** Row-major observations to the blocks of columns that the kernels read. */
import type { Observations } from '../expectation.js';
import { BLOCK_ROWS, type MemoryLayout, STRIDE } from './memory-layout.js';

const DOUBLES_PER_COLUMN = STRIDE / 8;

/**
 * Writes the blocks and returns what was subtracted from each feature: nothing. A centre taken from the rows would let
 * late rows change the last bits of early answers; the model shifts far features by its own means instead.
 * Rows beyond the last one of the last block repeat it.
 */
export function loadObservations(
  observations: Observations,
  layout: MemoryLayout,
  doubles: Float64Array,
): Float64Array {
  const { data, rows, features } = observations;
  const centre = new Float64Array(features);
  for (let block = 0; block < layout.blocks; block += 1) {
    const first = block * BLOCK_ROWS;
    const count = Math.min(BLOCK_ROWS, rows - first);
    const base = (layout.observations >> 3) + block * features * DOUBLES_PER_COLUMN;
    for (let d = 0; d < features; d += 1) {
      const column = base + d * DOUBLES_PER_COLUMN;
      const shift = centre[d]!;
      let at = first * features + d;
      for (let row = 0; row < count; row += 1, at += features) doubles[column + row] = data[at]! - shift;
      if (count % 4 !== 0) doubles.fill(doubles[column + count - 1]!, column + count, column + count + 4);
    }
  }
  return centre;
}
