/**
 * Inner loops of the scaled engine over one block of rows, on column-major data.
 *
 * Why: an interpreter of nested loops over D costs six times what these unrolled loops cost. Each loop runs over the
 * rows of a block that fits the first-level cache; the number of features is unrolled by hand up to eight.
 * `x` holds feature d of block row r at `x[base + d · stride + r]`.
 */

/** q[r] += (shift + Σ_d w[at + d] · x_d[r])² for d < count. */
export function addSquaredAffine(
  q: Float64Array,
  at0: number,
  rows: number,
  x: Float64Array,
  base: number,
  stride: number,
  w: Float64Array,
  at: number,
  count: number,
  shift: number,
): void {
  const [w0, w1, w2, w3] = [w[at]!, w[at + 1]!, w[at + 2]!, w[at + 3]!];
  const p1 = base + stride;
  const p2 = p1 + stride;
  const p3 = p2 + stride;
  const p4 = p3 + stride;
  const p5 = p4 + stride;
  const p6 = p5 + stride;
  const p7 = p6 + stride;
  if (count === 1) {
    for (let r = 0; r < rows; r += 1) {
      const z = shift + w0 * x[base + r]!;
      q[at0 + r]! += z * z;
    }
  } else if (count === 2) {
    for (let r = 0; r < rows; r += 1) {
      const z = shift + w0 * x[base + r]! + w1 * x[p1 + r]!;
      q[at0 + r]! += z * z;
    }
  } else if (count === 3) {
    for (let r = 0; r < rows; r += 1) {
      const z = shift + w0 * x[base + r]! + w1 * x[p1 + r]! + w2 * x[p2 + r]!;
      q[at0 + r]! += z * z;
    }
  } else if (count === 4) {
    for (let r = 0; r < rows; r += 1) {
      const z = shift + w0 * x[base + r]! + w1 * x[p1 + r]! + w2 * x[p2 + r]! + w3 * x[p3 + r]!;
      q[at0 + r]! += z * z;
    }
  } else if (count === 5) {
    const w4 = w[at + 4]!;
    for (let r = 0; r < rows; r += 1) {
      const low = shift + w0 * x[base + r]! + w1 * x[p1 + r]! + w2 * x[p2 + r]!;
      const z = low + w3 * x[p3 + r]! + w4 * x[p4 + r]!;
      q[at0 + r]! += z * z;
    }
  } else if (count === 6) {
    const w4 = w[at + 4]!;
    const w5 = w[at + 5]!;
    for (let r = 0; r < rows; r += 1) {
      const low = shift + w0 * x[base + r]! + w1 * x[p1 + r]! + w2 * x[p2 + r]!;
      const z = low + w3 * x[p3 + r]! + w4 * x[p4 + r]! + w5 * x[p5 + r]!;
      q[at0 + r]! += z * z;
    }
  } else if (count === 7) {
    const [w4, w5, w6] = [w[at + 4]!, w[at + 5]!, w[at + 6]!];
    for (let r = 0; r < rows; r += 1) {
      const low = shift + w0 * x[base + r]! + w1 * x[p1 + r]! + w2 * x[p2 + r]! + w3 * x[p3 + r]!;
      const z = low + w4 * x[p4 + r]! + w5 * x[p5 + r]! + w6 * x[p6 + r]!;
      q[at0 + r]! += z * z;
    }
  } else if (count === 8) {
    const [w4, w5, w6, w7] = [w[at + 4]!, w[at + 5]!, w[at + 6]!, w[at + 7]!];
    for (let r = 0; r < rows; r += 1) {
      const low = shift + w0 * x[base + r]! + w1 * x[p1 + r]! + w2 * x[p2 + r]! + w3 * x[p3 + r]!;
      const z = low + w4 * x[p4 + r]! + w5 * x[p5 + r]! + w6 * x[p6 + r]! + w7 * x[p7 + r]!;
      q[at0 + r]! += z * z;
    }
  } else {
    for (let r = 0; r < rows; r += 1) {
      let z = shift;
      for (let d = 0; d < count; d += 1) z += w[at + d]! * x[base + d * stride + r]!;
      q[at0 + r]! += z * z;
    }
  }
}

/** out[at + d] += Σ_r y[from + r] · x_d[r] for d < count, four features at a time. */
export function addProducts(
  y: Float64Array,
  from: number,
  rows: number,
  x: Float64Array,
  base: number,
  stride: number,
  count: number,
  out: Float64Array,
  at: number,
): void {
  let d = 0;
  for (; d + 4 <= count; d += 4) {
    const p0 = base + d * stride;
    const p1 = p0 + stride;
    const p2 = p1 + stride;
    const p3 = p2 + stride;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let r = 0; r < rows; r += 1) {
      const weight = y[from + r]!;
      s0 += weight * x[p0 + r]!;
      s1 += weight * x[p1 + r]!;
      s2 += weight * x[p2 + r]!;
      s3 += weight * x[p3 + r]!;
    }
    out[at + d]! += s0;
    out[at + d + 1]! += s1;
    out[at + d + 2]! += s2;
    out[at + d + 3]! += s3;
  }
  for (; d < count; d += 1) {
    const p = base + d * stride;
    let sum = 0;
    for (let r = 0; r < rows; r += 1) sum += y[from + r]! * x[p + r]!;
    out[at + d]! += sum;
  }
}

/** y[r] = weight[from + r] · x[base + r]. */
export function multiply(
  y: Float64Array,
  weight: Float64Array,
  from: number,
  rows: number,
  x: Float64Array,
  base: number,
): void {
  for (let r = 0; r < rows; r += 1) y[r] = weight[from + r]! * x[base + r]!;
}
