/**
 * The study of docs/studies/posture.md: A and E recomputed over the sample data, what they and each channel were worth,
 * what the demotion S2 → S1 was followed by, and what ten-minute steps do to dominance at one minute.
 */

import { channelDelta, isUptrendState } from '../../analysis/drivers/channel-deltas.js';
import type { ChannelTrack } from '../../analysis/drivers/channel-track.js';
import { CompositeBuilder } from '../../analysis/drivers/composite-columns.js';
import { dominanceMinutes } from '../../analysis/drivers/dominance.js';
import { DEFAULT_POSTURE, postureConfig } from '../../analysis/drivers/posture-config.js';
import { type DriverTracks, postureHistory, trackOf } from '../../analysis/drivers/posture-history.js';
import { type BootstrapInterval, bootstrapIntervals } from '../../backtest/believability/block-bootstrap.js';
import type { BarColumns } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { SampleBars } from './sample-bars.js';
import {
  type DominancePaths,
  minutesOf,
  PROVIDER_MS,
  polledSamples,
  simulateDominance,
} from './simulated-dominance.js';
import { type BootstrapPlan, type SpanStudy, studySpan } from './span-study.js';
import {
  dailyDrivers,
  perpetualHours,
  perpetualMinutes,
  type SpanDrivers,
  spotHours,
} from './study-drivers.js';
import { forwardReturns } from './worth.js';

export interface PostureStudyRequest extends BootstrapPlan {
  /** As data/sample of the repository. */
  readonly folder: string;
  readonly signal?: AbortSignal;
}

/** What followed the bars on which a driver entered S1. */
export interface S1Entries {
  readonly series: string;
  readonly from: 'S0' | 'S2';
  readonly count: number;
  /** Mean return over ten bars less the mean over all bars. */
  readonly excess: BootstrapInterval | null;
}

/** States told minute by minute beside those told in steps of the timeframe. */
export interface StepsStudy {
  readonly driver: string;
  /** Changes of state per day. */
  readonly changesPath: number;
  readonly changesSteps: number;
  /** Pulses of a transition into S0 per day. */
  readonly pulsesPath: number;
  readonly pulsesSteps: number;
  /** Share of minutes with a buy or trim flag. */
  readonly flagsPath: number;
  readonly flagsSteps: number;
  /** Share of minutes on which both are in the same state; least and most over the ten clocks of the provider. */
  readonly agreement: readonly [least: number, most: number];
  /** Correlation of what both add to A. */
  readonly correlation: number;
}

/** Everything that the study's page shows; `draws` and `seed` are those of its bootstrap. */
export interface PostureStudy {
  readonly draws: number;
  readonly seed: number;
  readonly spans: readonly SpanStudy[];
  readonly s1: readonly S1Entries[];
  readonly steps: readonly StepsStudy[];
  /** Mean absolute change of A and E at execution 1m, path and steps, and what the steps add to turnover. */
  readonly stepsOnA: {
    readonly size: number;
    readonly error: number;
    readonly turnoverWithout: number;
    readonly turnoverPath: number;
    readonly turnoverSteps: number;
  };
}

const DAY = TIMEFRAME_MS['1d'];
const HOUR = TIMEFRAME_MS['1h'];
/** Thirty days after the first dominance there is. */
const DAYS_FROM = Date.UTC(2022, 11, 16);
const DAYS_TO = Date.UTC(2024, 11, 6);
const HOURS_FROM = Date.UTC(2022, 10, 16);
const HOURS_TO = Date.UTC(2024, 4, 8, 6);
/** 333 bars and more after the first perpetual. */
const LATER_FROM = Date.UTC(2024, 10, 7);
const LATER_TO = Date.UTC(2025, 9, 23);
/** The window of the technical record after the first minute. */
const MINUTES_FROM = Date.UTC(2025, 4, 5, 9);
const MINUTES_TO = Date.UTC(2025, 5, 3, 15);

/** @throws TidewatchError what reading the files throws */
export async function studyPosture(
  { folder, draws, seed, signal }: PostureStudyRequest,
  onProgress: (done: number, total: number, what: string) => void = () => undefined,
): Promise<PostureStudy> {
  const bootstrap = { draws, seed };
  const sample = new SampleBars(folder);
  try {
    onProgress(0, 6, 'states');
    const days = await dailyDrivers(sample);
    const spot = await spotHours(sample);
    const later = await perpetualHours(sample);
    const minutes = await perpetualMinutes(sample);
    const dominance = await sample.dominance();
    const daily = {
      BTC: { '1d': trackOf('BTC', '1d', days.btc) },
      ALT: { '1d': trackOf('ALT', '1d', days.alt) },
      big: { '1d': trackOf('big', '1d', days.big) },
      'BTC.d': { '1d': trackOf('BTC.d', '1d', days.btcDominance) },
      'USDT.d': { '1d': trackOf('USDT.d', '1d', days.usdtDominance) },
    } satisfies DriverTracks;
    const withHours = ({ btc, alt }: SpanDrivers) => ({
      ...daily,
      BTC: { ...daily.BTC, '1h': trackOf('BTC', '1h', btc) },
      ALT: { ...daily.ALT, '1h': trackOf('ALT', '1h', alt) },
    });
    const early = withHours(spot);
    const late = withHours(later);
    const spans: SpanStudy[] = [];
    const plans = [
      {
        name: 'days 2022-12 to 2024-12',
        timeframe: '1d' as const,
        from: DAYS_FROM,
        to: DAYS_TO,
        tracks: early,
        assets: { BTC: days.btc, ALT: days.alt, big: days.big },
        horizons: [1, 5, 20],
        blockLength: 40,
      },
      {
        name: 'hours 2022-11 to 2024-05',
        timeframe: '1h' as const,
        from: HOURS_FROM,
        to: HOURS_TO,
        tracks: early,
        assets: { BTC: spot.btc, ALT: spot.alt },
        horizons: [1, 24, 168],
        blockLength: 21 * 24,
      },
      {
        name: 'hours 2024-11 to 2025-10',
        timeframe: '1h' as const,
        from: LATER_FROM,
        to: LATER_TO,
        tracks: late,
        assets: { BTC: later.btc, ALT: later.alt },
        horizons: [1, 24, 168],
        blockLength: 21 * 24,
      },
      {
        name: 'minutes 2025-05 to 2025-06',
        timeframe: '1m' as const,
        from: MINUTES_FROM,
        to: MINUTES_TO,
        tracks: {
          ...late,
          BTC: { ...late.BTC, '1m': trackOf('BTC', '1m', minutes.btc) },
          ALT: { ...late.ALT, '1m': trackOf('ALT', '1m', minutes.alt) },
        },
        assets: { BTC: minutes.btc, ALT: minutes.alt },
        horizons: [1, 60, 1440],
        blockLength: 1440,
      },
    ];
    for (const [at, plan] of plans.entries()) {
      signal?.throwIfAborted();
      onProgress(at + 1, 6, plan.name);
      spans.push(studySpan({ ...plan, bucket: 'big' }, bootstrap));
    }
    onProgress(5, 6, 'dominance in steps');
    const paths = simulateDominance(minutes, dominance);
    return {
      ...bootstrap,
      spans,
      s1: [
        ...s1Entries('BTC 1d', early.BTC['1d'], days.btc, DAY, bootstrap),
        ...s1Entries('ALT 1d', early.ALT['1d'], days.alt, DAY, bootstrap),
        ...s1Entries('big 1d', early.big['1d'], days.big, DAY, bootstrap),
        ...s1Entries('BTC 1h', early.BTC['1h'], spot.btc, HOUR, bootstrap),
        ...s1Entries('ALT 1h', early.ALT['1h'], spot.alt, HOUR, bootstrap),
      ],
      steps: [stepsOf('BTC.d', paths, paths.btc), stepsOf('USDT.d', paths, paths.usdt)],
      stepsOnA: stepsOnA(plans[3]!.tracks, paths),
    };
  } finally {
    await sample.close();
  }
}

const AFTER_BARS = 10;

/** All history of the series, mature bars only: entries are rare. */
function s1Entries(
  series: string,
  track: ChannelTrack,
  { time, close }: BarColumns,
  length: number,
  { draws, seed }: BootstrapPlan,
): S1Entries[] {
  const ahead = forwardReturns(time, close, AFTER_BARS, length);
  const usual = ahead.filter(Number.isFinite);
  const mean = usual.reduce((sum, value) => sum + value, 0) / usual.length;
  const rowOf = new Map(Array.from(time, (ts, row) => [ts, row]));
  return (['S0', 'S2'] as const).map((from) => {
    const excess: number[] = [];
    for (let row = 0; row < track.length; row++) {
      const { state, prev_state, ts, warm } = track.stateOf(row);
      if (state !== 'S1' || prev_state !== from || !warm) continue;
      const value = ahead[rowOf.get(ts!)!]! - mean;
      if (Number.isFinite(value)) excess.push(value);
    }
    return {
      series,
      from,
      count: excess.length,
      excess:
        excess.length < 2
          ? null
          : bootstrapIntervals(
              excess.length,
              (positions) => ({
                mean: positions.reduce((sum, at) => sum + excess[at]!, 0) / positions.length,
              }),
              { method: 'circular', blockLength: 1, draws, seed, level: 0.95 },
            ).mean!,
    };
  });
}

type DominanceName = 'BTC.d' | 'USDT.d';

function steppedTrack(driver: DominanceName, paths: DominancePaths, value: Float64Array, offset: number) {
  const samples = polledSamples(paths, value, offset);
  const out = new CompositeBuilder();
  const end = paths.time.at(-1)! + TIMEFRAME_MS['1m'];
  for (const bar of dominanceMinutes(samples, samples[0]!.ts, end)) {
    out.push(bar.ts, bar.open, bar.high, bar.low, bar.close, 0, 1);
  }
  return trackOf(driver, '1m', out.columns());
}

interface Counted {
  readonly changes: number;
  readonly pulses: number;
  readonly flags: number;
}

/** Per day, from the given minute on. */
function count(track: ChannelTrack, from: number): Counted {
  let changes = 0;
  let pulses = 0;
  let flags = 0;
  let bars = 0;
  for (let row = 0; row < track.length; row++) {
    const record = track.stateOf(row);
    if (record.ts! < from) continue;
    bars += 1;
    if (record.state !== record.prev_state) {
      changes += 1;
      if (record.state === 'S0') pulses += 1;
    }
    if (record.buy_flag || record.buy_signal || record.trim_flag) flags += 1;
  }
  const daily = DAY / TIMEFRAME_MS['1m'] / bars;
  return { changes: changes * daily, pulses: pulses * daily, flags: flags / bars };
}

const CLOCKS = Array.from({ length: 10 }, (_, minute) => (minute * PROVIDER_MS) / 10);

function stepsOf(driver: DominanceName, paths: DominancePaths, value: Float64Array): StepsStudy {
  const path = trackOf(driver, '1m', minutesOf(paths, value));
  const stepped = CLOCKS.map((offset) => steppedTrack(driver, paths, value, offset));
  const counted = stepped.map((track) => count(track, MINUTES_FROM));
  const mean = (of: (one: Counted) => number): number =>
    counted.reduce((sum, one) => sum + of(one), 0) / counted.length;
  const moments = paths.time.filter((ts) => ts >= MINUTES_FROM).map((ts) => ts + TIMEFRAME_MS['1m']);
  const added = (track: ChannelTrack): { state: string[]; delta: Float64Array } => {
    const state: string[] = [];
    const delta = new Float64Array(moments.length);
    moments.forEach((moment, row) => {
      const record = track.stateOf(track.rowAt(moment));
      state.push(record.state!);
      if (isUptrendState(record.state)) {
        delta[row] = channelDelta({ ...record, state: record.state }, DEFAULT_POSTURE)[0];
      }
    });
    return { state, delta };
  };
  const own = added(path);
  const others = stepped.map(added);
  const same = others.map(
    ({ state }) => state.filter((each, row) => each === own.state[row]).length / state.length,
  );
  const counts = count(path, MINUTES_FROM);
  return {
    driver,
    changesPath: counts.changes,
    changesSteps: mean(({ changes }) => changes),
    pulsesPath: counts.pulses,
    pulsesSteps: mean(({ pulses }) => pulses),
    flagsPath: counts.flags,
    flagsSteps: mean(({ flags }) => flags),
    agreement: [Math.min(...same), Math.max(...same)],
    correlation: others.reduce((sum, { delta }) => sum + correlation(own.delta, delta), 0) / others.length,
  };
}

function correlation(x: Float64Array, y: Float64Array): number {
  const mean = (values: Float64Array): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  let xy = 0;
  let xx = 0;
  let yy = 0;
  x.forEach((value, row) => {
    xy += (value - mx) * (y[row]! - my);
    xx += (value - mx) ** 2;
    yy += (y[row]! - my) ** 2;
  });
  return xy / Math.sqrt(xx * yy);
}

/** A at execution 1m with the simulated channels as path, as steps, and left out. */
function stepsOnA(tracks: DriverTracks, paths: DominancePaths): PostureStudy['stepsOnA'] {
  const moments = paths.time
    .filter((ts) => ts >= MINUTES_FROM && ts < MINUTES_TO)
    .map((ts) => ts + TIMEFRAME_MS['1m']);
  const withDominance = (btc: ChannelTrack, usdt: ChannelTrack): DriverTracks => ({
    ...tracks,
    'BTC.d': { ...tracks['BTC.d'], '1m': btc },
    'USDT.d': { ...tracks['USDT.d'], '1m': usdt },
  });
  const path = withDominance(
    trackOf('BTC.d', '1m', minutesOf(paths, paths.btc)),
    trackOf('USDT.d', '1m', minutesOf(paths, paths.usdt)),
  );
  const steps = withDominance(
    steppedTrack('BTC.d', paths, paths.btc, 0),
    steppedTrack('USDT.d', paths, paths.usdt, 0),
  );
  const silent = postureConfig({ channel_weights: { 'BTC.d': { '1m': 0 }, 'USDT.d': { '1m': 0 } } });
  const of = (each: DriverTracks, config = postureConfig()) =>
    postureHistory(each, moments, { bucket: 'big', executionTimeframe: '1m', config }).a;
  const [without, byPath, bySteps] = [of(path, silent), of(path), of(steps)];
  const distance = (x: Float64Array, y: Float64Array): number =>
    x.reduce((sum, value, row) => sum + Math.abs(value - y[row]!), 0) / x.length;
  const turnover = (a: Float64Array): number =>
    (distance(a.subarray(1), a.subarray(0, -1)) * DAY) / TIMEFRAME_MS['1m'];
  return {
    size: distance(byPath, without),
    error: distance(byPath, bySteps),
    turnoverWithout: turnover(without),
    turnoverPath: turnover(byPath),
    turnoverSteps: turnover(bySteps),
  };
}
