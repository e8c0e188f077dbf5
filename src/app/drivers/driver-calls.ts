/** What can be asked of the drivers of a home, from this process or from another one (operation-calls.ts). */
import { z } from 'zod';
import { REGIME_TIMEFRAMES } from '../../analysis/drivers/driver.js';
import { EXECUTION_TIMEFRAMES } from '../../analysis/drivers/execution-weights.js';
import type { BackfillReport } from '../../data/drivers/backfill-drivers.js';
import type { DominancePoll } from '../../data/drivers/dominance-poll.js';
import type { RefilledTokens } from '../../data/drivers/refill-tokens.js';
import type { Calls } from '../../platform/command-socket.js';
import {
  type DriversAnswer,
  type DriversHealth,
  driversQuery,
  type HistoryAnswer,
  historyQuery,
  type PostureAnswer,
  postureQuery,
  type VerifyAnswer,
  whatIfBody,
} from './driver-answers.js';
import type { PipelineRun } from './driver-pipeline.js';
import type { Drivers } from './drivers.js';

const runInput = z.strictObject({
  timeframe: z.enum([...REGIME_TIMEFRAMES, 'all']),
  prices: z.boolean().optional(),
  ta: z.boolean().optional(),
  uptrend: z.boolean().optional(),
});
const backfillInput = z.strictObject({ days: z.int().min(1).max(3650).nullable() });
const summaryInput = driversQuery.extend({ timeframe: z.enum(EXECUTION_TIMEFRAMES).default('1h') });

export function driverCalls(drivers: Drivers) {
  return {
    'drivers.run': async (given: unknown): Promise<readonly PipelineRun[]> => {
      const { timeframe, ...options } = runInput.parse(given);
      return drivers.run(timeframe, options);
    },
    'drivers.backfill': async (
      given: unknown,
    ): Promise<{ readonly fetched: BackfillReport; readonly runs: readonly PipelineRun[] }> =>
      drivers.backfill({ days: backfillInput.parse(given).days ?? undefined }),
    'drivers.catch_up': async (): Promise<{
      readonly refilled: RefilledTokens;
      readonly runs: readonly PipelineRun[];
    }> => drivers.catchUp(),
    'drivers.summary': async (given: unknown): Promise<DriversAnswer> => {
      const { timeframe, book } = summaryInput.parse(given);
      return drivers.summary(timeframe, book);
    },
    'drivers.levers': async (given: unknown): Promise<PostureAnswer> =>
      drivers.levers(postureQuery.parse(given)),
    'drivers.what_if': async (
      given: unknown,
    ): Promise<{ readonly before: PostureAnswer; readonly after: PostureAnswer }> =>
      drivers.whatIf(whatIfBody.parse(given)),
    'drivers.history': async (given: unknown): Promise<HistoryAnswer> =>
      drivers.history(historyQuery.parse(given)),
    'drivers.health': async (): Promise<DriversHealth> => drivers.health(),
    'drivers.verify': async (): Promise<VerifyAnswer> => drivers.verify(),
    'drivers.poll_dominance': async (): Promise<DominancePoll> => drivers.pollDominance(),
    'drivers.tag_tokens': async (): Promise<number> => drivers.tagTokens(),
    'drivers.track_buckets': async (): Promise<number> => drivers.trackBuckets(),
  } satisfies Calls;
}

export const DRIVER_CALLS = [
  'drivers.run',
  'drivers.backfill',
  'drivers.catch_up',
  'drivers.summary',
  'drivers.levers',
  'drivers.what_if',
  'drivers.history',
  'drivers.health',
  'drivers.verify',
  'drivers.poll_dominance',
  'drivers.tag_tokens',
  'drivers.track_buckets',
] as const satisfies readonly (keyof ReturnType<typeof driverCalls>)[];
