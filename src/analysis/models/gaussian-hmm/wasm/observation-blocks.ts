/** Row-major observations to the blocks of columns that the kernels read. */
import type { Observations } from '../expectation.js';
import { BLOCK_ROWS, type MemoryLayout, STRIDE } from './memory-layout.js';

/** Rows looked at to decide what is subtracted from a feature. */
const SAMPLED_ROWS = 4_096;
const DOUBLES_PER_COLUMN = STRIDE / 8;

/**
 * What to subtract from each feature: its mean over evenly spaced rows when that exceeds its deviation (products of
 * raw prices would cancel), else 0. Any value serves, so a sample is enough.
 */
function chooseCentre({ data, rows, features }: Observations): Float64Array {
  const centre = new Float64Array(features);
  const step = Math.max(1, Math.floor(rows / SAMPLED_ROWS));
  for (let d = 0; d < features; d += 1) {
    const origin = data[d]!;
    let count = 0;
    let sum = 0;
    let squares = 0;
    for (let row = 0; row < rows; row += step) {
      const value = data[row * features + d]! - origin;
      sum += value;
      squares += value * value;
      count += 1;
    }
    const mean = origin + sum / count;
    const variance = squares / count - (sum / count) ** 2;
    if (Number.isFinite(mean) && mean * mean > variance) centre[d] = mean;
  }
  return centre;
}

/** Writes the blocks and returns the centre. Rows beyond the last one of the last block repeat it. */
export function loadObservations(
  observations: Observations,
  layout: MemoryLayout,
  doubles: Float64Array,
): Float64Array {
  const { data, rows, features } = observations;
  const centre = chooseCentre(observations);
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
