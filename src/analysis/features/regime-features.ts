/**
 * The five features of the regime model (spec hmm-regimes §4), window 14, all causal:
 *
 * | name       | formula                                                              | first bar |
 * |------------|----------------------------------------------------------------------|-----------|
 * | log_ret    | ln(c / c₋₁)                                                          | 1         |
 * | volatility | sample deviation of the last 14 log returns                          | 14        |
 * | vol_z      | (v − mean of the last 28) / (sample deviation of the last 28 + 1e-8) | 27        |
 * | adx        | ADX(14)                                                              | 27        |
 * | rsi        | RSI(14)                                                              | 14        |
 *
 * Gaps (bars missing that the instrument's calendar expects): indicators count bars, so they run on across missing bars. The log return over a gap spans more than one bar;
 * its row is dropped and a new segment begins, but volatility, ADX and RSI have seen it, as in the golden columns.
 * Start the series at least `warmUp` bars before the first row that matters: what the series began with must be
 * forgotten by then (never start at the window for live inference).
 */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import type { Series } from '../../market/series.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { Adx } from '../indicators/adx.js';
import { indicatorSnapshotSchema } from '../indicators/indicator-snapshot.js';
import { RollingMoments } from '../indicators/rolling-moments.js';
import { Rsi } from '../indicators/rsi.js';
import { TA_FLAVOURS, type TaFlavour } from '../indicators/ta-flavour.js';
import { ZScore } from '../indicators/z-score.js';
import {
  assembleFeatureTable,
  type FeatureBar,
  type FeatureRow,
  type FeatureSet,
  type FeatureStream,
  type FeatureTable,
  gapRule,
  type Market,
} from './feature-table.js';

export const REGIME_FEATURES = ['log_ret', 'volatility', 'vol_z', 'adx', 'rsi'] as const;

const WINDOW = 14;

export interface RegimeFeatureOptions {
  /** Smoothing of ADX and RSI; `wilder` unless said. */
  readonly flavour?: TaFlavour;
}

const indicators = (flavour: TaFlavour) => ({
  volatility: new RollingMoments(WINDOW, 1),
  volumeZ: new ZScore(2 * WINDOW, { degreesOfFreedom: 1, floor: 1e-8 }),
  adx: new Adx(WINDOW, flavour),
  rsi: new Rsi(WINDOW, flavour),
});

/** Bars before the first row of interest that the values need (the spec asks for at least 250). */
export const REGIME_FEATURE_WARM_UP = Math.max(
  ...Object.values(indicators('wilder')).map((indicator) => indicator.warmUp),
);

/** The five features of a whole series. */
export function buildRegimeFeatures(series: Series, options: RegimeFeatureOptions = {}): FeatureTable {
  const { length, close, time } = series;
  const isGap = gapRule(series);
  const logReturns = new Float64Array(length).fill(Number.NaN);
  for (let bar = 1; bar < length; bar++) logReturns[bar] = Math.log(close[bar]! / close[bar - 1]!);
  const { volatility, volumeZ, adx, rsi } = indicators(options.flavour ?? 'wilder');
  const columns = [
    logReturns,
    volatility.batch(logReturns).std,
    volumeZ.batch(series.volume).z_score,
    adx.batch(series).adx,
    rsi.batch(close).rsi,
  ];
  for (let bar = 1; bar < length; bar++) {
    if (isGap(time[bar - 1]!, time[bar]!)) logReturns[bar] = Number.NaN;
  }
  return assembleFeatureTable(series, REGIME_FEATURES, columns, REGIME_FEATURE_WARM_UP);
}

/** `close` is null when the bar had none. */
const lastBarSchema = z.strictObject({
  time: z.number(),
  close: z.number().nullable(),
  segment_open: z.boolean(),
});

const streamSnapshotSchema = z.strictObject({
  schema_version: z.literal(1),
  instrument: z.string(),
  timeframe: z.enum(Object.keys(TIMEFRAME_MS) as [Timeframe, ...Timeframe[]]),
  flavour: z.enum(TA_FLAVOURS),
  last: z.nullable(lastBarSchema),
  before: z.nullable(lastBarSchema),
  volatility: indicatorSnapshotSchema,
  volume_z: indicatorSnapshotSchema,
  adx: indicatorSnapshotSchema,
  rsi: indicatorSnapshotSchema,
});

type StreamSnapshot = z.infer<typeof streamSnapshotSchema>;
type LastBar = NonNullable<StreamSnapshot['last']>;

/** The five features bar by bar; equal to `buildRegimeFeatures` row for row, bit for bit. */
export class RegimeFeatureStream implements FeatureStream {
  readonly names = REGIME_FEATURES;
  private readonly flavour: TaFlavour;
  private readonly isGap: (previous: number, next: number) => boolean;
  private readonly indicators: ReturnType<typeof indicators>;
  private last: LastBar | null = null;
  private before: LastBar | null = null;

  constructor(
    readonly market: Market,
    options: RegimeFeatureOptions = {},
  ) {
    this.isGap = gapRule(market);
    this.flavour = options.flavour ?? 'wilder';
    this.indicators = indicators(this.flavour);
  }

  /**
   * Adds the next closed bar; null when it has no complete row.
   * @throws TidewatchError `time_not_increasing`
   */
  next(bar: FeatureBar): FeatureRow | null {
    if (this.last !== null && !(bar.time > this.last.time)) {
      throw new TidewatchError('time_not_increasing', `bar ${bar.time} does not follow ${this.last.time}`, {
        hint: 'feed closed bars in time order, each once, or use replaceLast',
        details: { time: bar.time, last_time: this.last.time },
      });
    }
    this.before = this.last;
    return this.step(bar, 'next');
  }

  /** Replaces the last bar; equal to never having added it. */
  replaceLast(bar: FeatureBar): FeatureRow | null {
    if (this.last === null || bar.time !== this.last.time) {
      throw new TidewatchError('bad_parameter', `bar ${bar.time} is not the last one`, {
        hint: 'replace a bar by one with the same open time',
        details: { time: bar.time, last_time: this.last?.time ?? null },
      });
    }
    return this.step(bar, 'replaceLast');
  }

  snapshot(): StreamSnapshot {
    return {
      schema_version: 1,
      instrument: this.market.instrument,
      timeframe: this.market.timeframe,
      flavour: this.flavour,
      last: this.last,
      before: this.before,
      volatility: this.indicators.volatility.snapshot(),
      volume_z: this.indicators.volumeZ.snapshot(),
      adx: this.indicators.adx.snapshot(),
      rsi: this.indicators.rsi.snapshot(),
    };
  }

  /**
   * Continues from a snapshot, bit for bit.
   * @throws TidewatchError `unsupported_schema_version`
   */
  static restore(snapshot: unknown): RegimeFeatureStream {
    const parsed = streamSnapshotSchema.safeParse(snapshot);
    if (!parsed.success) {
      throw new TidewatchError('unsupported_schema_version', 'the snapshot is not of this feature stream', {
        hint: 'build the stream again from bars',
        cause: parsed.error,
      });
    }
    const state = parsed.data;
    const stream = new RegimeFeatureStream(state, { flavour: state.flavour });
    stream.last = state.last;
    stream.before = state.before;
    stream.indicators.volatility.restore(state.volatility);
    stream.indicators.volumeZ.restore(state.volume_z);
    stream.indicators.adx.restore(state.adx);
    stream.indicators.rsi.restore(state.rsi);
    return stream;
  }

  private step(bar: FeatureBar, action: 'next' | 'replaceLast'): FeatureRow | null {
    const { volatility, volumeZ, adx, rsi } = this.indicators;
    const previous = this.before;
    const logReturn = Math.log(bar.close / (previous?.close ?? Number.NaN));
    const gap = previous !== null && this.isGap(previous.time, bar.time);
    volatility[action](logReturn);
    const values = Float64Array.of(
      gap ? Number.NaN : logReturn,
      volatility.line('std'),
      volumeZ[action](bar.volume),
      adx[action](bar),
      rsi[action](bar.close),
    );
    const defined = values.every(Number.isFinite);
    const continues = previous?.segment_open === true && !gap;
    const close = Number.isFinite(bar.close) ? bar.close : null;
    this.last = { time: bar.time, close, segment_open: defined || continues };
    if (!defined) return null;
    const availableAt = bar.time + TIMEFRAME_MS[this.market.timeframe];
    return { time: bar.time, availableAt, values, startsSegment: !continues };
  }
}

/** The feature set `hmm` in one flavour. */
export function regimeFeatureSet(options: RegimeFeatureOptions = {}): FeatureSet {
  return {
    name: 'hmm',
    columns: REGIME_FEATURES,
    warmUp: REGIME_FEATURE_WARM_UP,
    build: (series) => buildRegimeFeatures(series, options),
    stream: (market) => new RegimeFeatureStream(market, options),
  };
}
