/** Runs of equal state over chart positions, found by binary search when drawing. No DOM. */

/** Positions [from, to) on the time axis in one state. */
export interface StateRun {
  from: number;
  to: number;
  state: number;
}

/** Runs of the rows that have a state; a position without a row (a gap) ends a run. */
export function findRuns(state: ArrayLike<number>, position: ArrayLike<number>): StateRun[] {
  const runs: StateRun[] = [];
  for (let row = 0; row < state.length; row += 1) {
    if (state[row] === 255) continue;
    const last = runs.at(-1);
    if (last && last.to === position[row] && last.state === state[row]) last.to += 1;
    else runs.push({ from: position[row]!, to: position[row]! + 1, state: state[row]! });
  }
  return runs;
}

/** Index of the first run that ends after `position`. */
export function firstRunAfter(runs: readonly StateRun[], position: number): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (runs[middle]!.to <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
