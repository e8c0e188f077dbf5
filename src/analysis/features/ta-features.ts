/**
 * The uptrend engine's TA record as a feature set: one column per field of `TaRecord`, a row per bar from the
 * timeframe's minimum of bars on (spec uptrend-engine §1.3). Gaps split segments but drop no row: nothing in the record
 * is a difference across two bars only.
 */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { TIMEFRAME_MS, TIMEFRAMES, type Timeframe } from '../../market/timeframe.js';
import { indicatorSnapshotSchema } from '../indicators/indicator-snapshot.js';
import { UptrendTa } from '../uptrend/ta.js';
import { TA_LINES } from '../uptrend/ta-record.js';
import {
  assembleFeatureTable,
  type FeatureBar,
  type FeatureRow,
  type FeatureSet,
  type FeatureStream,
  gapRule,
  type Market,
} from './feature-table.js';

const WINDOW = 1000;

const snapshotSchema = z.strictObject({
  schema_version: z.literal(1),
  instrument: z.string(),
  timeframe: z.enum(TIMEFRAMES as [Timeframe, ...Timeframe[]]),
  last_time: z.number().nullable(),
  before_time: z.number().nullable(),
  open_segment: z.boolean(),
  open_segment_before: z.boolean(),
  ta: indicatorSnapshotSchema,
});

/** The record bar by bar; equal to the batch row for row, bit for bit. */
export class TaFeatureStream implements FeatureStream {
  readonly names = TA_LINES;
  private readonly ta: UptrendTa;
  private readonly isGap: (previous: number, next: number) => boolean;
  private lastTime: number | null = null;
  private beforeTime: number | null = null;
  private openSegment = false;
  private openSegmentBefore = false;

  constructor(readonly market: Market) {
    this.isGap = gapRule(market);
    this.ta = new UptrendTa(market.timeframe, { window: WINDOW });
  }

  /**
   * Adds the next closed bar; null before there are enough bars.
   * @throws TidewatchError `time_not_increasing`
   */
  next(bar: FeatureBar): FeatureRow | null {
    if (this.lastTime !== null && !(bar.time > this.lastTime)) {
      throw new TidewatchError('time_not_increasing', `bar ${bar.time} does not follow ${this.lastTime}`, {
        hint: 'feed closed bars in time order, each once, or use replaceLast',
        details: { time: bar.time, last_time: this.lastTime },
      });
    }
    this.beforeTime = this.lastTime;
    this.openSegmentBefore = this.openSegment;
    this.ta.next(bar);
    return this.row(bar);
  }

  /** Replaces the last bar. */
  replaceLast(bar: FeatureBar): FeatureRow | null {
    if (this.lastTime === null || bar.time !== this.lastTime) {
      throw new TidewatchError('bad_parameter', `bar ${bar.time} is not the last one`, {
        hint: 'replace a bar by one with the same open time',
        details: { time: bar.time, last_time: this.lastTime },
      });
    }
    this.ta.replaceLast(bar);
    return this.row(bar);
  }

  snapshot(): z.infer<typeof snapshotSchema> {
    return {
      schema_version: 1,
      instrument: this.market.instrument,
      timeframe: this.market.timeframe,
      last_time: this.lastTime,
      before_time: this.beforeTime,
      open_segment: this.openSegment,
      open_segment_before: this.openSegmentBefore,
      ta: this.ta.snapshot(),
    };
  }

  /**
   * Continues from a snapshot, bit for bit.
   * @throws TidewatchError `unsupported_schema_version`
   */
  static restore(snapshot: unknown): TaFeatureStream {
    const parsed = snapshotSchema.safeParse(snapshot);
    if (!parsed.success) {
      throw new TidewatchError('unsupported_schema_version', 'the snapshot is not of this feature stream', {
        hint: 'build the stream again from bars',
        cause: parsed.error,
      });
    }
    const state = parsed.data;
    const stream = new TaFeatureStream(state);
    stream.lastTime = state.last_time;
    stream.beforeTime = state.before_time;
    stream.openSegment = state.open_segment;
    stream.openSegmentBefore = state.open_segment_before;
    stream.ta.restore(state.ta);
    return stream;
  }

  private row(bar: FeatureBar): FeatureRow | null {
    const step = TIMEFRAME_MS[this.market.timeframe];
    const values = Float64Array.from(TA_LINES, (line) => this.ta.line(line));
    const gap = this.beforeTime !== null && this.isGap(this.beforeTime, bar.time);
    const continues = this.openSegmentBefore && !gap;
    const defined = values.every(Number.isFinite);
    this.lastTime = bar.time;
    this.openSegment = defined || continues;
    if (!defined) return null;
    return { time: bar.time, availableAt: bar.time + step, values, startsSegment: !continues };
  }
}

/** The feature set `ta`. */
export function taFeatureSet(): FeatureSet {
  return {
    name: 'ta',
    columns: TA_LINES,
    warmUp: WINDOW,
    build: (series) => {
      const columns = new UptrendTa(series.timeframe, { window: WINDOW }).batch(series);
      return assembleFeatureTable(
        series,
        TA_LINES,
        TA_LINES.map((line) => columns[line]),
        WINDOW,
      );
    },
    stream: (market) => new TaFeatureStream(market),
  };
}
