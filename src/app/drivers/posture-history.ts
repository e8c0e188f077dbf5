/**
 * A and E over the past, as somebody would have read them at the close of each bar: every channel with the newest bar
 * that had closed by then, ages judged at that time. Nothing later is looked at. Strength of buckets and intent are not
 * in it: neither is kept for the past.
 */
import {
  type BUCKETS,
  DRIVERS,
  driversOf,
  REGIME_TIMEFRAMES,
  type RegimeTimeframe,
} from '../../analysis/drivers/driver.js';
import type { ExecutionTimeframe } from '../../analysis/drivers/execution-weights.js';
import { computeLevers, Posture } from '../../analysis/drivers/posture.js';
import type { PostureConfig } from '../../analysis/drivers/posture-config.js';
import type { RegimeSeries } from '../../data/drivers/regime-series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import type { HistoryAnswer } from './driver-answers.js';
import type { DriverStates } from './driver-states.js';

export interface HistoryRequest {
  readonly bucket: (typeof BUCKETS)[number];
  readonly timeframe: ExecutionTimeframe;
  readonly step: RegimeTimeframe;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limit: number;
}

/** @param clock series whose bars say when there is a row: BTC at the step's timeframe */
export function postureHistory(
  states: DriverStates,
  clock: RegimeSeries,
  config: PostureConfig,
  { bucket, timeframe, step, from = 0, to = Number.POSITIVE_INFINITY, limit }: HistoryRequest,
): HistoryAnswer {
  const length = TIMEFRAME_MS[step];
  const { time, close } = clock.bars();
  const rows = [...time.keys()]
    .filter((row) => time[row]! + length >= from && time[row]! + length < to)
    .slice(-limit);
  const answer = {
    ts: [] as number[],
    a: [] as number[],
    e: [] as number[],
    coverage: [] as number[],
    channels_live: [] as number[],
    price: [] as (number | null)[],
  };
  for (const row of rows) {
    const asOf = time[row]! + length;
    const records = Object.fromEntries(
      driversOf(bucket).map((driver) => [
        driver,
        Object.fromEntries(
          REGIME_TIMEFRAMES.map((each) => {
            // a bar counts when it has closed by then
            const state = states.track(driver, each)?.before(asOf - TIMEFRAME_MS[each] + 1) ?? null;
            return [each, state];
          }),
        ),
      ]),
    );
    const posture = new Posture(records, { asOf, config });
    const levers = computeLevers(posture, { bucket, executionTimeframe: timeframe });
    answer.ts.push(asOf);
    answer.a.push(levers.A_value);
    answer.e.push(levers.E_value);
    answer.coverage.push(levers.diagnostics.coverage);
    answer.channels_live.push(levers.diagnostics.channels_live);
    answer.price.push(close[row]!);
  }
  const [first, last] = [answer.ts[0] ?? 0, answer.ts.at(-1) ?? 0];
  return {
    bucket,
    timeframe,
    step,
    ...answer,
    states: DRIVERS.filter((driver) => driversOf(bucket).includes(driver)).flatMap((driver) =>
      REGIME_TIMEFRAMES.map((each) => ({
        driver,
        timeframe: each,
        runs: [...(states.track(driver, each)?.stretches(first, last) ?? [])],
      })),
    ),
  };
}
