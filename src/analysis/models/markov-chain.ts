/**
 * What a transition matrix says by itself: stationary distribution, expected durations, forecasts (HMM spec §5.7).
 * Matrices are K × K row-major, row i = P(next | i).
 */

/**
 * π with πA = π and Σπ = 1, by elimination with pivoting. A chain with several closed classes has no unique answer;
 * then the long-run average from a uniform start is given (repeated squaring of (A + I)/2).
 */
export function stationaryDistribution(transitionMatrix: Float64Array, states: number): Float64Array {
  return solveStationary(transitionMatrix, states) ?? longRunAverage(transitionMatrix, states);
}

function solveStationary(transition: Float64Array, states: number): Float64Array | undefined {
  const width = states + 1;
  const system = new Float64Array(states * width);
  for (let i = 0; i < states; i += 1) {
    for (let j = 0; j < states; j += 1) {
      // Row i: Σ_j π_j A_ji − π_i = 0; the last equation is replaced by Σπ = 1.
      system[i * width + j] = i === states - 1 ? 1 : transition[j * states + i]! - (i === j ? 1 : 0);
    }
  }
  system[(states - 1) * width + states] = 1;
  for (let column = 0; column < states; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < states; row += 1) {
      if (Math.abs(system[row * width + column]!) > Math.abs(system[pivot * width + column]!)) pivot = row;
    }
    if (!(Math.abs(system[pivot * width + column]!) > 1e-14)) return undefined;
    for (let j = 0; j < width; j += 1) {
      const kept = system[column * width + j]!;
      system[column * width + j] = system[pivot * width + j]!;
      system[pivot * width + j] = kept;
    }
    for (let row = 0; row < states; row += 1) {
      if (row === column) continue;
      const factor = system[row * width + column]! / system[column * width + column]!;
      for (let j = column; j < width; j += 1) {
        system[row * width + j]! -= factor * system[column * width + j]!;
      }
    }
  }
  const solution = Float64Array.from({ length: states }, (_, i) =>
    Math.max(0, system[i * width + states]! / system[i * width + i]!),
  );
  const sum = solution.reduce((total, value) => total + value, 0);
  return solution.map((value) => value / sum);
}

function longRunAverage(transition: Float64Array, states: number): Float64Array {
  let power = transition.map((value, i) => 0.5 * (value + (i % (states + 1) === 0 ? 1 : 0)));
  for (let squaring = 0; squaring < 60; squaring += 1) {
    const squared = new Float64Array(states * states);
    for (let i = 0; i < states; i += 1) {
      for (let k = 0; k < states; k += 1) {
        for (let j = 0; j < states; j += 1) {
          squared[i * states + j]! += power[i * states + k]! * power[k * states + j]!;
        }
      }
    }
    power = squared;
  }
  const average = new Float64Array(states);
  for (let i = 0; i < states * states; i += 1) average[i % states]! += power[i]! / states;
  const sum = average.reduce((total, value) => total + value, 0);
  return average.map((value) => value / sum);
}

/** Mean stay in each state, bars: 1 / (1 − A_kk); Infinity for a state that is never left. */
export function expectedDurations(transitionMatrix: Float64Array, states: number): Float64Array {
  return Float64Array.from({ length: states }, (_, k) => 1 / (1 - transitionMatrix[k * states + k]!));
}

/** The distribution one bar later. */
export function stepDistribution(
  distribution: ArrayLike<number>,
  transitionMatrix: Float64Array,
): Float64Array {
  const states = distribution.length;
  const next = new Float64Array(states);
  for (let i = 0; i < states; i += 1) {
    for (let j = 0; j < states; j += 1) next[j]! += distribution[i]! * transitionMatrix[i * states + j]!;
  }
  return next;
}

/** The distribution `horizon` bars later (whole bars ≥ 0; 0 is a copy). */
export function forecastDistribution(
  distribution: ArrayLike<number>,
  transitionMatrix: Float64Array,
  horizon: number,
): Float64Array {
  let current: Float64Array = Float64Array.from(distribution);
  for (let step = 0; step < horizon; step += 1) current = stepDistribution(current, transitionMatrix);
  return current;
}

/**
 * Transition matrix counted along a path of states; each row has one imaginary transition to every state, so that
 * nothing is impossible and an unvisited state has a row.
 * @param lengths rows of each sequence; no transition is counted from one to the next
 */
export function countTransitions(
  path: ArrayLike<number>,
  lengths: readonly number[],
  states: number,
): Float64Array {
  const counts = new Float64Array(states * states).fill(1);
  let row = 0;
  for (const length of lengths) {
    for (let step = 1; step < length; step += 1) {
      counts[path[row + step - 1]! * states + path[row + step]!]! += 1;
    }
    row += length;
  }
  return counts.map((count, i) => {
    const from = Math.floor(i / states) * states;
    return count / counts.subarray(from, from + states).reduce((sum, value) => sum + value, 0);
  });
}
