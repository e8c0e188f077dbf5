/** Computations that consist of many independent items: each is prepared once per worker, then asked item by item. */
import type { Candidate } from '../../analysis/models/walk-forward/fold-family.js';
import {
  type FoldSearch,
  searchFold,
  type WalkForwardInput,
} from '../../analysis/models/walk-forward/fold-search.js';
import type { Fold } from '../../analysis/models/walk-forward/schedule.js';

export interface FoldSearchShared {
  readonly input: WalkForwardInput;
  readonly candidate: Candidate;
}

export const POOL_TASKS = {
  searchFold:
    ({ input, candidate }: FoldSearchShared) =>
    (fold: Fold): FoldSearch =>
      searchFold(input, fold, candidate),
} as const;

export type PoolTask = keyof typeof POOL_TASKS;
export type PoolShared<Name extends PoolTask> = Parameters<(typeof POOL_TASKS)[Name]>[0];
export type PoolItem<Name extends PoolTask> = Parameters<ReturnType<(typeof POOL_TASKS)[Name]>>[0];
export type PoolResult<Name extends PoolTask> = ReturnType<ReturnType<(typeof POOL_TASKS)[Name]>>;
