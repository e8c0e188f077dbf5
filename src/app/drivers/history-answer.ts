/**
 * A and E over the past as the API and the page tell them: the pure history (analysis/drivers/posture-history.ts) at the
 * closes of one timeframe, with the price of BTC and the stretches of states beside it.
 */
import {
  type BUCKETS,
  driversOf,
  REGIME_TIMEFRAMES,
  type RegimeTimeframe,
} from '../../analysis/drivers/driver.js';
import type { ExecutionTimeframe } from '../../analysis/drivers/execution-weights.js';
import type { PostureConfig } from '../../analysis/drivers/posture-config.js';
import { type DriverTracks, postureHistory } from '../../analysis/drivers/posture-history.js';
import type { RegimeSeries } from '../../data/drivers/regime-series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import type { HistoryAnswer } from './driver-answers.js';

export interface HistoryRequest {
  readonly bucket: (typeof BUCKETS)[number];
  readonly timeframe: ExecutionTimeframe;
  readonly step: RegimeTimeframe;
  /** Half-open range of row times, UTC ms; the newest `limit` rows of it. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limit: number;
}

/** @param clock series whose bars say when there is a row: BTC at the step's timeframe */
export function historyAnswerOf(
  tracks: DriverTracks,
  clock: RegimeSeries,
  config: PostureConfig,
  { bucket, timeframe, step, from = 0, to = Number.POSITIVE_INFINITY, limit }: HistoryRequest,
): HistoryAnswer {
  const length = TIMEFRAME_MS[step];
  const { time, close } = clock.bars();
  const rows = [...time.keys()]
    .filter((row) => time[row]! + length >= from && time[row]! + length < to)
    .slice(-limit);
  const moments = Float64Array.from(rows, (row) => time[row]! + length);
  const { a, e, coverage, channelsLive } = postureHistory(tracks, moments, {
    bucket,
    executionTimeframe: timeframe,
    config,
  });
  const [first, last] = [moments[0] ?? 0, moments.at(-1) ?? 0];
  return {
    bucket,
    timeframe,
    step,
    ts: [...moments],
    a: [...a],
    e: [...e],
    coverage: [...coverage],
    channels_live: [...channelsLive],
    price: rows.map((row) => close[row]!),
    states: driversOf(bucket).flatMap((driver) =>
      REGIME_TIMEFRAMES.map((each) => ({
        driver,
        timeframe: each,
        runs: [...(tracks[driver]?.[each]?.stretches(first, last) ?? [])],
      })),
    ),
  };
}
