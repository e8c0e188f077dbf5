/** The families that can be walked forward. */
import { TidewatchError } from '../../../errors.js';
import type { Scaler } from '../../features/scaler.js';
import { GAUSSIAN_HMM, gaussianHmmOptions } from '../families/gaussian-hmm-family.js';
import type { ModelFamily } from '../families/model-family.js';
import { checkSettingNames } from '../families/settings.js';
import { STUDENT_T, studentTOptions } from '../families/student-t-family.js';
import type { GaussianHmmParameters } from '../gaussian-hmm/expectation.js';
import type { FitOptions } from '../gaussian-hmm/fit.js';
import { GaussianHmm, trainGaussianHmm } from '../gaussian-hmm/gaussian-hmm.js';
import { modelFamily, requireCausal } from '../model-families.js';
import type { Observations } from '../observations.js';
import type { Json } from '../regime-model.js';
import { type StudentTFitOptions, StudentTHmm, trainStudentTHmm } from '../student-t-hmm/student-t-hmm.js';
import type { FoldFamily, FoldModel, FoldRequest } from './fold-family.js';

/** Starts followed to convergence at each refit (HMM spec §11.2). */
const FINALISTS = 3;
const FLOOR = 1e-8;
/** Share of every transition row that a continued fit spreads over all states. */
const AWAKE = 1e-3;

/** @param own what the family's settings ask for */
function fitOptions<T extends object>(
  request: FoldRequest,
  own: T,
): Omit<FitOptions & StudentTFitOptions, 'initial'> & T {
  const { states, seed, restarts, sticky, volatilityColumn, featureNames, returnColumn } = request;
  return {
    states,
    covarianceType: request.covariance ?? 'diag',
    seed,
    restarts,
    finalists: FINALISTS,
    rounds: 0,
    minimumShare: 0.01,
    returnColumn,
    featureNames,
    ...(volatilityColumn === undefined ? {} : { volatilityColumn }),
    ...own,
    ...(sticky === undefined ? {} : { sticky }),
  };
}

/** What trained a hidden Markov model of either emission. */
type Trained = {
  readonly model: GaussianHmm | StudentTHmm;
  readonly report: { readonly logLikelihood: number };
};

function fitted({ model, report }: Trained): FoldModel {
  return { model, logLikelihood: report.logLikelihood, parameters: model.parameterCount };
}

/** A continued fit, or undefined when these rows do not carry the older model's states. */
function unlessDegenerate(attempt: () => Trained): FoldModel | undefined {
  try {
    return fitted(attempt());
  } catch (error) {
    if (error instanceof TidewatchError && error.code === 'degenerate_data') return undefined;
    throw error;
  }
}

/** The same distributions told in units of another scaler. */
function rescale<P extends GaussianHmmParameters>(parameters: P, from: Scaler, to: Scaler): P {
  const { features, covarianceType, means, covariances } = parameters;
  const ratio = from.deviation.map((value, d) => (value + FLOOR) / (to.deviation[d]! + FLOOR));
  const offset = from.mean.map((value, d) => (value - to.mean[d]!) / (to.deviation[d]! + FLOOR));
  const average = Math.exp(ratio.reduce((sum, value) => sum + Math.log(value), 0) / features);
  const factor = (i: number): number => {
    if (covarianceType === 'spherical') return average * average;
    const d = i % features;
    if (covarianceType === 'diag') return ratio[d]! * ratio[d]!;
    return ratio[d]! * ratio[Math.floor(i / features) % features]!;
  };
  return {
    ...parameters,
    means: means.map((value, i) => value * ratio[i % features]! + offset[i % features]!),
    covariances: covariances.map((value, i) => value * factor(i)),
  };
}

/** EM never leaves a zero: after it the start is one-hot for another first row, and transitions not yet seen are 0. */
function awake<P extends GaussianHmmParameters>(parameters: P): P {
  const { states, transitionMatrix } = parameters;
  return {
    ...parameters,
    startProbability: new Float64Array(states).fill(1 / states),
    transitionMatrix: transitionMatrix.map((value) => (1 - AWAKE) * value + AWAKE / states),
  };
}

const gaussianOptions = (request: FoldRequest) =>
  fitOptions(request, gaussianHmmOptions(settingsOf(GAUSSIAN_HMM, request)));

const studentOptions = (request: FoldRequest) =>
  fitOptions(request, studentTOptions(settingsOf(STUDENT_T, request)));

/** @throws TidewatchError `bad_parameter` for a setting that the family does not have */
function settingsOf(family: ModelFamily, { settings }: FoldRequest): Record<string, Json> {
  checkSettingNames(family, settings);
  return { ...family.settings, ...settings };
}

const gaussianHmm: FoldFamily = {
  name: 'hmm',
  title: 'Gaussian HMM',
  featureLikelihood: true,
  fit: (train, request) => fitted(trainGaussianHmm(train, gaussianOptions(request))),
  continueFrom(train, request, older, scaler) {
    const { model } = older;
    if (!(model instanceof GaussianHmm) || !fits(model, train, request)) return undefined;
    const initial = awake(rescale(model.parameters, older.scaler, scaler));
    return unlessDegenerate(() => trainGaussianHmm(train, { ...gaussianOptions(request), initial }));
  },
  withoutMemory(train, request, model) {
    if (!(model instanceof GaussianHmm) || model.usedFeatures.length !== train.features) return undefined;
    // rows that are sequences of their own have no transitions: the start distribution is the mixture's weights
    const rows = { ...train, lengths: new Array<number>(train.rows).fill(1) };
    const weights = model.stationary.map((value) => Math.max(value, 1e-6));
    const sum = weights.reduce((total, value) => total + value, 0);
    const initial = { ...model.parameters, startProbability: weights.map((value) => value / sum) };
    const { sticky: _sticky, ...options } = gaussianOptions(request);
    return trainGaussianHmm(rows, { ...options, initial }).model;
  },
  fromJson: (json) => GaussianHmm.fromJson(json),
};

const studentT: FoldFamily = {
  name: 'student-t',
  title: 'Student-t HMM',
  featureLikelihood: true,
  fit: (train, request) => fitted(trainStudentTHmm(train, studentOptions(request))),
  continueFrom(train, request, older, scaler) {
    const { model } = older;
    if (!(model instanceof StudentTHmm) || !fits(model, train, request)) return undefined;
    const initial = awake(rescale(model.parameters, older.scaler, scaler));
    return unlessDegenerate(() => trainStudentTHmm(train, { ...studentOptions(request), initial }));
  },
  fromJson: (json) => StudentTHmm.fromJson(json),
};

/** The older model has as many states, and uses every column, as these rows will. */
function fits(
  { states, usedFeatures }: GaussianHmm | StudentTHmm,
  train: Observations,
  request: FoldRequest,
) {
  return states === request.states && usedFeatures.length === train.features;
}

/** Any other causal family of the registry: it starts afresh at every refit. */
function fromRegistry(name: string): FoldFamily {
  const family = modelFamily(name);
  requireCausal(family, 'a walk-forward');
  return {
    name,
    title: family.title,
    featureLikelihood: family.capabilities.likelihood && family.features === undefined,
    ...(family.givenStates === true ? { givenStates: true } : {}),
    fit(train, request) {
      refuseUnknown(family, request);
      const { states, seed, restarts, returnColumn, logReturn, volatilityColumn, featureNames, covariance } =
        request;
      const { model, story } = family.fit(train, {
        states,
        seed,
        returnColumn,
        logReturn,
        volatilityColumn,
        featureNames,
        settings: settingsOf(family, request),
        ...(family.takes.restarts ? { restarts } : {}),
        ...(family.takes.covariance && covariance !== undefined ? { covarianceType: covariance } : {}),
      });
      return { model, logLikelihood: story.logLikelihood, parameters: story.parameters };
    },
    fromJson: (json) => family.fromJson(json),
  };
}

/** Options that mean nothing to a family are refused, not ignored. */
function refuseUnknown({ title, takes }: ModelFamily, { sticky, covariance }: FoldRequest): void {
  const what =
    sticky !== undefined
      ? 'a sticky prior'
      : covariance !== undefined && !takes.covariance
        ? 'a covariance'
        : undefined;
  if (what === undefined) return;
  throw new TidewatchError('bad_parameter', `${title} does not take ${what}`, {
    hint: 'leave it out, or use hmm',
  });
}

/** @throws TidewatchError `bad_parameter`, `not_causal` for a family that is not causal */
export function foldFamily(name: string): FoldFamily {
  return [gaussianHmm, studentT].find((family) => family.name === name) ?? fromRegistry(name);
}
