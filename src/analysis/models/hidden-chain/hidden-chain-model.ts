/**
 * What every model with hidden Markov states shares, whatever its emissions: filter, smoother, path, forecast, online.
 *
 * A family gives its chain and the log densities of rows; the recursions (chain-recursion.ts) and the starts
 * (HMM spec §5.7: stationary unless said, never the start distribution of training by default) are here.
 */
import { TidewatchError } from '../../../errors.js';
import { BLOCK_ROWS, type Columns, makeColumns } from '../gaussian-hmm/block-emission.js';
import { validateObservations } from '../gaussian-hmm/parameters.js';
import { selectFeatures } from '../gaussian-hmm/prepared-observations.js';
import { logSumExp } from '../gaussian-hmm/reference-engine.js';
import { viterbiPath } from '../gaussian-hmm/viterbi.js';
import {
  expectedDurations,
  forecastDistribution,
  stationaryDistribution,
  stepDistribution,
} from '../markov-chain.js';
import type { Observations } from '../observations.js';
import type {
  Capabilities,
  DecodedPath,
  FilteredProbability,
  FilterStart,
  Json,
  OnlineFilter,
  RegimeModel,
  SmoothedProbability,
  StudyStart,
} from '../regime-model.js';
import { ChainRecursion } from './chain-recursion.js';
import type { BlockDensities, MarkovChainParameters } from './markov-chain-parameters.js';
import { OnlineChainFilter } from './online-chain-filter.js';

export interface ChainModelShape {
  readonly kind: string;
  readonly chain: MarkovChainParameters;
  /** D: columns of the rows that the model is given. */
  readonly features: number;
  /** Columns that it uses, in the order its emissions expect. */
  readonly usedFeatures: readonly number[];
  /** Subtracted from the used features before they reach the emissions; see `originOf`. */
  readonly origin?: Float64Array | undefined;
  /** Log densities of rows given as columns of the used features, less the origin. */
  readonly emission: (columns: Columns) => BlockDensities;
}

export abstract class HiddenChainModel implements RegimeModel {
  readonly capabilities: Capabilities = {
    causal: true,
    probabilistic: true,
    temporal: true,
    likelihood: true,
    missing: false,
  };
  readonly kind: string;
  readonly features: number;
  readonly usedFeatures: readonly number[];
  /** πA = π; K probabilities. */
  readonly stationary: Float64Array;
  private readonly chain: MarkovChainParameters;
  private readonly origin: Float64Array | undefined;
  private readonly emission: (columns: Columns) => BlockDensities;

  constructor({ kind, chain, features, usedFeatures, origin, emission }: ChainModelShape) {
    this.kind = kind;
    this.chain = chain;
    this.features = features;
    this.usedFeatures = usedFeatures;
    this.emission = emission;
    this.origin = origin;
    this.stationary = stationaryDistribution(chain.transitionMatrix, chain.states);
  }

  abstract toJSON(): Json;

  /** Number of free parameters. */
  abstract get parameterCount(): number;

  get states(): number {
    return this.chain.states;
  }

  /** Mean stay in each state, bars. */
  get expectedDurations(): Float64Array {
    return expectedDurations(this.chain.transitionMatrix, this.states);
  }

  private bind(observations: Observations): BlockDensities {
    if (observations.features !== this.features) {
      throw new TidewatchError(
        'column_length_mismatch',
        `the rows have ${observations.features} features, the model ${this.features}`,
        { hint: 'give the features the model was trained on, in the same order' },
      );
    }
    validateObservations(observations);
    return this.emission(makeColumns(selectFeatures(observations, this.usedFeatures, this.origin)));
  }

  private startOf(start: StudyStart): Float64Array {
    return start.from === 'stationary' ? this.stationary : this.chain.startProbability;
  }

  private run(observations: Observations, start: FilterStart) {
    const emission = this.bind(observations);
    const carried = start.from === 'carried';
    const startProbability = carried ? this.stationary : this.startOf(start);
    const first = carried
      ? stepDistribution(start.probability, this.chain.transitionMatrix)
      : startProbability;
    const chain = { ...this.chain, startProbability };
    const recursion = new ChainRecursion(this.states, observations.rows, observations.lengths);
    const logLikelihood = recursion.forward(chain, emission, first);
    return { chain, recursion, logLikelihood };
  }

  filter(observations: Observations, start: FilterStart = { from: 'stationary' }): FilteredProbability {
    const { recursion, logLikelihood } = this.run(observations, start);
    return {
      kind: 'filtered',
      lookahead: false,
      states: this.states,
      rows: observations.rows,
      probability: recursion.alpha,
      logLikelihood,
    };
  }

  smooth(observations: Observations, start: StudyStart = { from: 'stationary' }): SmoothedProbability {
    const { chain, recursion, logLikelihood } = this.run(observations, start);
    return {
      kind: 'smoothed',
      lookahead: true,
      states: this.states,
      rows: observations.rows,
      probability: recursion.smoothed(chain),
      logLikelihood,
    };
  }

  decode(observations: Observations, start: StudyStart = { from: 'stationary' }): DecodedPath {
    const emission = this.bind(observations);
    const chain = { ...this.chain, startProbability: this.startOf(start) };
    const path = new Uint8Array(observations.rows);
    const block = new Float64Array(this.states * BLOCK_ROWS);
    let logProbability = 0;
    let from = 0;
    for (const length of observations.lengths) {
      logProbability += viterbiPath(chain, emission, block, from, from + length, path);
      from += length;
    }
    return { kind: 'viterbi', lookahead: true, path, logProbability };
  }

  forecast(probability: Float64Array, horizon: number): Float64Array {
    if (!Number.isInteger(horizon) || horizon < 0 || probability.length !== this.states) {
      throw new TidewatchError(
        'bad_parameter',
        `cannot forecast ${horizon} bars from ${probability.length} numbers`,
        { hint: `give ${this.states} probabilities and a whole number of bars` },
      );
    }
    return forecastDistribution(probability, this.chain.transitionMatrix, horizon);
  }

  /**
   * ln density of a row one bar after a row with this filtered distribution: ln Σ_k (α̂A)_k b_k(x).
   * @param row D features
   */
  predictiveLogDensity(probability: Float64Array, row: ArrayLike<number>): number {
    const next = stepDistribution(probability, this.chain.transitionMatrix);
    const used = Float64Array.from(this.usedFeatures, (d) => row[d]!);
    const terms = new Float64Array(this.states);
    this.rowDensities()(used, terms);
    return logSumExp(terms.map((value, k) => value + Math.log(next[k]!)));
  }

  /** Densities row by row, by the very arithmetic of the batch. */
  private rowDensities(): (row: Float64Array, out: Float64Array) => void {
    const data = new Float64Array(this.usedFeatures.length);
    const block = new Float64Array(this.states * BLOCK_ROWS);
    const emission = this.emission({ data, stride: 1 });
    return (row, out) => {
      for (let d = 0; d < data.length; d += 1) data[d] = row[d]! - (this.origin?.[d] ?? 0);
      emission.densities(0, 1, block);
      for (let k = 0; k < out.length; k += 1) out[k] = block[k * BLOCK_ROWS]!;
    };
  }

  online(snapshot?: Json): OnlineFilter {
    const { kind, states, chain } = this;
    const online = {
      kind,
      states,
      transitionMatrix: chain.transitionMatrix,
      rowDensities: this.rowDensities(),
    };
    return new OnlineChainFilter(online, { usedFeatures: this.usedFeatures, allowMissing: false }, snapshot);
  }
}
