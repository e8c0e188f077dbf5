/**
 * The expensive, independent part of a fold: scaler and fresh restarts on its training rows. It knows nothing of other
 * folds, so any number of workers may do them in any order; what is sequential (continuing the model of the fold
 * before, matching states, carrying probabilities) is cheap and happens in fold-chain.ts.
 *
 * The result is JSON: stored under a run it is what a killed run resumes from, and it is equal bit for bit wherever
 * and whenever it is computed.
 */
import { z } from 'zod';
import { TidewatchError } from '../../../errors.js';
import { type FeatureTable, featureColumn } from '../../features/feature-table.js';
import { Scaler } from '../../features/scaler.js';
import { type FeatureRows, featureObservations, sequenceLengths } from '../feature-observations.js';
import type { Observations } from '../observations.js';
import { chooseStates, scoreStates } from '../select-states.js';
import { foldFamily } from './fold-families.js';
import type { Candidate, FoldFamily, FoldRequest } from './fold-family.js';
import type { Fold } from './schedule.js';

export const foldSearchSchema = z.strictObject({
  schema_version: z.literal(1),
  fold: z.int().nonnegative(),
  states: z.int().positive(),
  model: z.json(),
  loglik: z.number().nullable(),
  parameters: z.int().nullable(),
  scaler: z.strictObject({ mean: z.array(z.number()), deviation: z.array(z.number()) }),
  /** ln P of the rows the fold speaks for under the same emissions without memory, in scaled units; null without. */
  mixture_loglik: z.number().nullable(),
});

export type FoldSearch = z.infer<typeof foldSearchSchema>;

/** What every fold of a run shares. */
export interface WalkForwardInput {
  readonly table: FeatureRows;
  /** ln(close / close of the row before), one per row; the first against the bar before it, NaN without one. */
  readonly returns: Float64Array;
}

/** Training rows of a fold, scaled by themselves. */
export function trainingRows(table: FeatureRows, fold: Fold, scaler: Scaler): Observations {
  return featureObservations(table, table.names, scaler, fold.trainFrom, fold.trainTo);
}

/**
 * A scaler of the fold's training rows alone; one that changes nothing for families whose states are given.
 */
export function scalerOf(table: FeatureRows, fold: Fold, { givenStates }: FoldFamily): Scaler {
  if (givenStates) return new Scaler(new Float64Array(1), Float64Array.of(1));
  const columns = table.names.map((name) => featureColumn(table as FeatureTable, name));
  return Scaler.fit(columns, fold.trainFrom, fold.trainTo);
}

/** The request of one fold: its own rows' log returns, and where return and volatility lie in the table. */
export function foldRequest(
  { table, returns }: WalkForwardInput,
  { trainFrom, trainTo }: Fold,
  candidate: Candidate,
  states: number,
): FoldRequest {
  const { names } = table;
  const { family: _family, states: _states, ...rest } = candidate;
  const volatilityColumn = names.indexOf('volatility');
  return {
    ...rest,
    states,
    returnColumn: Math.max(0, names.indexOf('log_ret')),
    featureNames: names,
    logReturn: knownReturns(returns.subarray(trainFrom, trainTo)),
    ...(volatilityColumn < 0 ? {} : { volatilityColumn }),
  };
}

/** A return that is not known counts as none. */
export function knownReturns(returns: Float64Array): Float64Array {
  return returns.map((value) => (Number.isFinite(value) ? value : 0));
}

/**
 * Fits one fold from fresh starts; where K is a range, it is chosen first by what later training rows say.
 * @throws TidewatchError `degenerate_data`, `too_few_rows`, `non_finite_input`, `bad_parameter`
 */
export function searchFold(input: WalkForwardInput, fold: Fold, candidate: Candidate): FoldSearch {
  const { table } = input;
  const family = foldFamily(candidate.family);
  const scaler = scalerOf(table, fold, family);
  const train = trainingRows(table, fold, scaler);
  const { states } = candidate;
  const chosen = typeof states === 'number' ? states : stateCount(family, input, fold, candidate, states);
  const request = foldRequest(input, fold, candidate, chosen);
  const best = family.fit(train, request);
  const mixture = family.withoutMemory?.(train, request, best.model);
  const applied = featureObservations(table, table.names, scaler, fold.trainTo, fold.applyTo);
  return {
    schema_version: 1,
    fold: fold.index,
    states: best.model.states,
    model: best.model.toJSON() as FoldSearch['model'],
    loglik: best.logLikelihood,
    parameters: best.parameters,
    scaler: { mean: [...scaler.mean], deviation: [...scaler.deviation] },
    mixture_loglik:
      mixture === undefined
        ? null
        : mixture.filter(
            { ...applied, lengths: new Array<number>(applied.rows).fill(1) },
            { from: 'startProbability' },
          ).logLikelihood,
  };
}

/** K by out-of-sample likelihood inside the training rows, one standard error towards fewer (HMM spec §11.1). */
function stateCount(
  family: FoldFamily,
  input: WalkForwardInput,
  fold: Fold,
  candidate: Candidate,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  if (!family.featureLikelihood) {
    throw new TidewatchError('bad_parameter', `${family.title} has no likelihood to choose its states by`, {
      hint: 'say how many states',
      details: { model: family.name },
    });
  }
  const { trainFrom, trainTo } = fold;
  const { names, columns, time, availableAt, lengths } = input.table;
  const training: FeatureRows = {
    names,
    columns: columns.map((column) => column.subarray(trainFrom, trainTo)),
    time: time.subarray(trainFrom, trainTo),
    availableAt: availableAt.subarray(trainFrom, trainTo),
    lengths: sequenceLengths(lengths, trainFrom, trainTo),
  };
  const request = foldRequest(input, fold, candidate, max);
  const scores = scoreStates(
    {
      fit(rows, { states, logReturn }) {
        const { model, logLikelihood } = family.fit(rows, { ...request, states, logReturn });
        return { model, story: { logLikelihood } };
      },
    },
    training,
    trainTo - trainFrom,
    Array.from({ length: max - min + 1 }, (_, i) => min + i),
    { ...request, settings: {} },
    true,
  );
  const { chosen } = chooseStates(scores);
  if (chosen !== undefined) return chosen;
  throw new TidewatchError(
    'degenerate_data',
    `the rows before fold ${fold.index} carry no number of states`,
    {
      hint: 'give more training rows, or ask for fewer states',
      details: { fold: fold.index },
    },
  );
}
