/**
 * Everything the product does with regime models, once: the command line and the HTTP API both call this.
 */
import { createHash } from 'node:crypto';
import type { FeatureDefinitions } from '../../analysis/features/column-definition.js';
import type { FeatureInputs } from '../../analysis/features/feature-inputs.js';
import type { FeatureRegistry } from '../../analysis/features/feature-sets.js';
import { inSampleRows } from '../../analysis/models/apply-regime-model.js';
import type { FamilyName } from '../../analysis/models/families/model-family.js';
import { featureSetFor, modelFamily, requireCausal } from '../../analysis/models/model-families.js';
import type { Json } from '../../analysis/models/regime-model.js';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import type { Instrument } from '../../market/instrument.js';
import { lowerBound, type Series } from '../../market/series.js';
import { barClose, TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { VERSION } from '../../platform/package.js';
import { loadFeatureSources } from '../feature-sources.js';
import { finalBars } from '../final-bars.js';
import type { HomeLake } from '../home-lake.js';
import { seriesHashInSteps } from './data-hash.js';
import { proveFeatureSet, requireNoLookahead } from './feature-proof.js';
import type { ModelStore, StoredModel } from './model-store.js';
import {
  appendProbabilities,
  deleteProbabilities,
  emptyRows,
  newestStored,
  type ProbabilityRows,
  readProbabilities,
} from './probability-store.js';
import { filterWindow, type Revised, smoothWindow, type WindowResult } from './regime-history.js';
import { type TrainedRegime, type TrainingOptions, trainRegime, useRegime } from './trained-regime.js';

/** What to train on which stored bars. */
export interface TrainRequest {
  readonly instrument: Instrument;
  readonly timeframe: Timeframe;
  /** Half-open range of bars to train on, UTC ms; all bars when left out. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly options: TrainingOptions;
}

/** The model that answers a request, new or stored. */
export interface TrainAnswer {
  readonly regime: TrainedRegime;
  /** True when an equal model was there already and nothing was computed. */
  readonly reused: boolean;
}

/** A model by its id, or the newest causal one of a series. */
export interface ModelChoice {
  /** Given: instrument and timeframe are the model's. */
  readonly modelId?: string | undefined;
  readonly instrument?: Instrument | undefined;
  readonly timeframe?: Timeframe | undefined;
  /** Newest model of this family instead of the newest of all. */
  readonly family?: FamilyName | undefined;
}

/** Which regimes of which bars; times are bar opens, UTC ms, half-open. */
export interface HistoryRequest extends ModelChoice {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Newest rows at most. */
  readonly limit?: number | undefined;
  readonly kind: 'filtered' | 'smoothed';
  /** Store what is computed. Default true. */
  readonly persist?: boolean | undefined;
  /** Use what is stored. Default true. */
  readonly useStored?: boolean | undefined;
}

/** Regimes per bar, oldest first, with the bars and all that was known of them. */
export interface RegimeHistory extends WindowResult {
  readonly regime: TrainedRegime;
  readonly kind: 'filtered' | 'smoothed';
  /** True for smoothed: every row knows bars after it. */
  readonly lookahead: boolean;
  /** Bars that `bar` points into. */
  readonly series: Series;
  /** What the features read beside those bars. */
  readonly beside: Omit<FeatureInputs, 'bars'>;
  readonly source: 'native' | 'derived';
  /** 1 up to the end of training: parameters and labels are fitted on these bars or on later ones. */
  readonly inSample: Uint8Array;
  /** Close of each bar, UTC ms: from then on the row was known. */
  readonly availableAt: Float64Array;
  /** Names the correction that `revised` speaks of: equal corrections, equal names; null without one. */
  readonly revisionId: string | null;
}

export interface RegimeServiceParts {
  readonly data: HomeLake;
  readonly models: ModelStore;
  readonly features: FeatureRegistry;
  readonly clock: Clock;
  /** Bars in front of a window beyond what its features need, for the filter to settle. */
  readonly warmupBars: number;
}

/** Bars after which features no longer tell where their window began: measured, bit for bit, for every flavour. */
const SETTLED = 600;
/** The same in warm-ups of a feature set, for those that remember longer than the five. */
const SETTLED_WARM_UPS = 1.7;
/** Bars beyond the warm-up that a window reads, so that gaps do not eat its rows. */
const SLACK = 128;

/** Trains models and tells the regimes of bars, from what a home has stored. */
export class RegimeService {
  constructor(private readonly parts: RegimeServiceParts) {}

  get models(): ModelStore {
    return this.parts.models;
  }

  /**
   * Trains on stored bars and saves the model. Bars, options and version of a saved model being equal, that one is
   * returned instead.
   * @throws TidewatchError `no_data`, `too_few_rows`, `degenerate_data`, `disk_full`, `write_failed`
   */
  async train(request: TrainRequest, signal?: AbortSignal): Promise<TrainAnswer> {
    const { instrument, timeframe, from, to, options } = request;
    const { data, models, clock, features } = this.parts;
    const { flavour } = options;
    const featureSet = featureSetFor(modelFamily(options.model ?? 'hmm'), options.featureSet);
    const set = features.get(featureSet, { timeframe, flavour });
    const featureDefinitions = features.definitionsIn(featureSet);
    const { series } = await this.bars(instrument.id, timeframe, range(from, to));
    const { beside } = await loadFeatureSources(data.lake, set.needs, series, range(from, to));
    const dataHash = await trainingHash(series, options, { beside, featureDefinitions });
    const twin = models
      .list()
      .models.find(
        (model) =>
          model.dataHash === dataHash &&
          model.engineVersion === VERSION &&
          model.instrumentId === instrument.id &&
          model.timeframe === timeframe,
      );
    if (twin) return { regime: useRegime(twin, features), reused: true };
    const inputs = { ...beside, bars: series };
    const proof = { registry: features, set: featureSet, flavour, inputs, seed: options.seed };
    const causality = await proveFeatureSet(proof, signal);
    requireNoLookahead(causality);
    const record = await trainRegime(features, inputs, { ...options, featureSet }, signal);
    const stored = models.save({
      instrument,
      timeframe,
      createdAt: clock.now(),
      dataHash,
      engineVersion: VERSION,
      flavour,
      featureSet,
      featureDefinitions,
      causality,
      regime: record as unknown as Json,
    });
    return { regime: useRegime(stored, features), reused: false };
  }

  /** @throws TidewatchError `unknown_model`, `unsupported_schema_version` */
  open({ modelId, instrument, timeframe, family }: ModelChoice): TrainedRegime {
    const { features } = this.parts;
    if (modelId !== undefined) return useRegime(this.models.load(modelId), features);
    if (instrument === undefined || timeframe === undefined) {
      throw new TidewatchError('bad_parameter', 'a model id, or an instrument and a timeframe, is needed');
    }
    return useRegime(this.models.newest(instrument.id, timeframe, family), features);
  }

  /**
   * Regimes per bar, oldest first.
   * @throws TidewatchError `unknown_model`, `no_data`, `not_causal` when filtered regimes are asked of a model
   *   that looks at both sides
   */
  async history(request: HistoryRequest): Promise<RegimeHistory> {
    const { data } = this.parts;
    const regime = this.open(request);
    const { stored } = regime;
    if (request.kind === 'filtered') requireCausal(regime.opened.family, 'a filtered regime');
    const { series, source, begins } = await this.window(regime, request);
    const { beside } = await loadFeatureSources(data.lake, regime.needs, series, spanOf(series));
    const table = regime.features(series, beside);
    const settled = series.time[settledAfter(regime)] ?? Number.POSITIVE_INFINITY;
    const unsettled = begins ? 0 : lowerBound(table.time, settled);
    const observations = (from: number, to: number) => regime.opened.observations(table, from, to);
    const { limit } = request;
    const from =
      request.from ??
      (limit !== undefined && table.time.length > limit
        ? table.time[table.time.length - limit]!
        : Number.NEGATIVE_INFINITY);
    let window: WindowResult;
    if (request.kind === 'smoothed') {
      window = smoothWindow({ model: regime.opened.model, table, observations, from });
    } else {
      const { model, rule } = regime.opened;
      const reach = table.time[0] ?? Number.NEGATIVE_INFINITY;
      const to = request.to ?? Number.POSITIVE_INFINITY;
      const storedRows = () => readProbabilities(data.lake, stored, model.states, reach, to);
      const { resumes } = regime.opened.family;
      const filtered = (known: ProbabilityRows) =>
        filterWindow({ model, table, observations, from, stored: known, rule, unsettled, resumes });
      const known = request.useStored === false ? emptyRows(model.states) : await storedRows();
      window = filtered(known);
      if (request.persist !== false && window.computed.rows > 0) {
        window = await data.write(async (writer) => {
          // write-once: what another request stored meanwhile stays, and what was to be ignored is not replaced
          const now = await storedRows();
          const unstored = now.rows === known.rows ? window : filtered(now);
          if (unstored.computed.rows > 0) await appendProbabilities(writer, stored, unstored.computed);
          return request.useStored === false ? window : unstored;
        });
      }
    }
    const limited = limit === undefined ? window : newest(window, limit);
    const { time } = limited.rows;
    return {
      ...limited,
      regime,
      kind: request.kind,
      lookahead: request.kind === 'smoothed',
      series,
      beside,
      source,
      inSample: inSampleRows(regime.record, time),
      availableAt: time.map((open) => barClose(open, stored.timeframe)),
      revisionId: window.revised === null ? null : revisionOf(stored.id, window.revised),
    };
  }

  /**
   * Computes and stores what bars that arrived since the newest stored row say; all rows for a model without any.
   * @returns the number of rows stored now
   * @throws TidewatchError `unknown_model`, `not_causal`
   */
  async extend(modelId: string): Promise<number> {
    const { stored } = this.open({ modelId });
    const newestTime = await newestStored(this.parts.data.lake, stored);
    const from = newestTime === undefined ? undefined : newestTime + 1;
    const { computed } = await this.history({ modelId, kind: 'filtered', from });
    return computed.rows;
  }

  /** The newest bar's regime, with its history row; the same bar gives the price. */
  latest(choice: ModelChoice & Pick<HistoryRequest, 'useStored'>): Promise<RegimeHistory> {
    return this.history({ ...choice, kind: 'filtered', limit: 1 });
  }

  /** Deletes the model and its stored results. */
  async delete(modelId: string): Promise<{ readonly model: StoredModel; readonly rows: number }> {
    const model = this.models.load(modelId);
    // results first: a kill in between leaves a model without results, which are computed again when asked for
    const rows = await this.parts.data.write((writer) => deleteProbabilities(writer, model));
    this.models.delete(modelId);
    return { model, rows };
  }

  /** Final bars only: one that is marked partial or has not closed yet will still change (HMM spec §3.2, §12). */
  async bars(
    instrumentId: string,
    timeframe: Timeframe,
    window: { from?: number; to?: number },
  ): Promise<{ series: Series; kind: 'native' | 'derived' }> {
    const { data, clock } = this.parts;
    const answer = await data.lake.series(instrumentId, timeframe, window);
    return { series: finalBars(answer, clock.now()).series, kind: answer.kind };
  }

  /** The bars of a window with warm-up in front, as few as will do; `begins`: they begin with the series. */
  private async window(
    regime: TrainedRegime,
    { from, to, limit }: HistoryRequest,
  ): Promise<{ series: Series; source: 'native' | 'derived'; begins: boolean }> {
    const { instrumentId, timeframe } = regime.stored;
    const settled = settledAfter(regime);
    if (!Number.isFinite(settled)) {
      const whole = await this.bars(instrumentId, timeframe, range(undefined, to));
      return { series: whole.series, source: whole.kind, begins: true };
    }
    const needed = this.parts.warmupBars + settled;
    const length = TIMEFRAME_MS[timeframe];
    const front = (needed + SLACK) * length;
    let start = from === undefined ? undefined : from - front;
    if (start === undefined && limit !== undefined) {
      const newestTime = await this.newestOpen(instrumentId, timeframe, to);
      if (newestTime !== undefined) start = newestTime - (limit + 1) * length - front;
    }
    const answer = await this.bars(instrumentId, timeframe, range(start, to));
    // a market that closes has fewer bars in a stretch of time than the clock says
    const isShort =
      from === undefined
        ? limit !== undefined && answer.series.length < limit + needed
        : lowerBound(answer.series.time, from) < needed;
    if (isShort && start !== undefined) {
      const whole = await this.bars(instrumentId, timeframe, range(undefined, to));
      return { series: whole.series, source: whole.kind, begins: true };
    }
    return { series: answer.series, source: answer.kind, begins: start === undefined };
  }

  private async newestOpen(
    instrumentId: string,
    timeframe: Timeframe,
    to: number | undefined,
  ): Promise<number | undefined> {
    const { lake } = this.parts.data;
    const spans = await Promise.all([
      lake.span(instrumentId, timeframe, 'skip'),
      timeframe === '1m' ? undefined : lake.span(instrumentId, '1m', 'skip'),
    ]);
    const newestStored = Math.max(...spans.map((span) => span?.lastTs ?? Number.NEGATIVE_INFINITY));
    if (newestStored === Number.NEGATIVE_INFINITY) return undefined;
    return to === undefined ? newestStored : Math.min(newestStored, to);
  }
}

/** Bars after which the features of a model no longer tell where their window began. */
function settledAfter({ warmUp }: TrainedRegime): number {
  return Math.max(SETTLED, Math.ceil(SETTLED_WARM_UPS * warmUp));
}

/** Half-open range of bars that a series covers. */
function spanOf({ time, length, timeframe }: Series): { from?: number; to?: number } {
  return length === 0 ? {} : { from: time[0]!, to: barClose(time[length - 1]!, timeframe) };
}

function range(from: number | undefined, to: number | undefined): { from?: number; to?: number } {
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/** Short name of a correction: the model, where it begins and what it changes. */
function revisionOf(modelId: string, { first, probability }: Revised): string {
  const { buffer, byteOffset, byteLength } = probability;
  return createHash('sha256')
    .update(`${modelId}|${first}|`)
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex')
    .slice(0, 12);
}

/** What a training depends on besides the version: the bars, the options, and what the features read and are. */
async function trainingHash(
  series: Series,
  options: TrainingOptions,
  {
    beside,
    featureDefinitions,
  }: { beside: Omit<FeatureInputs, 'bars'>; featureDefinitions: FeatureDefinitions },
): Promise<string> {
  const hash = createHash('sha256')
    .update(await seriesHashInSteps(series))
    .update(JSON.stringify(options));
  if (Object.keys(featureDefinitions).length > 0) hash.update(JSON.stringify(featureDefinitions));
  for (const member of beside.panel ?? []) hash.update(await seriesHashInSteps(member));
  for (const channel of Object.values(beside.channels ?? {})) {
    if (!channel) continue;
    const { time, availableAt, value } = channel;
    for (const column of [time, availableAt, value]) {
      hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
    }
  }
  return hash.digest('hex');
}

function newest(window: WindowResult, limit: number): WindowResult {
  const drop = Math.max(0, window.rows.rows - limit);
  if (drop === 0) return window;
  const { states } = window.rows;
  return {
    computed: window.computed,
    revised: window.revised,
    bar: window.bar.subarray(drop),
    rows: {
      states,
      rows: window.rows.rows - drop,
      time: window.rows.time.subarray(drop),
      probability: window.rows.probability.subarray(drop * states),
      regime: window.rows.regime.subarray(drop),
    },
  };
}
