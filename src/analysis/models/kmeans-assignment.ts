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
  // Only differences from the first centre matter: two dot products per row instead of three.
  const from = (k: number, d: number): number => c[k * 5 + d]! - c[d]!;
  const [b0, b1, b2, b3, b4] = [from(1, 0), from(1, 1), from(1, 2), from(1, 3), from(1, 4)];
  const [d0, d1, d2, d3, d4] = [from(2, 0), from(2, 1), from(2, 2), from(2, 3), from(2, 4)];
  const hb = half[1]! - half[0]!;
  const hd = half[2]! - half[0]!;
  let changed = 0;
  let [n1, n2] = [0, 0];
  let [s00, s01, s02, s03, s04] = [0, 0, 0, 0, 0];
  let [s10, s11, s12, s13, s14] = [0, 0, 0, 0, 0];
  let [s20, s21, s22, s23, s24] = [0, 0, 0, 0, 0];
  for (let row = 0, at = 0; row < rows; row += 1, at += 5) {
    const x0 = data[at]!;
    const x1 = data[at + 1]!;
    const x2 = data[at + 2]!;
    const x3 = data[at + 3]!;
    const x4 = data[at + 4]!;
    // Costs of the second and third centre less that of the first.
    const second = hb - x0 * b0 - x1 * b1 - x2 * b2 - x3 * b3 - x4 * b4;
    const third = hd - x0 * d0 - x1 * d1 - x2 * d2 - x3 * d3 - x4 * d4;
    // Which centre is nearest cannot be predicted, so comparisons become 0 or 1 instead of branches.
    const isThird = Number(third < Math.min(0, second));
    const isSecond = Number(second < 0) & (1 - isThird);
    const nearest = isSecond + 2 * isThird;
    changed |= labels[row]! ^ nearest;
    labels[row] = nearest;
    n1 += isSecond;
    n2 += isThird;
    const first = 1 - isSecond - isThird;
    s00 += first * x0;
    s01 += first * x1;
    s02 += first * x2;
    s03 += first * x3;
    s04 += first * x4;
    s10 += isSecond * x0;
    s11 += isSecond * x1;
    s12 += isSecond * x2;
    s13 += isSecond * x3;
    s14 += isSecond * x4;
    s20 += isThird * x0;
    s21 += isThird * x1;
    s22 += isThird * x2;
    s23 += isThird * x3;
    s24 += isThird * x4;
  }
  sums.set([s00, s01, s02, s03, s04, s10, s11, s12, s13, s14, s20, s21, s22, s23, s24]);
  counts.set([rows - n1 - n2, n1, n2]);
  return changed !== 0;
}
