/**
 * What change-point methods call a state: the kind of stretch a bar lies in. Change points by themselves have no states,
 * so the levels of the stretches of the training rows (the mean of each feature) are grouped into K kinds, and a stretch
 * later belongs to the kind its level is nearest to. A trader reads it like any regime: "a stretch of the falling,
 * volatile kind".
 */
import type { Random } from '../../market/random.js';
import { kmeans } from './kmeans.js';
import type { Observations } from './observations.js';
import { orderStates, type StateOrder } from './state-order.js';

/** Index of the nearest of K centres to the D numbers at `at`; ties to the lowest. */
export function nearestKind(
  centres: Float64Array,
  features: number,
  level: ArrayLike<number>,
  at = 0,
): number {
  let best = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (let from = 0; from < centres.length; from += features) {
    let distance = 0;
    for (let d = 0; d < features; d += 1) distance += (level[at + d]! - centres[from + d]!) ** 2;
    if (distance < smallest) {
      smallest = distance;
      best = from / features;
    }
  }
  return best;
}

/** Kind of each row's level. */
export function kindsOf(centres: Float64Array, features: number, levels: Float64Array): Uint8Array {
  return Uint8Array.from({ length: levels.length / features }, (_, row) =>
    nearestKind(centres, features, levels, row * features),
  );
}

/**
 * K × D centres of the levels of the training rows, kinds that earned most first.
 * @param levels rows × D: level of the stretch each row lies in
 */
export function learnKinds(
  observations: Observations,
  levels: Float64Array,
  states: number,
  random: Random,
  returns: Float64Array,
  sortBy: StateOrder,
): Float64Array {
  const { features } = observations;
  const { centres } = kmeans({ ...observations, data: levels }, states, random);
  const weight = new Float64Array(observations.rows * states);
  kindsOf(centres, features, levels).forEach((kind, row) => {
    weight[row * states + kind] = 1;
  });
  const ordered = new Float64Array(centres.length);
  orderStates(weight, states, returns, sortBy).forEach((from, to) => {
    ordered.set(centres.subarray(from * features, (from + 1) * features), to * features);
  });
  return ordered;
}
