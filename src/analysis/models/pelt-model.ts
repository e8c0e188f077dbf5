/**
 * Penalised segmentation as a regime model for study: the window is cut into stretches at once, with hindsight, and a
 * bar's state is the kind of stretch it lies in (segment-kinds.ts).
 *
 * There is no filter: where a stretch ends is decided by the bars after it, so `filter` and `online` throw `not_causal`
 * and the capability `causal` is false. `smooth` is the decoded path with certainty. Forecast: the chain of the kinds counted
 * along the training path. Use `bocpd` for the same question with bars up to now.
 * Penalty: unless given, as BIC would have it for standardised features: ln(rows) for each number that one more segment
 * adds (its end, its D means, and with the normal cost its D variances).
 */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { Random } from '../../market/random.js';
import { validateObservations } from './gaussian-hmm/parameters.js';
import { countTransitions } from './markov-chain.js';
import { centredModelFields, hasCentredSizes, readModelJson } from './model-json.js';
import type { Observations } from './observations.js';
import { chainForecast, checkRows, eachSequence, oneHot } from './recurrent-model.js';
import type {
  Capabilities,
  DecodedPath,
  Json,
  RegimeModel,
  RegimeModelFamily,
  SmoothedProbability,
} from './regime-model.js';
import { kindsOf, learnKinds } from './segment-kinds.js';
import { SEGMENT_COSTS, type SegmentationOptions, type SegmentCost, segmentRows } from './segmentation.js';
import { orderingReturns, type StateOrder } from './state-order.js';

export interface PeltFitOptions {
  readonly states: number;
  /** `normal` (mean and variance) unless said; `l2` looks at the mean alone. */
  readonly cost?: SegmentCost;
  /** Price of one more segment in units of the cost; by the size of the problem unless given. */
  readonly penalty?: number;
  /** Fewest rows of a segment; 5 unless said. */
  readonly minimumSize?: number;
  readonly seed?: number;
  /** Log return of each row, raw units, to order the states by; the first feature unless given. */
  readonly logReturn?: Float64Array;
  /** `cumulative_return` unless said. */
  readonly sortBy?: StateOrder;
}

export interface PeltFitReport {
  /** As asked for, or by the size of the problem. */
  readonly penalty: number;
  /** Cost of the training segmentation, penalties included. */
  readonly objective: number;
  /** Exclusive ends of the training segments. */
  readonly ends: readonly number[];
}

const SCHEMA_VERSION = 1;

const schema = z
  .strictObject({
    schema_version: z.literal(SCHEMA_VERSION),
    kind: z.literal('pelt'),
    ...centredModelFields,
    cost: z.enum(SEGMENT_COSTS),
    penalty: z.number().nonnegative(),
    minimum_size: z.int().min(2),
    /** K × D: level of each kind of stretch. */
    centres: z.array(z.number()),
  })
  .refine(hasCentredSizes);

interface CutSequences {
  /** rows × D: mean of the stretch each row lies in. */
  readonly levels: Float64Array;
  readonly ends: readonly number[];
  readonly objective: number;
}

/** Cuts each sequence by itself. */
function cutSequences(
  { data, rows, features, lengths }: Observations,
  options: SegmentationOptions,
): CutSequences {
  const levels = new Float64Array(rows * features);
  const ends: number[] = [];
  let objective = 0;
  eachSequence(lengths, (first, length) => {
    const cut = segmentRows(data.subarray(first * features, (first + length) * features), features, options);
    objective += cut.objective;
    let from = first;
    for (const end of cut.ends) {
      fillMean(data, features, from, first + end, levels);
      from = first + end;
      ends.push(from);
    }
  });
  return { levels, ends, objective };
}

/** Writes the mean of rows [from, to) into each of them. */
function fillMean(
  data: Float64Array,
  features: number,
  from: number,
  to: number,
  levels: Float64Array,
): void {
  for (let d = 0; d < features; d += 1) {
    let mean = 0;
    for (let row = from; row < to; row += 1) mean += data[row * features + d]! / (to - from);
    for (let row = from; row < to; row += 1) levels[row * features + d] = mean;
  }
}

function notCausal(asked: string): never {
  throw new TidewatchError(
    'not_causal',
    `a segmentation has no ${asked} · change points need the bars after them`,
    {
      hint: 'use smooth or decode to study the past, or bocpd for change points told as they happen',
    },
  );
}

export class PeltModel implements RegimeModel {
  readonly kind = 'pelt';
  readonly capabilities: Capabilities = {
    causal: false,
    probabilistic: false,
    temporal: true,
    likelihood: false,
    missing: false,
  };
  readonly states: number;
  readonly features: number;

  /** @param centres K × D */
  constructor(
    readonly centres: Float64Array,
    readonly transitionMatrix: Float64Array,
    readonly segmentation: Required<SegmentationOptions>,
  ) {
    this.states = Math.sqrt(transitionMatrix.length);
    this.features = centres.length / this.states;
  }

  filter(): never {
    return notCausal('filtered probability');
  }

  online(): never {
    return notCausal('live answer');
  }

  private path(observations: Observations): Uint8Array {
    checkRows(observations, this.features);
    return kindsOf(this.centres, this.features, cutSequences(observations, this.segmentation).levels);
  }

  smooth(observations: Observations): SmoothedProbability {
    return {
      kind: 'smoothed',
      lookahead: true,
      states: this.states,
      rows: observations.rows,
      probability: oneHot(this.path(observations), this.states),
      logLikelihood: Number.NaN,
    };
  }

  decode(observations: Observations): DecodedPath {
    return { kind: 'viterbi', lookahead: true, path: this.path(observations), logProbability: Number.NaN };
  }

  forecast(probability: Float64Array, horizon: number): Float64Array {
    return chainForecast(probability, this.transitionMatrix, horizon);
  }

  toJSON(): Json {
    return {
      schema_version: SCHEMA_VERSION,
      kind: this.kind,
      states: this.states,
      features: this.features,
      cost: this.segmentation.cost,
      penalty: this.segmentation.penalty,
      minimum_size: this.segmentation.minimumSize,
      centres: [...this.centres],
      transition_matrix: [...this.transitionMatrix],
    };
  }

  /** @throws TidewatchError `unsupported_schema_version` or `invalid_parameters` */
  static fromJson(json: unknown): PeltModel {
    const read = readModelJson(json, schema, SCHEMA_VERSION, 'segmentation model');
    return new PeltModel(Float64Array.from(read.centres), Float64Array.from(read.transition_matrix), {
      cost: read.cost,
      penalty: read.penalty,
      minimumSize: read.minimum_size,
    });
  }
}

export const peltFamily: RegimeModelFamily<PeltFitOptions, PeltFitReport> = {
  kind: 'pelt',
  fit(observations, options) {
    const { states, cost = 'normal', minimumSize = 5, seed = 42, sortBy = 'cumulative_return' } = options;
    validateObservations(observations);
    const { features, rows, lengths } = observations;
    const returns = orderingReturns(observations, options.logReturn);
    const added = 1 + (cost === 'normal' ? 2 : 1) * features;
    const segmentation = { cost, penalty: options.penalty ?? added * Math.log(rows), minimumSize };
    const { levels, ends, objective } = cutSequences(observations, segmentation);
    const centres = learnKinds(observations, levels, states, new Random(seed), returns, sortBy);
    const transitions = countTransitions(kindsOf(centres, features, levels), lengths, states);
    return {
      model: new PeltModel(centres, transitions, segmentation),
      report: { penalty: segmentation.penalty, objective, ends },
    };
  },
  fromJson: (json) => PeltModel.fromJson(json),
};
