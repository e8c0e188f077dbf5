/**
 * The cheapest one-to-one assignment of rows to columns.
 *
 * Why: after a refit the same regimes come back under other numbers; which new state continues which old one is an
 * assignment problem. Method: Hungarian algorithm with potentials and shortest augmenting paths (Kuhn 1955; Munkres
 * 1957; Jonker and Volgenant 1987), O(n² m). Rectangular costs leave the surplus unassigned. Deterministic: ties are
 * broken by index. Limit: costs must be finite.
 */
import { TidewatchError } from '../../errors.js';

export interface Assignment {
  /** Column of each row; −1 for a row that is left over. */
  readonly columnOfRow: Int32Array;
  /** Sum of the assigned costs. */
  readonly total: number;
}

/**
 * @param cost rows × columns, row-major
 * @throws TidewatchError `bad_parameter` when a cost is not finite or the size is wrong
 */
export function minimumAssignment(cost: ArrayLike<number>, rows: number, columns: number): Assignment {
  if (cost.length !== rows * columns || !Array.from(cost).every(Number.isFinite)) {
    throw new TidewatchError('bad_parameter', `the costs are not ${rows} × ${columns} finite numbers`, {
      hint: 'give one finite cost for each pair',
      details: { rows, columns },
    });
  }
  const columnOfRow = new Int32Array(rows).fill(-1);
  if (rows <= columns) {
    assign(
      (i, j) => cost[i * columns + j]!,
      rows,
      columns,
      (i, j) => {
        columnOfRow[i] = j;
      },
    );
  } else {
    assign(
      (i, j) => cost[j * columns + i]!,
      columns,
      rows,
      (i, j) => {
        columnOfRow[j] = i;
      },
    );
  }
  let total = 0;
  columnOfRow.forEach((column, row) => {
    if (column >= 0) total += cost[row * columns + column]!;
  });
  return { columnOfRow, total };
}

/** Assigns each of `few` to one of `many` ≥ `few`. Index 0 of the work arrays stands for "none yet". */
function assign(
  cost: (few: number, many: number) => number,
  few: number,
  many: number,
  found: (few: number, many: number) => void,
): void {
  const potentialFew = new Float64Array(few + 1);
  const potentialMany = new Float64Array(many + 1);
  const matched = new Int32Array(many + 1);
  const cameFrom = new Int32Array(many + 1);
  for (let row = 1; row <= few; row += 1) {
    const slack = new Float64Array(many + 1).fill(Number.POSITIVE_INFINITY);
    const visited = new Uint8Array(many + 1);
    matched[0] = row;
    let column = 0;
    while (matched[column] !== 0) {
      visited[column] = 1;
      const from = matched[column]!;
      let step = Number.POSITIVE_INFINITY;
      let nearest = 0;
      for (let j = 1; j <= many; j += 1) {
        if (visited[j]) continue;
        const reduced = cost(from - 1, j - 1) - potentialFew[from]! - potentialMany[j]!;
        if (reduced < slack[j]!) {
          slack[j] = reduced;
          cameFrom[j] = column;
        }
        if (slack[j]! < step) {
          step = slack[j]!;
          nearest = j;
        }
      }
      for (let j = 0; j <= many; j += 1) {
        if (visited[j]) {
          potentialFew[matched[j]!]! += step;
          potentialMany[j]! -= step;
        } else slack[j]! -= step;
      }
      column = nearest;
    }
    while (column !== 0) {
      const previous = cameFrom[column]!;
      matched[column] = matched[previous]!;
      column = previous;
    }
  }
  for (let j = 1; j <= many; j += 1) if (matched[j] !== 0) found(matched[j]! - 1, j - 1);
}
