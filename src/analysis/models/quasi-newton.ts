/**
 * Minimum of a smooth function of a few dozen variables by BFGS (Nocedal, Wright, Numerical Optimization, ch. 6).
 *
 * Dense inverse Hessian, first scaled by the first step's curvature; backtracking line search on sufficient decrease;
 * updates that would lose positive definiteness are skipped. Deterministic. Limit: finds a local minimum, and needs
 * gradients that are exact.
 */

export interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface MinimumOptions {
  readonly maxIterations: number;
  /** Stops when two steps in a row gain less than this. */
  readonly tolerance: number;
}

/** Where the search ended; `converged` is false when it ran out of iterations. */
export interface Minimum {
  readonly point: Float64Array;
  readonly value: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Sufficient decrease of the line search. */
const ARMIJO = 1e-4;
const HALVINGS = 40;
/** Longest first step, in the units of the variables. */
const FIRST_STEP = 0.1;

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/**
 * @param evaluate value and gradient; a value that is not finite means "outside"
 */
export function minimise(
  evaluate: (point: Float64Array) => Evaluation,
  start: Float64Array,
  { maxIterations, tolerance }: MinimumOptions,
): Minimum {
  const size = start.length;
  let point: Float64Array = start.slice();
  let current = evaluate(point);
  let inverse = identity(size, FIRST_STEP / Math.max(1, Math.sqrt(dot(current.gradient, current.gradient))));
  let small = 0;
  let fresh = true;
  for (let iteration = 0; iteration < maxIterations; iteration += 1) {
    let direction = multiply(inverse, current.gradient, -1);
    if (!(dot(direction, current.gradient) < 0)) {
      inverse = identity(size, FIRST_STEP);
      direction = multiply(inverse, current.gradient, -1);
    }
    const found = search(evaluate, point, current, direction);
    if (!found) return { point, value: current.value, iterations: iteration, converged: true };
    const step = found.point.map((x, i) => x - point[i]!);
    const change = found.gradient.map((g, i) => g - current.gradient[i]!);
    const curvature = dot(step, change);
    if (curvature > 1e-14 * Math.sqrt(dot(step, step) * dot(change, change))) {
      if (fresh) inverse = identity(size, curvature / dot(change, change));
      fresh = false;
      inverse = update(inverse, step, change, curvature);
    }
    small = current.value - found.value < tolerance ? small + 1 : 0;
    ({ point } = found);
    current = found;
    if (small === 2) return { point, value: current.value, iterations: iteration + 1, converged: true };
  }
  return { point, value: current.value, iterations: maxIterations, converged: false };
}

function identity(size: number, scale: number): Float64Array {
  return new Float64Array(size * size).map((_, i) => (i % (size + 1) === 0 ? scale : 0));
}

function multiply(matrix: Float64Array, vector: Float64Array, factor: number): Float64Array {
  const size = vector.length;
  return vector.map((_, i) => {
    let sum = 0;
    for (let j = 0; j < size; j += 1) sum += matrix[i * size + j]! * vector[j]!;
    return factor * sum;
  });
}

/** A point of sufficient decrease along the direction, or undefined when there is none within rounding. */
function search(
  evaluate: (point: Float64Array) => Evaluation,
  point: Float64Array,
  { value, gradient }: Evaluation,
  direction: Float64Array,
): (Evaluation & { point: Float64Array }) | undefined {
  const slope = dot(direction, gradient);
  let length = 1;
  for (let halving = 0; halving < HALVINGS; halving += 1, length /= 2) {
    const candidate = point.map((x, i) => x + length * direction[i]!);
    const found = evaluate(candidate);
    if (Number.isFinite(found.value) && found.value <= value + ARMIJO * length * slope) {
      return found.value < value ? { ...found, point: candidate } : undefined;
    }
  }
  return undefined;
}

/** H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ. */
function update(
  inverse: Float64Array,
  step: Float64Array,
  change: Float64Array,
  curvature: number,
): Float64Array {
  const size = step.length;
  const product = multiply(inverse, change, 1);
  const scale = (1 + dot(change, product) / curvature) / curvature;
  return inverse.map((value, at) => {
    const i = Math.floor(at / size);
    const j = at % size;
    return (
      value + scale * step[i]! * step[j]! - (product[i]! * step[j]! + step[i]! * product[j]!) / curvature
    );
  });
}
