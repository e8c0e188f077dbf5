/**
 * Keeps the identity of regimes across refits: which state of the new model continues which state of the old one.
 *
 * Why: a fit numbers its states as it likes, so that without alignment "state 1" may be a bull market in one month and
 * a crash in the next. Method (HMM spec §11.4): cost C_ij = Σ_d ((μ_id − μ_jd) / s_d)², optionally plus
 * ¼ Σ_d (ln σ_id − ln σ_jd)², in raw units (each refit has its own scaler), s the pooled deviation within the states of
 * both models; cheapest assignment; states that stay unmatched get identities never used before. A matched pair that
 * costs more than 4·D (two deviations in every feature), or whose label changed, is a label break: the number
 * continues, the meaning does not, and nobody should compare across it unwarned.
 * Limit: looks at means and variances of the features only; a regime that differs in persistence alone is not told apart.
 */
import { TidewatchError } from '../../errors.js';
import { minimumAssignment } from './minimum-assignment.js';
import type { Observations } from './observations.js';

/** What alignment knows of a model's states, in raw units; any family can give it (see `weighStates`). */
export interface AlignableStates {
  readonly states: number;
  readonly features: number;
  /** K × D. NaN for a state without rows. */
  readonly means: Float64Array;
  /** Deviation of each feature within each state, K × D; NaN for a state without rows. */
  readonly deviations: Float64Array;
  /** Part of the rows in each state, K. */
  readonly shares: Float64Array;
}

/** A model that has identities: the result of the last alignment, or the first model (see `firstIdentities`). */
export interface IdentifiedStates extends AlignableStates {
  /** Identity of each state, K; distinct. */
  readonly identities: readonly number[];
  /** Label of each state, K. */
  readonly labels: readonly string[];
}

export interface AlignmentOptions {
  /** Adds ¼ Σ (ln σ − ln σ)² to the cost, which tells states apart that differ in volatility alone. */
  readonly compareVariances?: boolean;
  /** s_d, D values; the pooled deviation within the states of both models unless said. */
  readonly scale?: Float64Array;
  /** The smallest identity never used so far; one more than the largest of the old model unless said. */
  readonly nextIdentity?: number;
}

/** The meaning of an identity changed at a refit. */
export interface LabelBreak {
  readonly identity: number;
  readonly cause: 'cost' | 'label' | 'cost_and_label';
  readonly cost: number;
  readonly oldLabel: string;
  readonly newLabel: string;
}

/**
 * Which new state continues which old one, at what cost; arrays by new state, K values each (HMM spec §11.4).
 */
export interface StateAlignment {
  /** Identity of each new state. */
  readonly identities: readonly number[];
  /** Old state that each new state continues; −1 for a new identity. */
  readonly oldStateOfNew: Int32Array;
  /** Identities of old states that nothing continues. */
  readonly ended: readonly number[];
  /** Sum of the matched costs. */
  readonly cost: number;
  /** Cost of each new state's match; NaN for a new identity. */
  readonly costOfNew: Float64Array;
  readonly breaks: readonly LabelBreak[];
  /** The smallest identity never used, for the next alignment. */
  readonly nextIdentity: number;
  /**
   * A distribution over the old states as one over the new ones: matched states carry their probability along, the
   * probability of an ended state goes to the new state nearest to it.
   */
  carry(probability: ArrayLike<number>): Float64Array;
}

/** A matched pair further apart than this, per feature, breaks the label. */
const BREAK_COST_PER_FEATURE = 4;
/** Stands for the cost of a state without rows, which matches nothing. */
const NO_MATCH = 1e15;

/** Identities 0 … K−1 for the first model of a series. */
export function firstIdentities(states: AlignableStates, labels: readonly string[]): IdentifiedStates {
  return { ...states, labels, identities: Array.from({ length: states.states }, (_, k) => k) };
}

/**
 * Moments of the states from raw rows and the probability of each state at each row: what every family can give.
 * @param observations rows in raw units
 * @param probability rows × K; filtered ones keep the alignment causal
 */
export function weighStates(
  { data, rows, features }: Observations,
  probability: ArrayLike<number>,
  states: number,
): AlignableStates {
  const mass = new Float64Array(states);
  const means = new Float64Array(states * features);
  const deviations = new Float64Array(states * features);
  for (let row = 0; row < rows; row += 1) {
    for (let k = 0; k < states; k += 1) mass[k]! += probability[row * states + k]!;
  }
  const sum = (into: Float64Array, term: (value: number, at: number) => number): void => {
    for (let row = 0; row < rows; row += 1) {
      for (let k = 0; k < states; k += 1) {
        const weight = probability[row * states + k]! / mass[k]!;
        if (weight === 0) continue;
        for (let d = 0; d < features; d += 1) {
          into[k * features + d]! += weight * term(data[row * features + d]!, k * features + d);
        }
      }
    }
  };
  sum(means, (value) => value);
  sum(deviations, (value, at) => (value - means[at]!) ** 2);
  for (let at = 0; at < deviations.length; at += 1) deviations[at] = Math.sqrt(deviations[at]!);
  return { states, features, means, deviations, shares: mass.map((m) => m / rows) };
}

/** s_d: deviation within states, pooled by share over both models; 1 where there is none. */
export function pooledDeviation(old: AlignableStates, next: AlignableStates): Float64Array {
  return Float64Array.from({ length: old.features }, (_, d) => {
    let variance = 0;
    let weight = 0;
    for (const { states, features, deviations, shares } of [old, next]) {
      for (let k = 0; k < states; k += 1) {
        const deviation = deviations[k * features + d]!;
        if (!(shares[k]! > 0) || !Number.isFinite(deviation)) continue;
        variance += shares[k]! * deviation * deviation;
        weight += shares[k]!;
      }
    }
    return Math.sqrt(variance / weight) || 1;
  });
}

/** C: K_old × K_new, row-major; `NO_MATCH` where a state has no rows. */
export function alignmentCost(
  old: AlignableStates,
  next: AlignableStates,
  scale: Float64Array,
  compareVariances: boolean,
): Float64Array {
  const { features } = old;
  const cost = new Float64Array(old.states * next.states);
  for (let i = 0; i < old.states; i += 1) {
    for (let j = 0; j < next.states; j += 1) {
      let sum = 0;
      for (let d = 0; d < features; d += 1) {
        const [a, b] = [i * features + d, j * features + d];
        sum += ((old.means[a]! - next.means[b]!) / scale[d]!) ** 2;
        const [before, after] = [old.deviations[a]!, next.deviations[b]!];
        if (compareVariances && before > 0 && after > 0) sum += 0.25 * Math.log(before / after) ** 2;
      }
      cost[i * next.states + j] = Number.isFinite(sum) ? Math.min(sum, NO_MATCH) : NO_MATCH;
    }
  }
  return cost;
}

/**
 * Aligns the states of a refit with those before it.
 * @throws TidewatchError `column_length_mismatch` when the models have other features
 */
export function alignStates(
  old: IdentifiedStates,
  next: AlignableStates & { readonly labels: readonly string[] },
  options: AlignmentOptions = {},
): StateAlignment {
  if (old.features !== next.features) {
    throw new TidewatchError(
      'column_length_mismatch',
      `states over ${old.features} features cannot be aligned with states over ${next.features}`,
      { hint: 'refit with the same features, or start a new series of models' },
    );
  }
  const scale = options.scale ?? pooledDeviation(old, next);
  const cost = alignmentCost(old, next, scale, options.compareVariances ?? false);
  const { columnOfRow } = minimumAssignment(cost, old.states, next.states);
  const oldStateOfNew = new Int32Array(next.states).fill(-1);
  columnOfRow.forEach((state, i) => {
    if (state >= 0 && cost[i * next.states + state]! < NO_MATCH) oldStateOfNew[state] = i;
  });
  const costOfNew = Float64Array.from(oldStateOfNew, (i, j) =>
    i < 0 ? Number.NaN : cost[i * next.states + j]!,
  );
  let nextIdentity = Math.max(options.nextIdentity ?? 0, ...old.identities.map((id) => id + 1));
  const identities = Array.from(oldStateOfNew, (i) => (i < 0 ? nextIdentity++ : old.identities[i]!));
  return {
    identities,
    oldStateOfNew,
    ended: old.identities.filter((_, i) => !oldStateOfNew.includes(i)),
    cost: costOfNew.reduce((sum, value) => sum + (value || 0), 0),
    costOfNew,
    breaks: identities.flatMap((identity, j) => {
      const i = oldStateOfNew[j]!;
      if (i < 0) return [];
      return labelBreak(identity, costOfNew[j]!, old.features, old.labels[i]!, next.labels[j]!) ?? [];
    }),
    nextIdentity,
    carry: (probability) => carry(probability, oldStateOfNew, cost),
  };
}

/** The states of a family that always has the same ones: nothing to match, but a label may still change. */
export function keepStates(old: IdentifiedStates, labels: readonly string[]): StateAlignment {
  const { identities, states } = old;
  return {
    identities,
    oldStateOfNew: Int32Array.from(identities, (_, state) => state),
    ended: [],
    cost: 0,
    costOfNew: new Float64Array(states),
    breaks: identities.flatMap(
      (identity, state) => labelBreak(identity, 0, old.features, old.labels[state]!, labels[state]!) ?? [],
    ),
    nextIdentity: Math.max(...identities) + 1,
    carry: (probability) => Float64Array.from(probability),
  };
}

function labelBreak(
  identity: number,
  cost: number,
  features: number,
  oldLabel: string,
  newLabel: string,
): LabelBreak | undefined {
  const far = cost > BREAK_COST_PER_FEATURE * features;
  const renamed = oldLabel !== newLabel;
  if (!far && !renamed) return undefined;
  const cause = far && renamed ? 'cost_and_label' : far ? 'cost' : 'label';
  return { identity, cause, cost, oldLabel, newLabel };
}

function carry(probability: ArrayLike<number>, oldStateOfNew: Int32Array, cost: Float64Array): Float64Array {
  const carried = new Float64Array(oldStateOfNew.length);
  for (let i = 0; i < probability.length; i += 1) {
    let into = oldStateOfNew.indexOf(i);
    if (into < 0) {
      const row = cost.subarray(i * carried.length, (i + 1) * carried.length);
      into = row.indexOf(row.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY));
    }
    carried[into]! += probability[i]!;
  }
  return carried;
}
