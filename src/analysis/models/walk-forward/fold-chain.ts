/**
 * The sequential part of a walk-forward: fold after fold it continues the model of the fold before, keeps the better
 * of that and the fresh restarts, matches states so that they do not flip, names them by their training rows, carries
 * the filtered probabilities across the refit, and filters the rows the fold speaks for (HMM spec §11.4).
 *
 * Why two parts: a chain of warm starts over whole searches would leave nothing to run in parallel. Continuing costs
 * one run of EM from a near optimum, so the chain is a small part of the work, and results do not depend on how many
 * workers made the searches. Ties go to the continued model: a refit changes regimes only when that explains the
 * training rows better.
 * Everything a fold says about a row comes from rows up to it; parameters, scaler, labels, return moments and
 * alignment come from rows before the fold. The snapshot restarts the chain at any fold, bit for bit.
 */
import { z } from 'zod';
import { TidewatchError } from '../../../errors.js';
import { Scaler } from '../../features/scaler.js';
import {
  type AlignableStates,
  alignStates,
  firstIdentities,
  type IdentifiedStates,
  keepStates,
  type LabelBreak,
  type StateAlignment,
  weighStates,
} from '../alignment.js';
import { featureObservations } from '../feature-observations.js';
import { trainGaussianHmm } from '../gaussian-hmm/gaussian-hmm.js';
import type { FilterStart, Json, RegimeModel } from '../regime-model.js';
import { totalEntropy } from '../selection.js';
import { mostProbablePath } from '../state-statistics.js';
import { foldFamily } from './fold-families.js';
import type { Candidate, FoldFamily } from './fold-family.js';
import { type FoldSearch, foldRequest, trainingRows, type WalkForwardInput } from './fold-search.js';
import { type ReturnMoments, returnForecast, returnMoments } from './return-forecast.js';
import type { Fold } from './schedule.js';
import { trainingLabels } from './training-labels.js';

/** What one fold found and said. State arrays are in the order of the model's states; `identities` names them. */
export interface FoldResult {
  readonly fold: Fold;
  readonly model: RegimeModel;
  readonly scaler: Scaler;
  /** The model of the fold before, continued, was as good as the best of the fresh starts. */
  readonly continued: boolean;
  readonly identities: readonly number[];
  readonly labels: readonly string[];
  /** Moments of the raw features per state over the training rows. */
  readonly states: AlignableStates;
  readonly alignment: {
    readonly cost: number;
    readonly breaks: readonly LabelBreak[];
    /** Identities first seen here, and those that nothing continues. */
    readonly begun: readonly number[];
    readonly ended: readonly number[];
  } | null;
  /** Filtered probabilities of the applied rows, rows × K. */
  readonly probability: Float64Array;
  /** One-step forecasts of those probabilities from the row before, rows × K. */
  readonly forecast: Float64Array;
  /** Per applied row: where the return fell in its forecast distribution, 0 to 1; NaN without a row before. */
  readonly pit: Float64Array;
  /** Per applied row: ln density of its return, nats; NaN without a row before. */
  readonly returnDensity: Float64Array;
  /** The same under one normal distribution fitted to the training rows. */
  readonly plainReturnDensity: Float64Array;
  /** The same under the states' shares of the training rows: states without memory. */
  readonly memorylessReturnDensity: Float64Array;
  readonly returnMoments: ReturnMoments;
  readonly training: {
    readonly rows: number;
    readonly loglik: number | null;
    readonly parameters: number | null;
    /** Σ entropy of the smoothed states, nats. */
    readonly entropy: number;
    readonly oneStateLoglik: number | null;
  };
  /** ln P(applied rows | rows before), scaled units, nats; null for a family without such a likelihood. */
  readonly loglik: number | null;
  readonly oneStateLoglik: number | null;
  readonly mixtureLoglik: number | null;
  /** What this fold's model says of the newest rows before it: a chart drawn on that day. */
  readonly view: { readonly from: number; readonly identities: Int16Array };
}

export interface ChainOptions {
  /** Rows before each refit that are kept as they were seen that day. */
  readonly viewRows: number;
}

const snapshotSchema = z.strictObject({
  schema_version: z.literal(1),
  model: z.json(),
  scaler: z.strictObject({ mean: z.array(z.number()), deviation: z.array(z.number()) }),
  identities: z.array(z.int()),
  labels: z.array(z.string()),
  means: z.array(z.number().nullable()),
  deviations: z.array(z.number().nullable()),
  shares: z.array(z.number()),
  probability: z.array(z.number()),
  next_identity: z.int(),
});

interface Link {
  readonly model: RegimeModel;
  readonly scaler: Scaler;
  readonly states: IdentifiedStates;
  /** Filtered distribution of the row before the next fold. */
  readonly probability: Float64Array;
  readonly nextIdentity: number;
}

export class FoldChain {
  private readonly family: FoldFamily;
  private before: Link | undefined;

  /** @throws TidewatchError `bad_parameter`, `unsupported_schema_version` */
  constructor(
    private readonly input: WalkForwardInput,
    private readonly candidate: Candidate,
    private readonly options: ChainOptions,
    snapshot?: Json,
  ) {
    this.family = foldFamily(candidate.family);
    if (snapshot !== undefined) this.before = this.restore(snapshot);
  }

  /** Takes the next fold; folds must come in their order. */
  next(fold: Fold, search: FoldSearch): FoldResult {
    const { table, returns } = this.input;
    const { names } = table;
    const scaler = new Scaler(
      Float64Array.from(search.scaler.mean),
      Float64Array.from(search.scaler.deviation),
    );
    const train = trainingRows(table, fold, scaler);
    const chosen = this.choose(fold, search, scaler);
    const { model } = chosen;
    const trained = model.filter(train);
    const path = mostProbablePath(trained.probability, model.states);
    const raw = featureObservations(table, names, undefined, fold.trainFrom, fold.trainTo);
    const moments = weighStates(raw, trained.probability, model.states);
    const labels = trainingLabels(this.input, fold, path, model.states);
    const alignment = this.before && this.align(this.before, moments, labels);
    const identities = alignment?.identities ?? firstIdentities(moments, labels).identities;

    const applied = featureObservations(table, names, scaler, fold.trainTo, fold.applyTo);
    const entry =
      this.before && alignment
        ? alignment.carry(this.before.probability)
        : trained.probability.slice(-model.states);
    const startsAfresh = startsSequence(table.lengths, fold.trainTo);
    const start: FilterStart = startsAfresh
      ? { from: 'stationary' }
      : { from: 'carried', probability: entry };
    const { probability, logLikelihood } = model.filter(applied, start);

    const trainedReturns = returns.subarray(fold.trainFrom, fold.trainTo);
    const momentsOfReturn = returnMoments(trained.probability, model.states, trainedReturns);
    const ahead = returnForecast({
      model,
      probability,
      entry: startsAfresh ? undefined : entry,
      lengths: applied.lengths,
      returns: returns.subarray(fold.trainTo, fold.applyTo),
      moments: momentsOfReturn,
    });
    const viewFrom = Math.max(fold.trainFrom, fold.trainTo - this.options.viewRows);
    const oneState = this.family.featureLikelihood
      ? trainGaussianHmm(train, { states: 1, covarianceType: this.candidate.covariance ?? 'diag' })
      : undefined;
    const { features, means, deviations, shares, states } = moments;
    this.before = {
      model,
      scaler,
      states: { features, means, deviations, shares, states, identities, labels },
      probability: probability.slice(-model.states),
      nextIdentity: alignment?.nextIdentity ?? model.states,
    };
    return {
      fold,
      model,
      scaler,
      continued: chosen.continued,
      identities,
      labels,
      states: moments,
      alignment: alignment ? alignmentReport(alignment) : null,
      probability,
      ...ahead,
      returnMoments: momentsOfReturn,
      training: {
        rows: train.rows,
        loglik: chosen.loglik,
        parameters: search.parameters,
        entropy: totalEntropy(model.smooth(train).probability),
        oneStateLoglik: oneState?.report.logLikelihood ?? null,
      },
      loglik: this.family.featureLikelihood ? logLikelihood : null,
      oneStateLoglik: oneState ? oneState.model.filter(applied).logLikelihood : null,
      mixtureLoglik: search.mixture_loglik,
      view: {
        from: viewFrom,
        identities: Int16Array.from(path.subarray(viewFrom - fold.trainFrom), (state) => identities[state]!),
      },
    };
  }

  private align(before: Link, moments: AlignableStates, labels: readonly string[]): StateAlignment {
    if (this.family.givenStates) return keepStates(before.states, labels);
    return alignStates(
      before.states,
      { ...moments, labels },
      { compareVariances: true, nextIdentity: before.nextIdentity },
    );
  }

  /** State of the chain after the last fold, JSON. */
  snapshot(): Json {
    if (!this.before) throw new TidewatchError('bad_parameter', 'the chain has not taken a fold yet');
    const { model, scaler, states, probability, nextIdentity } = this.before;
    const finite = (values: Float64Array) =>
      Array.from(values, (value) => (Number.isFinite(value) ? value : null));
    return {
      schema_version: 1,
      model: model.toJSON(),
      scaler: { mean: [...scaler.mean], deviation: [...scaler.deviation] },
      identities: [...states.identities],
      labels: [...states.labels],
      means: finite(states.means),
      deviations: finite(states.deviations),
      shares: [...states.shares],
      probability: [...probability],
      next_identity: nextIdentity,
    };
  }

  private restore(json: Json): Link {
    const parsed = snapshotSchema.safeParse(json);
    if (!parsed.success) {
      throw new TidewatchError('unsupported_schema_version', 'the snapshot is not of a walk-forward', {
        hint: 'walk forward again from the first fold',
        cause: parsed.error,
      });
    }
    const { data } = parsed;
    const numbers = (values: readonly (number | null)[]) => Float64Array.from(values, (v) => v ?? Number.NaN);
    return {
      model: this.family.fromJson(data.model),
      scaler: new Scaler(Float64Array.from(data.scaler.mean), Float64Array.from(data.scaler.deviation)),
      states: {
        states: data.labels.length,
        features: data.scaler.mean.length,
        means: numbers(data.means),
        deviations: numbers(data.deviations),
        shares: Float64Array.from(data.shares),
        identities: data.identities,
        labels: data.labels,
      },
      probability: Float64Array.from(data.probability),
      nextIdentity: data.next_identity,
    };
  }

  /** The continued model unless the fresh starts found a better one. */
  private choose(
    fold: Fold,
    search: FoldSearch,
    scaler: Scaler,
  ): { model: RegimeModel; loglik: number | null; continued: boolean } {
    const fresh = { model: this.family.fromJson(search.model), loglik: search.loglik, continued: false };
    if (!this.before || !this.family.continueFrom || search.loglik === null) return fresh;
    const { table } = this.input;
    const request = foldRequest(this.input, fold, this.candidate, search.states);
    const train = trainingRows(table, fold, scaler);
    const older = this.family.continueFrom(train, request, this.before, scaler);
    // runs that stop within a millionth of a nat per row of each other have found the same optimum
    const slack = 1e-5 * train.rows;
    if (older?.logLikelihood == null || older.logLikelihood < search.loglik - slack) return fresh;
    return { model: older.model, loglik: older.logLikelihood, continued: true };
  }
}

function alignmentReport(alignment: StateAlignment): NonNullable<FoldResult['alignment']> {
  const { cost, breaks, identities, oldStateOfNew, ended } = alignment;
  return { cost, breaks, ended, begun: identities.filter((_, state) => oldStateOfNew[state]! < 0) };
}

/** Whether a gap lies before this row. */
function startsSequence(lengths: readonly number[], row: number): boolean {
  let start = 0;
  for (const length of lengths) {
    if (start === row) return true;
    if (start > row) return false;
    start += length;
  }
  return false;
}
