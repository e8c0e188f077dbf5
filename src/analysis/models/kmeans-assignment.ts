/**
 * The inner loop of k-means: nearest centre of every row and the sums of each cluster, in one pass over the data.
 *
 * Three clusters over five features, the usual case, are written out; everything else takes the general loop.
 * A row belongs to the centre with the smallest ½‖c‖² − x·c; ties go to the lowest index.
 */

/** Fills `labels`, `sums` (K × D) and `counts` (K); true when any label changed. */
export function assignAndSum(
  data: Float64Array,
  rows: number,
  features: number,
  centres: Float64Array,
  labels: Uint8Array,
  sums: Float64Array,
  counts: Float64Array,
): boolean {
  const clusters = counts.length;
  const half = new Float64Array(clusters);
  for (let k = 0; k < clusters; k += 1) {
    for (let d = 0; d < features; d += 1) half[k]! += 0.5 * centres[k * features + d]! ** 2;
  }
  sums.fill(0);
  counts.fill(0);
  if (features === 5 && clusters === 3) return assign3x5(data, rows, centres, half, labels, sums, counts);
  return assignGeneral(data, rows, features, centres, half, labels, sums, counts);
}

function assignGeneral(
  data: Float64Array,
  rows: number,
  features: number,
  centres: Float64Array,
  half: Float64Array,
  labels: Uint8Array,
  sums: Float64Array,
  counts: Float64Array,
): boolean {
  const clusters = counts.length;
  let changed = false;
  for (let row = 0; row < rows; row += 1) {
    const at = row * features;
    let nearest = 0;
    let smallest = Number.POSITIVE_INFINITY;
    for (let k = 0; k < clusters; k += 1) {
      let cost = half[k]!;
      for (let d = 0; d < features; d += 1) cost -= data[at + d]! * centres[k * features + d]!;
      if (cost < smallest) {
        smallest = cost;
        nearest = k;
      }
    }
    if (labels[row] !== nearest) {
      labels[row] = nearest;
      changed = true;
    }
    counts[nearest]! += 1;
    for (let d = 0; d < features; d += 1) sums[nearest * features + d]! += data[at + d]!;
  }
  return changed;
}

function assign3x5(
  data: Float64Array,
  rows: number,
  c: Float64Array,
  half: Float64Array,
  labels: Uint8Array,
  sums: Float64Array,
  counts: Float64Array,
): boolean {
  const [a0, a1, a2, a3, a4] = [c[0]!, c[1]!, c[2]!, c[3]!, c[4]!];
  const [b0, b1, b2, b3, b4] = [c[5]!, c[6]!, c[7]!, c[8]!, c[9]!];
  const [d0, d1, d2, d3, d4] = [c[10]!, c[11]!, c[12]!, c[13]!, c[14]!];
  const [ha, hb, hd] = [half[0]!, half[1]!, half[2]!];
  let changed = 0;
  for (let row = 0, at = 0; row < rows; row += 1, at += 5) {
    const x0 = data[at]!;
    const x1 = data[at + 1]!;
    const x2 = data[at + 2]!;
    const x3 = data[at + 3]!;
    const x4 = data[at + 4]!;
    const costA = ha - x0 * a0 - x1 * a1 - x2 * a2 - x3 * a3 - x4 * a4;
    const costB = hb - x0 * b0 - x1 * b1 - x2 * b2 - x3 * b3 - x4 * b4;
    const costD = hd - x0 * d0 - x1 * d1 - x2 * d2 - x3 * d3 - x4 * d4;
    let nearest = 0;
    let smallest = costA;
    if (costB < smallest) {
      nearest = 1;
      smallest = costB;
    }
    if (costD < smallest) nearest = 2;
    changed |= labels[row]! ^ nearest;
    labels[row] = nearest;
    counts[nearest]! += 1;
    const to = nearest * 5;
    sums[to]! += x0;
    sums[to + 1]! += x1;
    sums[to + 2]! += x2;
    sums[to + 3]! += x3;
    sums[to + 4]! += x4;
  }
  return changed !== 0;
}
