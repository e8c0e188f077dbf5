/**
 * The Gaussian hidden Markov model as a regime model.
 *
 * Why: K unobserved states, each with its own normal distribution of the features, persist from bar to bar; the
 * filter tells how probable each state is now, from rows up to now (HMM spec §5; Rabiner 1989; Hamilton 1989).
 * What the recursions cost and how they stay in range is said in the engines (expectation.ts is the seam).
 * Limits: durations are geometric, tails are normal.
 */
import { TidewatchError } from '../../../errors.js';
import { OnlineChainFilter } from '../hidden-chain/online-chain-filter.js';
import {
  expectedDurations,
  forecastDistribution,
  stationaryDistribution,
  stepDistribution,
} from '../markov-chain.js';
import type { Observations } from '../observations.js';
import type {
  DecodedPath,
  FilteredProbability,
  FilterStart,
  Json,
  OnlineFilter,
  RegimeModel,
  RegimeModelFamily,
  SmoothedProbability,
  StudyStart,
} from '../regime-model.js';
import { parameterCount } from '../selection.js';
import type { ExpectationEngine, ExpectationEngineFactory, GaussianHmmParameters } from './expectation.js';
import { type FitOptions, type FitReport, fitGaussianHmm } from './fit.js';
import { gaussianHmmToJson, parseGaussianHmm } from './gaussian-hmm-json.js';
import { LogEmission } from './log-emission.js';
import { validateObservations, validateParameters } from './parameters.js';
import { originOf, selectFeatures, shiftMeans } from './prepared-observations.js';
import { createReferenceEngine, logSumExp } from './reference-engine.js';
import { createWasmEngine } from './wasm/wasm-engine.js';

export interface GaussianHmmShape {
  /** D: columns of the rows that the model is given. */
  readonly features: number;
  /** Columns that it uses, ascending; the others were constant in training. */
  readonly usedFeatures: readonly number[];
  /** NaN features are integrated out. */
  readonly allowMissing?: boolean;
}

/** K hidden states with a normal distribution of D features each (HMM spec §5; Rabiner 1989). */
export class GaussianHmm implements RegimeModel {
  readonly kind = 'gaussian_hmm';
  readonly capabilities;
  readonly features: number;
  readonly usedFeatures: readonly number[];
  /** What is subtracted from rows and means before the recursions, so that products of far features do not cancel. */
  private readonly origin: Float64Array | undefined;
  /** πA = π; K probabilities. */
  readonly stationary: Float64Array;

  /** @throws TidewatchError `invalid_parameters` */
  constructor(
    readonly parameters: GaussianHmmParameters,
    shape: GaussianHmmShape = {
      features: parameters.features,
      usedFeatures: Array.from({ length: parameters.features }, (_, d) => d),
    },
    private readonly engineFactory: ExpectationEngineFactory = createWasmEngine,
  ) {
    validateParameters(parameters);
    this.features = shape.features;
    this.usedFeatures = shape.usedFeatures;
    this.capabilities = {
      causal: true,
      probabilistic: true,
      temporal: true,
      likelihood: true,
      missing: shape.allowMissing ?? false,
    };
    this.origin = originOf(parameters);
    this.stationary = stationaryDistribution(parameters.transitionMatrix, parameters.states);
  }

  get states(): number {
    return this.parameters.states;
  }

  /** Number of free parameters. */
  get parameterCount(): number {
    const { states, features, covarianceType } = this.parameters;
    return parameterCount(states, features, covarianceType);
  }

  /** Mean stay in each state, bars. */
  get expectedDurations(): Float64Array {
    return expectedDurations(this.parameters.transitionMatrix, this.states);
  }

  /** Runs `work` on an engine over the used features, and frees it. */
  private withEngine<T>(observations: Observations, work: (engine: ExpectationEngine) => T): T {
    if (observations.features !== this.features) {
      throw new TidewatchError(
        'column_length_mismatch',
        `the rows have ${observations.features} features, the model ${this.features}`,
        { hint: 'give the features the model was trained on, in the same order' },
      );
    }
    validateObservations(observations, this.capabilities.missing);
    const selected = selectFeatures(observations, this.usedFeatures, this.origin);
    const incomplete = this.capabilities.missing && selected.data.some(Number.isNaN);
    const engine = (incomplete ? createReferenceEngine : this.engineFactory)(selected);
    try {
      return work(engine);
    } finally {
      engine.dispose();
    }
  }

  filter(observations: Observations, start: FilterStart = { from: 'stationary' }): FilteredProbability {
    const base = {
      kind: 'filtered',
      lookahead: false,
      states: this.states,
      rows: observations.rows,
    } as const;
    if (observations.rows === 0) return { ...base, probability: new Float64Array(0), logLikelihood: 0 };
    if (start.from === 'carried' && observations.lengths.length > 1) {
      const [first, rest] = splitFirst(observations);
      const head = this.filter(first, start);
      const tail = this.filter(rest);
      const probability = new Float64Array(observations.rows * this.states);
      probability.set(head.probability);
      probability.set(tail.probability, head.probability.length);
      return { ...base, probability, logLikelihood: head.logLikelihood + tail.logLikelihood };
    }
    const parameters = this.shiftedFrom(start);
    const { probabilities, logLikelihood } = this.withEngine(observations, (e) => e.filter(parameters));
    return { ...base, probability: probabilities, logLikelihood };
  }

  /** The parameters about the origin, with the start distribution that was asked for. */
  private shiftedFrom(start: FilterStart): GaussianHmmParameters {
    const parameters = { ...this.parameters, startProbability: this.startOf(start) };
    return this.origin ? shiftMeans(parameters, this.origin, -1) : parameters;
  }

  private startOf(start: FilterStart): Float64Array {
    if (start.from === 'stationary') return this.stationary;
    if (start.from === 'startProbability') return this.parameters.startProbability;
    return stepDistribution(start.probability, this.parameters.transitionMatrix);
  }

  smooth(observations: Observations, start: StudyStart = { from: 'stationary' }): SmoothedProbability {
    const parameters = this.shiftedFrom(start);
    const { probabilities, logLikelihood } = this.withEngine(observations, (e) => e.smooth(parameters));
    return {
      kind: 'smoothed',
      lookahead: true,
      states: this.states,
      rows: observations.rows,
      probability: probabilities,
      logLikelihood,
    };
  }

  decode(observations: Observations, start: StudyStart = { from: 'stationary' }): DecodedPath {
    const parameters = this.shiftedFrom(start);
    const { path, logProbability } = this.withEngine(observations, (e) => e.viterbi(parameters));
    return { kind: 'viterbi', lookahead: true, path, logProbability };
  }

  /** Log-likelihood of the rows from the model's start distribution: the score other libraries report, nats. */
  score(observations: Observations): number {
    return this.filter(observations, { from: 'startProbability' }).logLikelihood;
  }

  forecast(probability: Float64Array, horizon: number): Float64Array {
    if (!Number.isInteger(horizon) || horizon < 0 || probability.length !== this.states) {
      throw new TidewatchError(
        'bad_parameter',
        `cannot forecast ${horizon} bars from ${probability.length} numbers`,
        {
          hint: `give ${this.states} probabilities and a whole number of bars`,
        },
      );
    }
    return forecastDistribution(probability, this.parameters.transitionMatrix, horizon);
  }

  /**
   * ln density of a row one bar after a row with this filtered distribution: ln Σ_k (α̂A)_k N(x; μ_k, Σ_k).
   * @param row D features
   */
  predictiveLogDensity(probability: Float64Array, row: ArrayLike<number>): number {
    const next = stepDistribution(probability, this.parameters.transitionMatrix);
    const used = Float64Array.from(this.usedFeatures, (d) => row[d]!);
    const terms = new Float64Array(this.states);
    new LogEmission(this.parameters).densities(used, 0, terms, 0);
    return logSumExp(terms.map((value, k) => value + Math.log(next[k]!)));
  }

  online(snapshot?: Json): OnlineFilter {
    const options = { usedFeatures: this.usedFeatures, allowMissing: this.capabilities.missing };
    const emission = new LogEmission(this.parameters);
    const chain = {
      kind: this.kind,
      states: this.states,
      transitionMatrix: this.parameters.transitionMatrix,
      rowDensities: (row: Float64Array, out: Float64Array) => emission.densities(row, 0, out, 0),
    };
    return new OnlineChainFilter(chain, options, snapshot);
  }

  toJSON(): Json {
    return gaussianHmmToJson(this.parameters, {
      features: this.features,
      usedFeatures: this.usedFeatures,
      allowMissing: this.capabilities.missing,
    });
  }

  /** @throws TidewatchError `unsupported_schema_version` or `invalid_parameters` */
  static fromJson(json: unknown, engineFactory?: ExpectationEngineFactory): GaussianHmm {
    const { parameters, shape } = parseGaussianHmm(json);
    return new GaussianHmm(parameters, shape, engineFactory);
  }
}

function splitFirst({ data, rows, features, lengths }: Observations): [Observations, Observations] {
  const head = lengths[0]!;
  return [
    { data: data.subarray(0, head * features), rows: head, features, lengths: [head] },
    { data: data.subarray(head * features), rows: rows - head, features, lengths: lengths.slice(1) },
  ];
}

/** Fits and returns the model with the story of the fit. */
export function trainGaussianHmm(
  observations: Observations,
  options: FitOptions,
): { model: GaussianHmm; report: FitReport } {
  const { parameters, usedFeatures, report } = fitGaussianHmm(observations, options);
  const shape = {
    features: observations.features,
    usedFeatures,
    allowMissing: options.missing === 'marginalise',
  };
  return { model: new GaussianHmm(parameters, shape, options.engineFactory), report };
}

export const gaussianHmmFamily: RegimeModelFamily<FitOptions, FitReport> = {
  kind: 'gaussian_hmm',
  fit: trainGaussianHmm,
  fromJson: (json) => GaussianHmm.fromJson(json),
};
