/**
 * Online change-point detection as a regime model: a bar's state is the kind of stretch it lies in.
 *
 * P(state k at t) is the mass of the run lengths whose level so far is nearest to kind k (segment-kinds.ts), so early in
 * a stretch, when it is open whether there was a change, the probability is split between the old kind and the new one.
 * Causal, with a likelihood (the evidence of the rows). For age and alarm use bocpd.ts directly.
 * Study: `decode` is the likeliest segmentation of the whole window under the same prior; `smooth` is that path with
 * certainty, not a posterior. Forecast: the chain of the kinds counted along the filtered training rows.
 * Limits: those of bocpd.ts; the segmentation keeps the 500 best runs within 40 nats, which in theory may cut the best one.
 * A filter cannot be carried over from a distribution alone (it does not tell the run lengths); it starts afresh.
 */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { Random } from '../../market/random.js';
import { type BocpdOptions, crowdLimit, RunLengthRecursion } from './bocpd.js';
import { validateObservations } from './gaussian-hmm/parameters.js';
import { countTransitions } from './markov-chain.js';
import { centredModelFields, hasCentredSizes, readModelJson } from './model-json.js';
import type { Observations } from './observations.js';
import { eachSequence, RecurrentModel } from './recurrent-model.js';
import type { Capabilities, Json, RegimeModelFamily } from './regime-model.js';
import { kindsOf, learnKinds, nearestKind } from './segment-kinds.js';
import { orderingReturns, type StateOrder } from './state-order.js';
import { mostProbablePath } from './state-statistics.js';

export interface BocpdFitOptions extends BocpdOptions {
  readonly states: number;
  readonly seed?: number;
  /** Log return of each row, raw units, to order the states by; the first feature unless given. */
  readonly logReturn?: Float64Array;
  /** `cumulative_return` unless said. */
  readonly sortBy?: StateOrder;
}

export interface BocpdFitReport {
  /** ln P(training rows), natural logarithm. */
  readonly logEvidence: number;
}

const SCHEMA_VERSION = 1;

/** Runs further below the best than this, in nats, leave the search for the best segmentation. */
const BEAM = 40;

const schema = z
  .strictObject({
    schema_version: z.literal(SCHEMA_VERSION),
    kind: z.literal('bocpd'),
    ...centredModelFields,
    hazard: z.number().gt(0).lt(1),
    prior: z.strictObject({
      mean: z.number(),
      kappa: z.number().positive(),
      alpha: z.number().positive(),
      beta: z.number().positive(),
    }),
    prune: z.number().min(0).max(0.01),
    /** K × D: level of each kind of stretch. */
    centres: z.array(z.number()),
  })
  .refine(hasCentredSizes);

export class BocpdModel extends RecurrentModel {
  readonly kind = 'bocpd';
  readonly capabilities: Capabilities = {
    causal: true,
    probabilistic: true,
    temporal: true,
    likelihood: true,
    missing: false,
  };

  /** @param centres K × D */
  constructor(
    readonly centres: Float64Array,
    transitionMatrix: Float64Array,
    readonly recursion: RunLengthRecursion,
  ) {
    super(Math.sqrt(transitionMatrix.length), recursion.features, transitionMatrix);
  }

  step(before: Float64Array | undefined, data: ArrayLike<number>, at: number): Float64Array {
    return this.recursion.step(before ?? this.recursion.start(), data, at);
  }

  /** A run of length 0 begins with the next row, so the present one is judged by the runs that hold it. */
  stateProbability(memory: Float64Array): Float64Array {
    const { centres, features } = this;
    const probability = new Float64Array(this.states);
    let mass = 0;
    for (let at = 1; at < memory.length; at += this.recursion.width) {
      if (memory[at] === 0) continue;
      mass += memory[at + 1]!;
      probability[nearestKind(centres, features, memory, at + 2)]! += memory[at + 1]!;
    }
    return probability.map((value) => Math.min(1, value / mass));
  }

  protected override logPredictive(memory: Float64Array): number {
    return memory[0]!;
  }

  protected bestPath(observations: Observations): Uint8Array {
    const { data, features } = observations;
    const path = new Uint8Array(observations.rows);
    eachSequence(observations.lengths, (first, length) => {
      const part = data.subarray(first * features, (first + length) * features);
      let from = first;
      for (const segment of likeliestSegments(this.recursion, part)) {
        path.fill(nearestKind(this.centres, features, segment.level), from, from + segment.rows);
        from += segment.rows;
      }
    });
    return path;
  }

  toJSON(): Json {
    const { hazard, prior, prune } = this.recursion;
    return {
      schema_version: SCHEMA_VERSION,
      kind: this.kind,
      states: this.states,
      features: this.features,
      hazard,
      prior: { mean: prior.mean, kappa: prior.kappa, alpha: prior.alpha, beta: prior.beta },
      prune,
      centres: [...this.centres],
      transition_matrix: [...this.transitionMatrix],
    };
  }

  /** @throws TidewatchError `unsupported_schema_version` or `invalid_parameters` */
  static fromJson(json: unknown): BocpdModel {
    const read = readModelJson(json, schema, SCHEMA_VERSION, 'change-point model');
    return new BocpdModel(
      Float64Array.from(read.centres),
      Float64Array.from(read.transition_matrix),
      new RunLengthRecursion(read.features, read),
    );
  }
}

interface Segment {
  readonly rows: number;
  readonly level: Float64Array;
}

/** The likeliest segments of one sequence: the recursion with maxima in place of sums. */
function likeliestSegments(recursion: RunLengthRecursion, data: Float64Array): Segment[] {
  const { features, width, hazard } = recursion;
  const rows = data.length / features;
  // Of the segment that ends with row t, if one does: its rows and its level.
  const ending: Segment[] = [];
  let memory = recursion.start();
  memory[2] = 0; // ln 1
  for (let row = 0; row < rows; row += 1) {
    const at = row * features;
    const runs = (memory.length - 1) / width;
    const grown = new Float64Array(1 + (runs + 1) * width);
    let best = Number.NEGATIVE_INFINITY;
    let bestAt = 0;
    for (let run = 0; run < runs; run += 1) {
      const from = 1 + run * width;
      const score = memory[from + 1]! + recursion.logPredictive(memory, from, data, at);
      recursion.grow(memory, from, data, at, grown, from + width, score + Math.log1p(-hazard));
      if (score > best) {
        best = score;
        bestAt = from + width;
      }
    }
    ending.push({ rows: grown[bestAt]!, level: grown.slice(bestAt + 2, bestAt + 2 + features) });
    recursion.writeNewRun(grown, 1, best + Math.log(hazard));
    const scores = Float64Array.from({ length: runs + 1 }, (_, run) => grown[2 + run * width]!);
    const limit = Math.max(best - BEAM, crowdLimit(scores));
    const kept: number[] = [];
    scores.forEach((score, run) => {
      if (score > limit || run === 0) kept.push(1 + run * width);
    });
    memory = new Float64Array(1 + kept.length * width);
    kept.forEach((from, i) => {
      memory.set(grown.subarray(from, from + width), 1 + i * width);
    });
  }
  const segments: Segment[] = [];
  for (let end = rows; end > 0; end -= segments[segments.length - 1]!.rows) segments.push(ending[end - 1]!);
  return segments.reverse();
}

function checkOptions({ hazard = 0.01, prune = 1e-6, prior }: BocpdFitOptions): void {
  const allowed = hazard > 0 && hazard < 1 && prune >= 0 && prune <= 0.01;
  const proper = prior === undefined || (prior.kappa > 0 && prior.alpha > 0 && prior.beta > 0);
  if (allowed && proper) return;
  throw new TidewatchError(
    'bad_parameter',
    'the hazard, prior or prune limit of the change-point model is not allowed',
    {
      hint: 'give a hazard between 0 and 1, a prune limit up to 0.01 and a positive kappa, alpha and beta',
    },
  );
}

export const bocpdFamily: RegimeModelFamily<BocpdFitOptions, BocpdFitReport> = {
  kind: 'bocpd',
  fit(observations, options) {
    const { states, seed = 42, sortBy = 'cumulative_return' } = options;
    validateObservations(observations);
    checkOptions(options);
    const { features, rows, data } = observations;
    const returns = orderingReturns(observations, options.logReturn);
    const recursion = new RunLengthRecursion(features, options);
    const levels = new Float64Array(rows * features);
    eachSequence(observations.lengths, (first, length) => {
      let memory = recursion.start();
      for (let row = first; row < first + length; row += 1) {
        memory = recursion.step(memory, data, row * features);
        expectedLevel(recursion, memory, levels, row * features);
      }
    });
    const centres = learnKinds(observations, levels, states, new Random(seed), returns, sortBy);
    const counted = countTransitions(kindsOf(centres, features, levels), observations.lengths, states);
    const draft = new BocpdModel(centres, counted, recursion);
    const { probability, logLikelihood } = draft.filter(observations);
    const path = mostProbablePath(probability, states);
    const model = new BocpdModel(centres, countTransitions(path, observations.lengths, states), recursion);
    return { model, report: { logEvidence: logLikelihood } };
  },
  fromJson: (json) => BocpdModel.fromJson(json),
};

/** Writes the level of the present stretch, averaged over the runs that hold the present row. */
function expectedLevel(
  { width, features }: RunLengthRecursion,
  memory: Float64Array,
  levels: Float64Array,
  to: number,
): void {
  let mass = 0;
  for (let at = 1; at < memory.length; at += width) if (memory[at]! > 0) mass += memory[at + 1]!;
  for (let at = 1; at < memory.length; at += width) {
    if (memory[at] === 0) continue;
    for (let d = 0; d < features; d += 1) levels[to + d]! += (memory[at + 1]! / mass) * memory[at + 2 + d]!;
  }
}
