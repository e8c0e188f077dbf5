/** The families that can be walked forward. */
import { TidewatchError } from '../../../errors.js';
import type { Scaler } from '../../features/scaler.js';
import type { GaussianHmmParameters, Observations } from '../gaussian-hmm/expectation.js';
import type { FitOptions } from '../gaussian-hmm/fit.js';
import { GaussianHmm, trainGaussianHmm } from '../gaussian-hmm/gaussian-hmm.js';
import { modelFamily, requireCausal } from '../model-families.js';
import type { FoldFamily, FoldModel, FoldRequest } from './fold-family.js';

/** Starts followed to convergence at each refit (HMM spec §11.2). */
const FINALISTS = 3;
const FLOOR = 1e-8;
/** Share of every transition row that a continued fit spreads over all states. */
const AWAKE = 1e-3;

function fitOptions(request: FoldRequest): FitOptions {
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
    ...(sticky === undefined ? {} : { sticky }),
  };
}

function fitted(train: Observations, options: FitOptions): FoldModel {
  const { model, report } = trainGaussianHmm(train, options);
  return { model, logLikelihood: report.logLikelihood, parameters: model.parameterCount };
}

/** The same distributions told in units of another scaler. */
export function rescale(parameters: GaussianHmmParameters, from: Scaler, to: Scaler): GaussianHmmParameters {
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
function awake(parameters: GaussianHmmParameters): GaussianHmmParameters {
  const { states, transitionMatrix } = parameters;
  return {
    ...parameters,
    startProbability: new Float64Array(states).fill(1 / states),
    transitionMatrix: transitionMatrix.map((value) => (1 - AWAKE) * value + AWAKE / states),
  };
}

const gaussianHmm: FoldFamily = {
  name: 'hmm',
  title: 'Gaussian HMM',
  featureLikelihood: true,
  fit: (train, request) => fitted(train, fitOptions(request)),
  continueFrom(train, request, older, scaler) {
    const { model } = older;
    if (!(model instanceof GaussianHmm) || model.states !== request.states) return undefined;
    if (model.usedFeatures.length !== train.features) return undefined;
    const initial = awake(rescale(model.parameters, older.scaler, scaler));
    try {
      return fitted(train, { ...fitOptions(request), initial });
    } catch (error) {
      if (error instanceof TidewatchError && error.code === 'degenerate_data') return undefined;
      throw error;
    }
  },
  withoutMemory(train, request, model) {
    if (!(model instanceof GaussianHmm) || model.usedFeatures.length !== train.features) return undefined;
    // rows that are sequences of their own have no transitions: the start distribution is the mixture's weights
    const rows = { ...train, lengths: new Array<number>(train.rows).fill(1) };
    const weights = model.stationary.map((value) => Math.max(value, 1e-6));
    const sum = weights.reduce((total, value) => total + value, 0);
    const initial = { ...model.parameters, startProbability: weights.map((value) => value / sum) };
    const { sticky: _sticky, ...options } = fitOptions(request);
    return trainGaussianHmm(rows, { ...options, initial }).model;
  },
  fromJson: (json) => GaussianHmm.fromJson(json),
};

/** Any other causal family of the registry: it starts afresh at every refit. */
function fromRegistry(name: string): FoldFamily {
  const family = modelFamily(name);
  requireCausal(family, 'a walk-forward');
  return {
    name,
    title: family.title,
    featureLikelihood: family.capabilities.likelihood && family.features === undefined,
    fit(train, request) {
      const { states, seed, restarts, returnColumn, logReturn, volatilityColumn, featureNames, covariance } =
        request;
      const { model, story } = family.fit(train, {
        states,
        seed,
        returnColumn,
        logReturn,
        volatilityColumn,
        featureNames,
        settings: family.settings,
        ...(family.takes.restarts ? { restarts } : {}),
        ...(family.takes.covariance && covariance !== undefined ? { covarianceType: covariance } : {}),
      });
      return { model, logLikelihood: story.logLikelihood, parameters: story.parameters };
    },
    fromJson: (json) => family.fromJson(json),
  };
}

/** @throws TidewatchError `bad_parameter`, `lookahead_refused` for a family that is not causal */
export function foldFamily(name: string): FoldFamily {
  return name === gaussianHmm.name ? gaussianHmm : fromRegistry(name);
}
