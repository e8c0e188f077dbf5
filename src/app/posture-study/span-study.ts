/**
 * A and E over one span of history, and what they were worth there: whole, by level, and channel by channel. The
 * posture is that of a token of one bucket at one execution timeframe, without intent and without the bucket's
 * multiplier.
 */
import type { Bucket, RegimeTimeframe } from '../../analysis/drivers/driver.js';
import {
  type DriverTracks,
  type PostureHistory,
  postureHistory,
} from '../../analysis/drivers/posture-history.js';
import { type BootstrapInterval, bootstrapIntervals } from '../../backtest/believability/block-bootstrap.js';
import type { BarColumns } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { forwardReturns, type Pair, worthOf } from './worth.js';

/** A stretch of history and what is measured on it. */
export interface SpanPlan {
  readonly name: string;
  readonly bucket: Bucket;
  readonly timeframe: RegimeTimeframe;
  /** Open times of the first and the end of the bars judged, UTC ms. */
  readonly from: number;
  readonly to: number;
  readonly tracks: DriverTracks;
  /** What is held, by name; the first is the clock. */
  readonly assets: Readonly<Record<string, BarColumns>>;
  /** Bars ahead of the rank correlations. */
  readonly horizons: readonly number[];
  /** Bars of a block of the bootstrap. */
  readonly blockLength: number;
}

export interface BootstrapPlan {
  readonly draws: number;
  readonly seed: number;
}

/** What following a signal earned on one asset, beside holding it. */
export interface SignalWorth {
  readonly asset: string;
  readonly signal: string;
  /** Mean of the signal over the span. */
  readonly mean: number;
  /** Per year of what 10 bp a change cost. */
  readonly cost: number;
  readonly gain: BootstrapInterval;
  /** By horizon, in the order of the plan. */
  readonly ranks: readonly BootstrapInterval[];
}

export interface LevelWorth {
  readonly asset: string;
  readonly signal: string;
  /** Share of the bars with the signal below 0.3, between, and from 0.7 on. */
  readonly shares: readonly number[];
  /** Mean return of the next bar there, and the difference of the outer two. */
  readonly means: readonly BootstrapInterval[];
  readonly difference: BootstrapInterval;
}

/** What the posture would be worth without one channel. */
export interface ChannelWorth {
  readonly channel: string;
  readonly live: number;
  /** Mean absolute change of A. */
  readonly size: number;
  readonly gainA: BootstrapInterval;
  /** Of what it takes from E. */
  readonly gainE: BootstrapInterval;
  /** Gain of A less that of A without the channel. */
  readonly missed: BootstrapInterval;
}

export interface SpanStudy {
  readonly name: string;
  readonly timeframe: RegimeTimeframe;
  readonly bars: number;
  readonly from: number;
  readonly to: number;
  readonly blocks: number;
  readonly horizons: readonly number[];
  /** Mean share of the weights that was live, 0..1. */
  readonly coverage: number;
  /** Share of the bars on which A or E lies at 0 or 1. */
  readonly rails: { readonly a0: number; readonly a1: number; readonly e0: number; readonly e1: number };
  /** Annual return of holding each asset, simple, not compounded. */
  readonly holding: Readonly<Record<string, number>>;
  readonly signals: readonly SignalWorth[];
  readonly levels: readonly LevelWorth[];
  /** On the last asset. */
  readonly channels: readonly ChannelWorth[];
  readonly risk: readonly {
    readonly horizon: number;
    readonly size: BootstrapInterval;
    readonly fall: BootstrapInterval;
  }[];
}

const YEAR = 365.25 * TIMEFRAME_MS['1d'];
const COST = 0.001;
const TREND_BARS = 50;
const LOW = 0.3;
const HIGH = 0.7;

const clamp01 = (value: number): number => Math.min(1, Math.max(0, value));
const meanOf = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const shareOf = (values: Float64Array, is: (value: number) => boolean): number =>
  values.filter(is).length / values.length;

export function studySpan(plan: SpanPlan, bootstrap: BootstrapPlan): SpanStudy {
  const { timeframe, tracks, bucket, horizons, blockLength } = plan;
  const length = TIMEFRAME_MS[timeframe];
  const [clock] = Object.values(plan.assets);
  const time = clock!.time.filter((ts) => ts >= plan.from && ts < plan.to);
  const moments = time.map((ts) => ts + length);
  const live = Array<number>(15).fill(0);
  const names: string[] = [];
  const history = postureHistory(tracks, moments, { bucket, executionTimeframe: timeframe }, (levers) => {
    levers.diagnostics.channels.forEach((channel, at) => {
      names[at] = `${channel.driver} ${channel.timeframe}`;
      if (channel.status === 'live') live[at]! += 1;
    });
  });
  const closes = Object.fromEntries(
    Object.entries(plan.assets).map(([name, bars]) => [name, closesAt(bars, time)]),
  );
  const options = { ...bootstrap, blockLength, rowsPerYear: YEAR / length };
  const signals = signalsOf(history, trendOf(clock!, time));
  const nextOf = (asset: string, bars = 1): Float64Array =>
    forwardReturns(time, closes[asset]!, bars, length);
  const assets = Object.keys(plan.assets);
  const last = assets.at(-1)!;
  const worth = worthOf(
    assets.flatMap((asset) =>
      Object.entries(signals).flatMap(([name, signal]): Pair[] => [
        { name: `${asset} ${name}`, kind: 'gain', signal, outcome: nextOf(asset) },
        ...horizons.map(
          (bars): Pair => ({
            name: `${asset} ${name} ${bars}`,
            kind: 'rank',
            signal,
            outcome: nextOf(asset, bars),
          }),
        ),
      ]),
    ),
    options,
  );
  return {
    name: plan.name,
    timeframe,
    bars: time.length,
    from: time[0]!,
    to: time.at(-1)!,
    blocks: Math.floor(time.length / blockLength),
    horizons,
    coverage: meanOf(history.coverage),
    rails: {
      a0: shareOf(history.a, (value) => value === 0),
      a1: shareOf(history.a, (value) => value === 1),
      e0: shareOf(history.e, (value) => value === 0),
      e1: shareOf(history.e, (value) => value === 1),
    },
    holding: Object.fromEntries(
      assets.map((asset) => [asset, meanOf(nextOf(asset).filter(Number.isFinite)) * options.rowsPerYear]),
    ),
    signals: assets.flatMap((asset) =>
      Object.entries(signals).map(([name, signal]) => ({
        asset,
        signal: name,
        mean: meanOf(signal),
        cost: COST * changeOf(signal) * options.rowsPerYear,
        gain: worth[`${asset} ${name}`]!,
        ranks: horizons.map((bars) => worth[`${asset} ${name} ${bars}`]!),
      })),
    ),
    levels: [
      levelWorth(last, 'A', history.a, nextOf(last), options),
      levelWorth(
        last,
        '1 − E',
        history.e.map((e) => 1 - e),
        nextOf(last),
        options,
      ),
    ],
    channels: channelWorth(history, names, live, nextOf(last), options),
    risk: riskOf(history.e, closes[last]!, time, length, horizons, options),
  };
}

/** What is held against what: larger is more exposure. */
function signalsOf({ a, e, deltaA }: PostureHistory, trend: Float64Array): Record<string, Float64Array> {
  return {
    A: a,
    '1 − E': e.map((value) => 1 - value),
    'A and 1 − E, mean': a.map((value, row) => (value + 1 - e[row]!) / 2),
    'A before clamping': deltaA.map((delta) => 0.5 + delta),
    [`BTC above its mean of ${TREND_BARS}`]: trend,
  };
}

/** 1 where the close is above the mean of the last bars, that one included. */
function trendOf(bars: BarColumns, time: Float64Array): Float64Array {
  const rowOf = new Map(Array.from(bars.time, (ts, row) => [ts, row]));
  return time.map((ts) => {
    const row = rowOf.get(ts)!;
    const window = bars.close.subarray(Math.max(0, row - TREND_BARS + 1), row + 1);
    return bars.close[row]! > meanOf(window) ? 1 : 0;
  });
}

function closesAt(bars: BarColumns, time: Float64Array): Float64Array {
  const rowOf = new Map(Array.from(bars.time, (ts, row) => [ts, row]));
  return time.map((ts) => {
    const row = rowOf.get(ts);
    return row === undefined ? Number.NaN : bars.close[row]!;
  });
}

function changeOf(signal: Float64Array): number {
  let sum = 0;
  for (let row = 1; row < signal.length; row++) sum += Math.abs(signal[row]! - signal[row - 1]!);
  return sum / (signal.length - 1);
}

interface Options extends BootstrapPlan {
  readonly blockLength: number;
  readonly rowsPerYear: number;
}

function levelWorth(
  asset: string,
  name: string,
  signal: Float64Array,
  next: Float64Array,
  { draws, seed, blockLength }: Options,
): LevelWorth {
  const level = Uint8Array.from(signal, (value) => (value < LOW ? 0 : value < HIGH ? 1 : 2));
  const intervals = bootstrapIntervals(
    signal.length,
    (positions) => {
      const sums = [0, 0, 0];
      const counts = [0, 0, 0];
      for (const row of positions) {
        const r = next[row]!;
        if (!Number.isFinite(r)) continue;
        sums[level[row]!]! += r;
        counts[level[row]!]! += 1;
      }
      const means = sums.map((sum, at) => (counts[at] === 0 ? Number.NaN : sum / counts[at]!));
      return { low: means[0]!, middle: means[1]!, high: means[2]!, difference: means[2]! - means[0]! };
    },
    { method: 'circular', blockLength, draws, seed, level: 0.95 },
  );
  return {
    asset,
    signal: name,
    shares: [0, 1, 2].map((at) => level.filter((value) => value === at).length / level.length),
    means: [intervals.low!, intervals.middle!, intervals.high!],
    difference: intervals.difference!,
  };
}

function channelWorth(
  history: PostureHistory,
  names: readonly string[],
  live: readonly number[],
  next: Float64Array,
  options: Options,
): ChannelWorth[] {
  const spoken = names.map((_, at) => at).filter((at) => live[at]! > 0);
  const pairs = spoken.flatMap((at): Pair[] => {
    const a = history.channelA[at]!;
    // nothing but the sum is clamped, so A without a channel needs no second run
    const missed = history.a.map((value, row) => value - clamp01(0.5 + history.deltaA[row]! - a[row]!));
    return [
      { name: `${at} a`, kind: 'gain', signal: a, outcome: next },
      { name: `${at} e`, kind: 'gain', signal: history.channelE[at]!.map((e) => -e), outcome: next },
      { name: `${at} missed`, kind: 'gain', signal: missed, outcome: next },
    ];
  });
  const worth = worthOf(pairs, options);
  return spoken.map((at) => ({
    channel: names[at]!,
    live: live[at]! / next.length,
    size: meanOf(history.channelA[at]!.map(Math.abs)),
    gainA: worth[`${at} a`]!,
    gainE: worth[`${at} e`]!,
    missed: worth[`${at} missed`]!,
  }));
}

/** Does E tell of danger: rank correlations with the size of the move ahead and with the deepest fall on the way. */
function riskOf(
  e: Float64Array,
  close: Float64Array,
  time: Float64Array,
  length: number,
  horizons: readonly number[],
  options: Options,
): SpanStudy['risk'] {
  const pairs = horizons.flatMap((bars): Pair[] => {
    const size = forwardReturns(time, close, bars, length).map(Math.abs);
    const fall = close.map((now, row) => {
      if (!Number.isFinite(size[row]!)) return Number.NaN;
      let low = now;
      for (let at = row + 1; at <= row + bars; at++) low = Math.min(low, close[at]!);
      return 1 - low / now;
    });
    return [
      { name: `${bars} size`, kind: 'rank', signal: e, outcome: size },
      { name: `${bars} fall`, kind: 'rank', signal: e, outcome: fall },
    ];
  });
  const worth = worthOf(pairs, options);
  return horizons.map((horizon) => ({
    horizon,
    size: worth[`${horizon} size`]!,
    fall: worth[`${horizon} fall`]!,
  }));
}
