/**
 * A and E over history as the live process would have had them (regime spec §11; dataset `drivers_ae`): at the close of
 * each execution bar, the newest record of every channel whose bar had closed by then goes through the same `Posture`,
 * with the same rule for what is stale. No later bar is in reach.
 *
 * Known limits: a record counts from the close of its bar on, the live one a minute or two later; corrections of bars
 * are history already; people's intent and the strength of buckets are not part of it.
 */
import type { BarColumns } from '../../market/series.js';
import type { ChannelState } from './channel-deltas.js';
import { ChannelTrack } from './channel-track.js';
import { type Bucket, type Driver, driversOf, REGIME_TIMEFRAMES, type RegimeTimeframe } from './driver.js';
import { DriverTrend } from './driver-trend.js';
import { computeLevers, type Levers, Posture } from './posture.js';
import type { PostureConfig } from './posture-config.js';

export type DriverTracks = Readonly<
  Partial<Record<Driver, Readonly<Partial<Record<RegimeTimeframe, ChannelTrack>>>>>
>;

export interface PostureHistoryOptions {
  readonly bucket: Bucket;
  readonly executionTimeframe: string;
  readonly config?: PostureConfig;
}

/** One entry per moment asked for; all columns are of one length. */
export interface PostureHistory {
  /** The moments asked for, UTC ms. */
  readonly time: Float64Array;
  /** A and E after clamping, 0..1. */
  readonly a: Float64Array;
  readonly e: Float64Array;
  /** Sums of the channels before base and clamping. */
  readonly deltaA: Float64Array;
  readonly deltaE: Float64Array;
  /** Share of the absolute weights that is live, 0..1. */
  readonly coverage: Float64Array;
  /** Of fifteen. */
  readonly channelsLive: Uint8Array;
  /** 1 where a required driver is live on no timeframe, or less than half of the weight is live. */
  readonly degraded: Uint8Array;
  /** What each of the fifteen channels added, in the order of the sums. */
  readonly channelA: readonly Float64Array[];
  readonly channelE: readonly Float64Array[];
}

/**
 * States of a driver over its whole history.
 * @param stretches of closed bars, open times strictly increasing; each begins a trend anew
 */
export function trackOf(
  driver: Driver,
  timeframe: RegimeTimeframe,
  ...stretches: readonly BarColumns[]
): ChannelTrack {
  const track = new ChannelTrack(driver, timeframe);
  for (const bars of stretches) {
    new DriverTrend({ driver, timeframe, statesOnly: true }).run(bars, (record) => {
      track.push(record);
    });
  }
  return track;
}

/**
 * @param moments UTC ms, not decreasing: the closes of the execution bars
 * @param visit gets each answer with its position, for what the columns do not hold
 */
export function postureHistory(
  tracks: DriverTracks,
  moments: Float64Array,
  options: PostureHistoryOptions,
  visit?: (levers: Levers, row: number) => void,
): PostureHistory {
  const { bucket, executionTimeframe, config } = options;
  const seen = driversOf(bucket).flatMap((driver) =>
    REGIME_TIMEFRAMES.map((timeframe) => new Cursor(driver, timeframe, tracks[driver]?.[timeframe])),
  );
  const column = (): Float64Array => new Float64Array(moments.length);
  const history: PostureHistory = {
    time: Float64Array.from(moments),
    a: column(),
    e: column(),
    deltaA: column(),
    deltaE: column(),
    coverage: column(),
    channelsLive: new Uint8Array(moments.length),
    degraded: new Uint8Array(moments.length),
    channelA: seen.map(column),
    channelE: seen.map(column),
  };
  moments.forEach((asOf, row) => {
    const records: Partial<Record<Driver, Partial<Record<RegimeTimeframe, ChannelState>>>> = {};
    for (const cursor of seen) {
      const state = cursor.at(asOf);
      if (state === undefined) continue;
      const cells = records[cursor.driver];
      if (cells === undefined) records[cursor.driver] = { [cursor.timeframe]: state };
      else cells[cursor.timeframe] = state;
    }
    const posture = new Posture(records, config === undefined ? { asOf } : { asOf, config });
    const levers = computeLevers(posture, { bucket, executionTimeframe });
    const { diagnostics } = levers;
    history.a[row] = levers.A_value;
    history.e[row] = levers.E_value;
    history.deltaA[row] = diagnostics.regime_delta_a;
    history.deltaE[row] = diagnostics.regime_delta_e;
    history.coverage[row] = diagnostics.coverage;
    history.channelsLive[row] = diagnostics.channels_live;
    history.degraded[row] = diagnostics.degraded ? 1 : 0;
    diagnostics.channels.forEach((channel, at) => {
      history.channelA[at]![row] = channel.delta_a;
      history.channelE[at]![row] = channel.delta_e;
    });
    visit?.(levers, row);
  });
  return history;
}

/** The record of one channel as time goes on, made anew only when it changes. */
class Cursor {
  private row = -1;
  private state: ChannelState | undefined;

  constructor(
    readonly driver: Driver,
    readonly timeframe: RegimeTimeframe,
    private readonly track: ChannelTrack | undefined,
  ) {}

  at(moment: number): ChannelState | undefined {
    const { track } = this;
    if (track === undefined) return undefined;
    const row = track.rowAt(moment);
    if (row !== this.row) {
      this.row = row;
      this.state = row < 0 ? undefined : track.stateOf(row);
    }
    return this.state;
  }
}
