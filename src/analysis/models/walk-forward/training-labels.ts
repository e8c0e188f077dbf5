/** Names of a model's states by the rows it was trained on, whatever comes later. */
import { sequenceLengths } from '../feature-observations.js';
import { labelStates } from '../labels.js';
import { stateStatistics } from '../state-statistics.js';
import { knownReturns, type WalkForwardInput } from './fold-search.js';
import type { Fold } from './schedule.js';

/** Labels of a model's states by the mean return of its training rows. */
export function trainingLabels(
  { table, returns }: WalkForwardInput,
  { trainFrom, trainTo }: Fold,
  path: Uint8Array,
  states: number,
): string[] {
  const logReturn = knownReturns(returns.subarray(trainFrom, trainTo));
  const statistics = stateStatistics({
    states,
    path,
    filteredPath: path,
    logReturn,
    others: {},
    lengths: sequenceLengths(table.lengths, trainFrom, trainTo),
    barsPerYear: 1,
  });
  return labelStates(statistics);
}
