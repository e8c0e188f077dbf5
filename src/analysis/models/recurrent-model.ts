/**
 * What the models that filter by a recurrence have in common (jump models, change points): checking rows, the batch
 * filter as the streaming step in a loop, one-hot studies of the best path, forecasts by the chain counted in training.
 */
import { TidewatchError } from '../../errors.js';
import { validateObservations } from './gaussian-hmm/parameters.js';
import { forecastDistribution } from './markov-chain.js';
import type { Observations } from './observations.js';
import { type Recurrence, RecurrentFilter } from './recurrent-filter.js';
import type {
  Capabilities,
  DecodedPath,
  FilteredProbability,
  FilterStart,
  Json,
  OnlineFilter,
  RegimeModel,
  SmoothedProbability,
} from './regime-model.js';

/** @throws TidewatchError `column_length_mismatch` for another width, `non_finite_input` */
export function checkRows(observations: Observations, features: number): void {
  if (observations.features !== features) {
    throw new TidewatchError(
      'column_length_mismatch',
      `the rows have ${observations.features} features, the model ${features}`,
      { hint: 'give the features the model was trained on, in the same order' },
    );
  }
  validateObservations(observations);
}

/** Calls `visit` with the first row and the length of each sequence. */
export function eachSequence(
  lengths: readonly number[],
  visit: (first: number, length: number) => void,
): void {
  let first = 0;
  for (const length of lengths) {
    visit(first, length);
    first += length;
  }
}

/** Certainty of a path: rows × K, one per row. */
export function oneHot(path: ArrayLike<number>, states: number): Float64Array {
  const probability = new Float64Array(path.length * states);
  for (let row = 0; row < path.length; row += 1) probability[row * states + path[row]!] = 1;
  return probability;
}

/** The distribution `horizon` bars after `probability`. @throws TidewatchError `bad_parameter` */
export function chainForecast(
  probability: Float64Array,
  transitionMatrix: Float64Array,
  horizon: number,
): Float64Array {
  const states = Math.sqrt(transitionMatrix.length);
  if (!Number.isInteger(horizon) || horizon < 0 || probability.length !== states) {
    throw new TidewatchError('bad_parameter', `cannot forecast ${horizon} bars from these probabilities`, {
      hint: `give ${states} probabilities and a whole number of bars`,
    });
  }
  return forecastDistribution(probability, transitionMatrix, horizon);
}

export abstract class RecurrentModel implements RegimeModel, Recurrence {
  abstract readonly kind: string;
  abstract readonly capabilities: Capabilities;

  /** @param transitionMatrix K × K, row i = P(next | i), counted along the training path */
  constructor(
    readonly states: number,
    readonly features: number,
    readonly transitionMatrix: Float64Array,
  ) {}

  abstract step(before: Float64Array | undefined, data: ArrayLike<number>, at: number): Float64Array;
  abstract stateProbability(memory: Float64Array): Float64Array;
  abstract toJSON(): Json;

  /** Best path of checked rows, with lookahead. */
  protected abstract bestPath(observations: Observations): Uint8Array;

  /** The memory that stands for a known distribution just before the first row; undefined: none, start afresh. */
  protected carried(_probability: Float64Array): Float64Array | undefined {
    return undefined;
  }

  /** ln P(row | rows before it), read from the memory after that row; NaN where there is no likelihood. */
  protected logPredictive(_memory: Float64Array): number {
    return Number.NaN;
  }

  filter(observations: Observations, start: FilterStart = { from: 'stationary' }): FilteredProbability {
    checkRows(observations, this.features);
    const { data, rows } = observations;
    const { states, features } = this;
    const probability = new Float64Array(rows * states);
    let logLikelihood = 0;
    eachSequence(observations.lengths, (first, length) => {
      let memory = first === 0 && start.from === 'carried' ? this.carried(start.probability) : undefined;
      for (let row = first; row < first + length; row += 1) {
        memory = this.step(memory, data, row * features);
        probability.set(this.stateProbability(memory), row * states);
        logLikelihood += this.logPredictive(memory);
      }
    });
    return { kind: 'filtered', lookahead: false, states, rows, probability, logLikelihood };
  }

  smooth(observations: Observations): SmoothedProbability {
    checkRows(observations, this.features);
    return {
      kind: 'smoothed',
      lookahead: true,
      states: this.states,
      rows: observations.rows,
      probability: oneHot(this.bestPath(observations), this.states),
      logLikelihood: Number.NaN,
    };
  }

  decode(observations: Observations): DecodedPath {
    checkRows(observations, this.features);
    const path = this.bestPath(observations);
    return { kind: 'viterbi', lookahead: true, path, logProbability: Number.NaN };
  }

  forecast(probability: Float64Array, horizon: number): Float64Array {
    return chainForecast(probability, this.transitionMatrix, horizon);
  }

  online(snapshot?: Json): OnlineFilter {
    return new RecurrentFilter(this, snapshot);
  }
}
