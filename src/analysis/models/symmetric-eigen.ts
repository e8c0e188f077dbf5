/**
 * Eigenvalues and eigenvectors of a small symmetric matrix by cyclic Jacobi rotations (Golub, Van Loan, Matrix
 * Computations §8.5). Slow beyond a few dozen rows, exact to rounding for the small covariances it is used on.
 */

export interface Eigen {
  /** In no particular order. */
  readonly values: Float64Array;
  /** Column k (index row · size + k) belongs to value k. */
  readonly vectors: Float64Array;
}

/** Sweeps after which the off-diagonal part is zero to rounding for any symmetric matrix of this size. */
const SWEEPS = 60;

/** @param matrix size × size, row-major and symmetric; values and vectors come in no particular order */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  const a = matrix.slice();
  const vectors = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) vectors[i * size + i] = 1;
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    let off = 0;
    for (let p = 0; p < size; p += 1) for (let q = 0; q < p; q += 1) off += a[p * size + q]! ** 2;
    if (off === 0) break;
    for (let p = 0; p < size - 1; p += 1) {
      for (let q = p + 1; q < size; q += 1) rotate(a, vectors, size, p, q);
    }
  }
  return { values: Float64Array.from({ length: size }, (_, i) => a[i * size + i]!), vectors };
}

function rotate(a: Float64Array, vectors: Float64Array, size: number, p: number, q: number): void {
  const coupling = a[p * size + q]!;
  if (coupling === 0) return;
  const theta = (a[q * size + q]! - a[p * size + p]!) / (2 * coupling);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < size; k += 1) {
    const x = a[k * size + p]!;
    const y = a[k * size + q]!;
    a[k * size + p] = c * x - s * y;
    a[k * size + q] = s * x + c * y;
  }
  for (let k = 0; k < size; k += 1) {
    const x = a[p * size + k]!;
    const y = a[q * size + k]!;
    a[p * size + k] = c * x - s * y;
    a[q * size + k] = s * x + c * y;
  }
  a[p * size + q] = 0;
  a[q * size + p] = 0;
  for (let k = 0; k < size; k += 1) {
    const x = vectors[k * size + p]!;
    const y = vectors[k * size + q]!;
    vectors[k * size + p] = c * x - s * y;
    vectors[k * size + q] = s * x + c * y;
  }
}
