/** Solution of a small dense linear system by elimination with partial pivoting; a pivot of 0 leaves its variable 0. */
export function solveLinear(matrix: Float64Array, right: ArrayLike<number>): Float64Array {
  const size = right.length;
  const a = matrix.slice();
  const b = Float64Array.from(right);
  const solution = new Float64Array(size);
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < size; row += 1) {
      if (Math.abs(a[row * size + column]!) > Math.abs(a[pivot * size + column]!)) pivot = row;
    }
    if (pivot !== column) {
      for (let j = 0; j < size; j += 1) {
        const kept = a[column * size + j]!;
        a[column * size + j] = a[pivot * size + j]!;
        a[pivot * size + j] = kept;
      }
      [b[column], b[pivot]] = [b[pivot]!, b[column]!];
    }
    const head = a[column * size + column]!;
    if (head === 0) continue;
    for (let row = column + 1; row < size; row += 1) {
      const factor = a[row * size + column]! / head;
      for (let j = column; j < size; j += 1) a[row * size + j]! -= factor * a[column * size + j]!;
      b[row]! -= factor * b[column]!;
    }
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    let sum = b[row]!;
    for (let j = row + 1; j < size; j += 1) sum -= a[row * size + j]! * solution[j]!;
    const head = a[row * size + row]!;
    solution[row] = head === 0 ? 0 : sum / head;
  }
  return solution;
}
