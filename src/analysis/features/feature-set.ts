/**
 * A named set of features: how to compute its columns in batch and bar by bar, what it reads, how much history it needs
 * and when each column is known. One cursor per set makes its streams; `compute` is the same arithmetic over a whole
 * series (or a faster loop proven equal by feature-contract.test.ts).
 */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import type { Series } from '../../market/series.js';
import { TIMEFRAME_MS, TIMEFRAMES, type Timeframe } from '../../market/timeframe.js';
import type { ChannelName, FeatureInputs, KnownInput } from './feature-inputs.js';
import { assembleFeatureTable, type FeatureTable, gapRule, type Market } from './feature-table.js';

/** One bar as a stream delivers it: open time in UTC ms, prices in quote currency, volume in base units. */
export interface FeatureBar {
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  /** What was known of the channels at the close of the bar; left out or NaN where nothing was. */
  readonly known?: Readonly<Partial<Record<KnownInput, number>>>;
}

/** Values of one bar: its open time and the moment from which the row was known, both UTC ms. */
export interface FeatureRow {
  readonly time: number;
  readonly availableAt: number;
  /** In the order of the set's names. */
  readonly values: Float64Array;
  /** True when the row begins a new gap-free segment. */
  readonly startsSegment: boolean;
}

/** Features bar by bar, equal to the batch row for row. */
export interface FeatureStream {
  readonly names: readonly string[];
  /** Adds a closed bar; null when the bar has no row. */
  next(bar: FeatureBar): FeatureRow | null;
  /** Replaces the last bar. */
  replaceLast(bar: FeatureBar): FeatureRow | null;
  /** JSON-safe state. */
  snapshot(): unknown;
}

/** One column of a set, as it declares itself. */
export interface FeatureDeclaration {
  readonly name: string;
  /** Bars of history, of the set's own timeframe, after which the value forgets where the series began, to 1e-6. */
  readonly warmUp: number;
  /** `bar_close`: known when its bar closes. `higher_close`: from the close of the last finished higher bar on. `published`: as of what was published by the close. */
  readonly availability: 'bar_close' | 'higher_close' | 'published';
  /** The longer timeframe it is computed on. */
  readonly timeframe?: Timeframe;
}

/** Values of all columns at a bar, NaN where undefined: what streams are made of. Bars come in time order. */
export interface FeatureCursor {
  next(bar: FeatureBar): Float64Array;
  replaceLast(bar: FeatureBar): Float64Array;
  /** JSON-safe state. */
  snapshot(): unknown;
  /** @throws TidewatchError `unsupported_schema_version` */
  restore(snapshot: unknown): void;
}

/** What an author of a set writes; `featureSetOf` makes the rest. */
export interface FeatureProgram {
  readonly name: string;
  readonly features: readonly FeatureDeclaration[];
  /** Timeframe of the bars it must be given; any when left out. */
  readonly timeframe?: Timeframe;
  /** Channels it reads besides the bars. */
  readonly needs: readonly ChannelName[];
  /** One value per bar and column, NaN where undefined. Must not write to the inputs. */
  compute(inputs: FeatureInputs): readonly Float64Array[];
  /** Left out: the set cannot be streamed. */
  cursor?(market: Market): FeatureCursor;
}

/** How to make a table of one kind. */
export interface FeatureSet extends FeatureProgram {
  readonly columns: readonly string[];
  /** Bars of history that a row needs to be independent of where the series began, to 1e-6. */
  readonly warmUp: number;
  /**
   * @param beside channels and panel, for a set that reads them
   * @throws TidewatchError `no_data` when one it reads is not given
   */
  build(series: Series, beside?: Omit<FeatureInputs, 'bars'>): FeatureTable;
  /** @throws TidewatchError `bad_parameter` when the set has no streaming form */
  stream(market: Market): FeatureStream;
  /** @throws TidewatchError `unsupported_schema_version` */
  restoreStream(snapshot: unknown): FeatureStream;
}

/** Adds to a program what every set has in common. */
export function featureSetOf(program: FeatureProgram): FeatureSet {
  const columns = program.features.map(({ name }) => name);
  const warmUp = Math.max(...program.features.map((feature) => feature.warmUp));
  const compute = (inputs: FeatureInputs): readonly Float64Array[] => {
    requireTimeframe(program, inputs.bars);
    const computed = program.compute(inputs);
    const { length } = inputs.bars;
    if (computed.length === columns.length && computed.every((column) => column.length === length))
      return computed;
    throw new TidewatchError(
      'column_length_mismatch',
      `${program.name} did not give one value per bar and column`,
      {
        hint: 'return one Float64Array per declared feature, as long as the bars',
        details: { feature_set: program.name },
      },
    );
  };
  return {
    ...program,
    columns,
    warmUp,
    compute,
    build: (series, beside) =>
      assembleFeatureTable(series, columns, compute({ ...beside, bars: series }), warmUp),
    stream: (market) => {
      requireTimeframe(program, market);
      return new CursorStream(program, market);
    },
    restoreStream: (snapshot) => CursorStream.resume(program, snapshot),
  };
}

function requireTimeframe({ name, timeframe }: FeatureProgram, market: Market): void {
  if (timeframe === undefined || timeframe === market.timeframe) return;
  throw new TidewatchError(
    'bad_parameter',
    `${name} is for ${timeframe} bars, these are ${market.timeframe}`,
    {
      hint: 'give it bars of its own timeframe, or name another stack',
      details: { feature_set: name, timeframe: market.timeframe },
    },
  );
}

const snapshotSchema = z.strictObject({
  schema_version: z.literal(1),
  set: z.string(),
  instrument: z.string(),
  timeframe: z.enum(TIMEFRAMES as readonly [Timeframe, ...Timeframe[]]),
  last_time: z.number().nullable(),
  before_time: z.number().nullable(),
  open_segment: z.boolean(),
  open_segment_before: z.boolean(),
  cursor: z.unknown(),
});

type StreamSnapshot = z.infer<typeof snapshotSchema>;

/** @throws TidewatchError `unsupported_schema_version` */
export function readSnapshot(snapshot: unknown): StreamSnapshot {
  const parsed = snapshotSchema.safeParse(snapshot);
  if (parsed.success) return parsed.data;
  throw foreignSnapshot(parsed.error);
}

/** Rows from a cursor: order of bars, segments, what counts as a row. */
export class CursorStream implements FeatureStream {
  readonly names: readonly string[];
  private readonly cursor: FeatureCursor;
  private readonly isGap: (previous: number, next: number) => boolean;
  private lastTime: number | null = null;
  private beforeTime: number | null = null;
  private openSegment = false;
  private openSegmentBefore = false;

  constructor(
    private readonly program: FeatureProgram,
    readonly market: Market,
  ) {
    this.names = program.features.map(({ name }) => name);
    if (program.cursor === undefined) {
      throw new TidewatchError('bad_parameter', `the feature set ${program.name} has no streaming form`, {
        hint: 'compute it in batch, or give it a cursor',
        details: { feature_set: program.name },
      });
    }
    this.cursor = program.cursor(market);
    this.isGap = gapRule(market);
  }

  next(bar: FeatureBar): FeatureRow | null {
    if (this.lastTime !== null && !(bar.time > this.lastTime)) {
      throw new TidewatchError('time_not_increasing', `bar ${bar.time} does not follow ${this.lastTime}`, {
        hint: 'feed closed bars in time order, each once, or use replaceLast',
        details: { time: bar.time, last_time: this.lastTime },
      });
    }
    this.beforeTime = this.lastTime;
    this.openSegmentBefore = this.openSegment;
    return this.row(bar, this.cursor.next(bar));
  }

  replaceLast(bar: FeatureBar): FeatureRow | null {
    if (this.lastTime === null || bar.time !== this.lastTime) {
      throw new TidewatchError('bad_parameter', `bar ${bar.time} is not the last one`, {
        hint: 'replace a bar by one with the same open time',
        details: { time: bar.time, last_time: this.lastTime },
      });
    }
    return this.row(bar, this.cursor.replaceLast(bar));
  }

  snapshot(): StreamSnapshot {
    return {
      schema_version: 1,
      set: this.program.name,
      instrument: this.market.instrument,
      timeframe: this.market.timeframe,
      last_time: this.lastTime,
      before_time: this.beforeTime,
      open_segment: this.openSegment,
      open_segment_before: this.openSegmentBefore,
      cursor: this.cursor.snapshot(),
    };
  }

  /** Continues from a snapshot, bit for bit. */
  protected load(state: StreamSnapshot): this {
    this.lastTime = state.last_time;
    this.beforeTime = state.before_time;
    this.openSegment = state.open_segment;
    this.openSegmentBefore = state.open_segment_before;
    this.cursor.restore(state.cursor);
    return this;
  }

  /** @throws TidewatchError `unsupported_schema_version` */
  static resume(program: FeatureProgram, snapshot: unknown): CursorStream {
    const state = readSnapshot(snapshot);
    if (state.set !== program.name) throw foreignSnapshot();
    return new CursorStream(program, state).load(state);
  }

  private row({ time }: FeatureBar, values: Float64Array): FeatureRow | null {
    const gap = this.beforeTime !== null && this.isGap(this.beforeTime, time);
    const continues = this.openSegmentBefore && !gap;
    const defined = values.every(Number.isFinite);
    this.lastTime = time;
    this.openSegment = defined || continues;
    if (!defined) return null;
    const availableAt = time + TIMEFRAME_MS[this.market.timeframe];
    return { time, availableAt, values, startsSegment: !continues };
  }
}

/** The refusal of a snapshot that another feature set, or none, has written. */
export function foreignSnapshot(cause?: unknown): TidewatchError {
  return new TidewatchError('unsupported_schema_version', 'the snapshot is not of this feature stream', {
    hint: 'build the stream again from bars',
    cause,
  });
}
