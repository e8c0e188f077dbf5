/**
 * Twenty-four driver records become two numbers per token (regime spec §11): A, how willing to add, and E, how willing to
 * leave, both in [0,1], 0.5 neutral.
 *
 * A `Posture` is one consistent reading of the records, shared by all tokens of a tick. What the market says depends
 * only on the token's bucket and its execution timeframe, so those sums and the list of the fifteen channels behind
 * them are made once for each of the 4 × 6 combinations and shared by every answer (they are frozen); per token there
 * remain intent, clamping and the bucket's multiplier.
 *
 * Order: 0.5, plus raw × weight of each live channel, plus intent clamped to ±0.4, clamped to [0,1]; then the bucket's
 * multiplier m, A·m and E/max(m, 0.2), clamped again. Channels that are missing, invalid or stale give exactly nothing;
 * weights are not renormalised, so little knowledge means little posture. Without any record both are 0.5 plus intent.
 */
import { barClose } from '../../market/timeframe.js';
import type { UptrendState } from '../uptrend/payload.js';
import { type BucketContext, type BucketVerdict, bucketVerdict } from './bucket-multiplier.js';
import { type ChannelState, channelDelta, isUptrendState } from './channel-deltas.js';
import {
  BASE_TIMEFRAME_WEIGHT,
  type Bucket,
  DRIVER_DEFINITIONS,
  type Driver,
  driversOf,
  REGIME_TIMEFRAMES,
  type RegimeTimeframe,
} from './driver.js';
import { type ExecutionTimeframe, executionRow } from './execution-weights.js';
import {
  capIntent,
  type IntentMetrics,
  intentDeltaA,
  intentDeltaE,
  type UsedIntent,
  usedIntent,
} from './intent.js';
import { bucketNamed } from './market-cap-labels.js';
import { channelWeight, DEFAULT_POSTURE, type PostureConfig } from './posture-config.js';

export type DriverRecords = Readonly<
  Partial<Record<Driver, Readonly<Partial<Record<RegimeTimeframe, ChannelState | null>>>>>
>;

/** `immature` only where the configuration asks for mature states. */
export type ChannelStatus = 'live' | 'stale' | 'immature' | 'invalid' | 'missing';

/** What one driver on one timeframe adds to a posture; 0 unless `live`. */
export interface Channel {
  readonly driver: Driver;
  readonly timeframe: RegimeTimeframe;
  readonly status: ChannelStatus;
  readonly state: UptrendState | null;
  /** Open of the evaluated bar, UTC ms. */
  readonly bar_ts: number | null;
  /** Changes of A and E by the state's table, before the weight. */
  readonly raw_delta_a: number;
  readonly raw_delta_e: number;
  /** Driver × timeframe × execution weight, with the regime's strength; signed. */
  readonly weight: number;
  /** Raw × weight. */
  readonly delta_a: number;
  readonly delta_e: number;
}

export interface PostureOptions {
  /** The time at which ages are judged, UTC ms; left out: none is. */
  readonly asOf?: number;
  readonly config?: PostureConfig;
  /** Strength of the buckets; without it no bucket has a multiplier. */
  readonly bucketContext?: BucketContext | null;
}

export interface PostureToken {
  /** Bucket or tier word; anything else reads the `small` driver and has no multiplier. */
  readonly bucket: string | null;
  /** Timeframe that decisions are executed on; unknown ones weigh like 1h. */
  readonly executionTimeframe: string;
  readonly intent?: IntentMetrics | null;
  /** Given changes of A and E in place of the metrics, capped here. */
  readonly intentDelta?: { readonly a: number; readonly e: number } | null;
}

/** A posture of one token with everything that it was made of. Names are those of the stored document. */
export interface Levers {
  /** How willing to add and how willing to leave, 0..1, 0.5 neutral. */
  readonly A_value: number;
  readonly E_value: number;
  /** 0.10 + 0.50·A; tells, and sizes nothing. */
  readonly position_size_frac: number;
  readonly diagnostics: {
    /** Intent after the cap. */
    readonly dA: number;
    readonly dE: number;
    readonly intent_components: UsedIntent;
    readonly components: {
      /** With intent, clamped, before the bucket's multiplier. */
      readonly regime: { readonly a_regime: number; readonly e_regime: number };
      readonly bucket: { readonly multiplier: number };
    };
    readonly bucket: BucketVerdict;
    readonly position_sizing: { readonly continuous_frac: number };
    readonly bucket_driver: Bucket;
    /** The name told no bucket, so the driver is the documented default. */
    readonly bucket_defaulted: boolean;
    readonly execution_timeframe: ExecutionTimeframe;
    /** Sums over the channels before base, intent and clamping. */
    readonly regime_delta_a: number;
    readonly regime_delta_e: number;
    readonly channels: readonly Channel[];
    readonly channels_live: number;
    /** Share of the absolute weights that is live. */
    readonly coverage: number;
    /** A required driver is live on no timeframe, or less than half of the weight is live. */
    readonly degraded: boolean;
    /** UTC ms. */
    readonly as_of: number | null;
  };
}

const NEUTRAL = 0.5;
const DEFAULT_BUCKET: Bucket = 'small';
const LEAST_COVERAGE = 0.5;
const LEAST_DIVISOR = 0.2;
const MINUTE = 60_000;
const NO_INTENT = Object.freeze(usedIntent({}));

/** What one bucket driver and execution timeframe make of the records. */
interface RegimeView {
  readonly bucket: Bucket;
  readonly execution: ExecutionTimeframe;
  readonly channels: readonly Channel[];
  readonly deltaA: number;
  readonly deltaE: number;
  readonly live: number;
  readonly coverage: number;
  readonly degraded: boolean;
}

const clamp01 = (value: number): number => Math.min(1, Math.max(0, value));

interface Reading {
  readonly status: ChannelStatus;
  readonly state: UptrendState | null;
  readonly barTs: number | null;
  readonly rawA: number;
  readonly rawE: number;
}

export class Posture {
  readonly asOf: number | null;
  readonly config: PostureConfig;
  readonly bucketContext: BucketContext | null;
  private readonly readings = new Map<string, Reading>();
  private readonly views: Readonly<Record<Bucket, Map<string, RegimeView>>> = {
    nano: new Map(),
    small: new Map(),
    mid: new Map(),
    big: new Map(),
  };
  private readonly verdicts = new Map<string | null, BucketVerdict>();

  /** @param records null when they could not be read: the same as none */
  constructor(
    private readonly records: DriverRecords | null,
    options: PostureOptions = {},
  ) {
    this.asOf = options.asOf ?? null;
    this.config = options.config ?? DEFAULT_POSTURE;
    this.bucketContext = options.bucketContext ?? null;
  }

  /** Fifteen channels of a bucket at an execution timeframe, in the order of their sums. */
  channels(bucket: string | null, executionTimeframe: string): readonly Channel[] {
    return this.view(bucketNamed(bucket) ?? DEFAULT_BUCKET, executionTimeframe).channels;
  }

  /** @internal Made on the first call for a combination. */
  view(bucket: Bucket, executionTimeframe: string): RegimeView {
    const known = this.views[bucket].get(executionTimeframe);
    if (known !== undefined) return known;
    // any text may come as a timeframe; only those that exist are remembered
    const { execution, multipliers } = executionRow(executionTimeframe);
    const view = this.views[bucket].get(execution) ?? this.makeView(bucket, execution, multipliers);
    this.views[bucket].set(execution, view);
    return view;
  }

  /** @internal */
  verdict(bucket: string | null): BucketVerdict {
    const name = bucketNamed(bucket) ?? null;
    let verdict = this.verdicts.get(name);
    if (verdict === undefined) {
      verdict = Object.freeze(
        bucketVerdict(name, this.bucketContext, this.config.bucket_ordering, this.asOf),
      );
      this.verdicts.set(name, verdict);
    }
    return verdict;
  }

  private makeView(
    bucket: Bucket,
    execution: ExecutionTimeframe,
    multipliers: Readonly<Record<RegimeTimeframe, number>>,
  ): RegimeView {
    const { config } = this;
    const channels: Channel[] = [];
    let deltaA = 0;
    let deltaE = 0;
    let live = 0;
    let liveWeight = 0;
    let allWeight = 0;
    let missesRequired = false;
    for (const driver of driversOf(bucket)) {
      let driverLive = 0;
      for (const timeframe of REGIME_TIMEFRAMES) {
        const reading = this.reading(driver, timeframe);
        const isLive = reading.status === 'live';
        const base = config.tf_weighting === 'product' ? BASE_TIMEFRAME_WEIGHT[timeframe] : 1;
        const own = channelWeight(config, driver, timeframe) ?? DRIVER_DEFINITIONS[driver].weight;
        const unscaled = own * base * multipliers[timeframe];
        const weight = unscaled * config.regime_strength;
        // a product of 0 may be −0, which nobody wants to read
        const a = isLive ? reading.rawA * weight + 0 : 0;
        const e = isLive ? reading.rawE * weight + 0 : 0;
        deltaA += a;
        deltaE += e;
        allWeight += Math.abs(unscaled);
        if (isLive) {
          driverLive += 1;
          liveWeight += Math.abs(unscaled);
        }
        channels.push(
          Object.freeze({
            driver,
            timeframe,
            status: reading.status,
            state: reading.state,
            bar_ts: reading.barTs,
            raw_delta_a: reading.rawA,
            raw_delta_e: reading.rawE,
            weight,
            delta_a: a,
            delta_e: e,
          }),
        );
      }
      live += driverLive;
      if (DRIVER_DEFINITIONS[driver].required && driverLive === 0) missesRequired = true;
    }
    const coverage = allWeight === 0 ? 0 : liveWeight / allWeight;
    return {
      bucket,
      execution,
      channels: Object.freeze(channels),
      deltaA,
      deltaE,
      live,
      coverage,
      degraded: missesRequired || coverage < LEAST_COVERAGE,
    };
  }

  private reading(driver: Driver, timeframe: RegimeTimeframe): Reading {
    const key = `${driver} ${timeframe}`;
    let reading = this.readings.get(key);
    if (reading === undefined) {
      reading = this.read(this.records?.[driver]?.[timeframe], timeframe);
      this.readings.set(key, reading);
    }
    return reading;
  }

  private read(record: ChannelState | null | undefined, timeframe: RegimeTimeframe): Reading {
    if (record == null) return { status: 'missing', state: null, barTs: null, rawA: 0, rawE: 0 };
    const { state, ts: barTs } = record;
    if (!isUptrendState(state)) return { status: 'invalid', state: null, barTs, rawA: 0, rawE: 0 };
    if (this.isStale(barTs, timeframe)) return { status: 'stale', state, barTs, rawA: 0, rawE: 0 };
    if (this.config.require_mature && record.warm === false) {
      return { status: 'immature', state, barTs, rawA: 0, rawE: 0 };
    }
    const [rawA, rawE] = channelDelta({ ...record, state }, this.config);
    return { status: 'live', state, barTs, rawA, rawE };
  }

  private isStale(barTs: number | null, timeframe: RegimeTimeframe): boolean {
    if (this.asOf === null || barTs === null) return false;
    return this.asOf - barClose(barTs, timeframe) > this.config.stale_minutes[timeframe] * MINUTE;
  }
}

/** A and E of a token with everything that made them; never throws. */
export function computeLevers(posture: Posture, token: PostureToken): Levers {
  const named = bucketNamed(token.bucket);
  const view = posture.view(named ?? DEFAULT_BUCKET, token.executionTimeframe);
  const verdict = posture.verdict(named ?? null);
  const used = token.intent == null ? NO_INTENT : usedIntent(token.intent);
  const given = token.intentDelta;
  const dA = given == null ? (used === NO_INTENT ? 0 : intentDeltaA(used)) : capIntent(given.a);
  const dE = given == null ? (used === NO_INTENT ? 0 : intentDeltaE(used)) : capIntent(given.e);
  const aRegime = clamp01(NEUTRAL + view.deltaA + dA);
  const eRegime = clamp01(NEUTRAL + view.deltaE + dE);
  const { multiplier } = verdict;
  const A = clamp01(aRegime * multiplier);
  const E = clamp01(eRegime / Math.max(multiplier, LEAST_DIVISOR));
  const size = 0.1 + 0.5 * A;
  return {
    A_value: A,
    E_value: E,
    position_size_frac: size,
    diagnostics: {
      dA,
      dE,
      intent_components: used,
      components: { regime: { a_regime: aRegime, e_regime: eRegime }, bucket: { multiplier } },
      bucket: verdict,
      position_sizing: { continuous_frac: size },
      bucket_driver: view.bucket,
      bucket_defaulted: named === undefined,
      execution_timeframe: view.execution,
      regime_delta_a: view.deltaA,
      regime_delta_e: view.deltaE,
      channels: view.channels,
      channels_live: view.live,
      coverage: view.coverage,
      degraded: view.degraded,
      as_of: posture.asOf,
    },
  };
}
