/**
 * Long computations that a serving process hands to a worker. Each takes one value that structured cloning can carry
 * and gives one back; it runs in the worker, where it may block, and where a team of threads may help.
 */

import type { CausalityProof } from '../../analysis/causality/causality-proof.js';
import { type ProofOptions, proveCausality } from '../../analysis/causality/prove-causality.js';
import type { FeatureDefinitions } from '../../analysis/features/column-definition.js';
import type { FeatureInputs } from '../../analysis/features/feature-inputs.js';
import { FeatureRegistry } from '../../analysis/features/feature-sets.js';
import type { TaFlavour } from '../../analysis/indicators/ta-flavour.js';
import type { FeatureRows } from '../../analysis/models/feature-observations.js';
import { type FitOptions, type FitResult, fitGaussianHmm } from '../../analysis/models/gaussian-hmm/fit.js';
import type { Observations } from '../../analysis/models/observations.js';
import type { RegimeRecord } from '../../analysis/models/regime-record.js';
import { type TrainRegimeOptions, trainRegimeModel } from '../../analysis/models/train-regime-model.js';
import type { FoldSearch, WalkForwardInput } from '../../analysis/models/walk-forward/fold-search.js';
import {
  type FinishedWalkForward,
  finishWalkForward,
  type WalkForwardPlan,
} from '../../analysis/models/walk-forward/walk-forward-report.js';
import { createParallelEngine } from './parallel-expectation.js';
import {
  type UptrendHead,
  type UptrendHeadTask,
  type UptrendWalk,
  type UptrendWalkTask,
  walkToHead,
  walkUptrend,
} from './uptrend-walk.js';

export interface FitTask {
  readonly observations: Observations;
  readonly options: Omit<FitOptions, 'engineFactory'>;
}

export interface TrainingTask {
  readonly table: FeatureRows;
  readonly options: Omit<TrainRegimeOptions, 'engineFactory' | 'engineName'>;
}

/** A feature set by name, with the definitions that the name needs. */
export interface ProofTask {
  readonly set: string;
  readonly definitions: FeatureDefinitions;
  readonly flavour: TaFlavour;
  readonly inputs: FeatureInputs;
  readonly options: ProofOptions;
}

/** Training on a feature set by name: the table is built in the worker. */
export interface BarsTrainingTask extends Omit<ProofTask, 'options'> {
  readonly options: TrainingTask['options'];
}

export interface FinishTask {
  readonly input: WalkForwardInput;
  readonly plan: WalkForwardPlan;
  readonly searches: readonly FoldSearch[];
}

function train({ table, options }: TrainingTask, threads: number): RegimeRecord {
  return trainRegimeModel(table, {
    ...options,
    engineFactory: (rows) => createParallelEngine(rows, threads),
    engineName: 'wasm-simd',
  });
}

export const COMPUTE_TASKS = {
  fitGaussianHmm: ({ observations, options }: FitTask, threads: number): FitResult =>
    fitGaussianHmm(observations, {
      ...options,
      engineFactory: (rows) => createParallelEngine(rows, threads),
    }),
  trainRegimeModel: train,
  trainRegimeOnBars: (task: BarsTrainingTask, threads: number): RegimeRecord => {
    const { set, definitions, flavour, options } = task;
    const { bars, ...beside } = task.inputs;
    const { timeframe } = bars;
    const features = new FeatureRegistry(definitions).get(set, { timeframe, flavour });
    return train({ table: features.build(bars, beside), options }, threads);
  },
  proveFeatureSet: ({ set, definitions, flavour, inputs, options }: ProofTask): CausalityProof => {
    const { timeframe } = inputs.bars;
    return proveCausality(new FeatureRegistry(definitions).get(set, { timeframe, flavour }), inputs, options);
  },
  finishWalkForward: ({ input, plan, searches }: FinishTask): FinishedWalkForward =>
    finishWalkForward(input, plan, searches),
  walkUptrend: (task: UptrendWalkTask): UptrendWalk => walkUptrend(task),
  walkToHeads: (tasks: readonly UptrendHeadTask[]): UptrendHead[] => tasks.map(walkToHead),
} as const;

export type ComputeTask = keyof typeof COMPUTE_TASKS;
export type TaskInput<Name extends ComputeTask> = Parameters<(typeof COMPUTE_TASKS)[Name]>[0];
export type TaskResult<Name extends ComputeTask> = ReturnType<(typeof COMPUTE_TASKS)[Name]>;
