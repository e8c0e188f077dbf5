/** The scheduled work of the drivers (operations spec §3.3). Each is idempotent: a run without news writes nothing. */
import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import { TidewatchError } from '../../errors.js';
import { type ScheduledJob, type ScheduledResult, scheduled } from '../../platform/jobs/schedule.js';
import type { Operations } from '../operations.js';
import type { PipelineRun } from './driver-pipeline.js';

/** @param operations where the store and with it the drivers are */
export function driverJobs(operations: Operations): readonly ScheduledJob[] {
  const run = async (timeframe: RegimeTimeframe, signal: AbortSignal): Promise<ScheduledResult> => {
    // jobs run where the store is; a process that stops must not wait for a pipeline to end
    const { here } = await operations.open();
    const runs = await here!.drivers.run(timeframe, { signal });
    signal.throwIfAborted();
    return resultOf(runs);
  };
  const pipeline = (timeframe: RegimeTimeframe): ScheduledJob =>
    scheduled(`regime.${timeframe}`, (_window, { signal }) => run(timeframe, signal));
  return [
    scheduled('dominance.poll', async () => {
      const { values, repeat, lacking } = await operations.ask('drivers.poll_dominance', null);
      return { rows: Object.keys(values).length, repeat, lacking: { ...lacking } };
    }),
    pipeline('1m'),
    pipeline('1h'),
    pipeline('1d'),
    scheduled('bars.catchup', async (_window, { signal }) => {
      const { here } = await operations.open();
      const { refilled, runs } = await here!.drivers.catchUp(signal);
      signal.throwIfAborted();
      return { ...resultOf(runs), refilled: refilled.rows, refill_errors: [...refilled.failures] };
    }),
    scheduled('caps.tag', async () => ({ rows: await operations.ask('drivers.tag_tokens', null) })),
    scheduled('bucket.tracker', async () => ({ rows: await operations.ask('drivers.track_buckets', null) })),
  ];
}

/** @throws TidewatchError `items_failed` when a required driver could not be brought up to date, so that it is tried again */
function resultOf(runs: readonly PipelineRun[]): ScheduledResult {
  const errors = runs.flatMap(({ timeframe, steps }) =>
    steps.flatMap(({ step, errors: own }) =>
      own.map(({ subject, message }) => ({ timeframe, step, subject, message })),
    ),
  );
  const required = errors.find(({ subject }) => /^(BTC|ALT|SOL|ETH|BNB)(?![.\w])/.test(subject));
  if (required !== undefined) {
    const { step, subject, message } = required;
    throw new TidewatchError(
      'items_failed',
      `${errors.length} parts failed · ${step} ${subject}: ${message}`,
      {
        hint: 'the next window asks again for what is lacking',
        details: { errors },
      },
    );
  }
  return {
    rows: runs.reduce(
      (sum, { bars_written }) => sum + bars_written.reduce((more, { bars }) => more + bars, 0),
      0,
    ),
    drivers: [...new Set(runs.flatMap(({ drivers_collected }) => drivers_collected))],
    errors,
    skipped: runs.filter(({ skipped }) => skipped).map(({ timeframe }) => timeframe),
  };
}
