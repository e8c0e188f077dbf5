/**
 * A feature set computed on bars of a longer timeframe and read at every bar of a shorter one. A higher bar counts only
 * once it has closed: a bar that closes at T sees the newest higher bar that closed by T, never the one still forming
 * (HMM spec §11.11). The first higher bar of a series that begins inside it is left out, and one that the market's
 * calendar expected but that is missing gives NaN until the next closes; nothing is carried over a hole.
 */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { calendarOf, missesBars } from '../../market/calendar.js';
import { parseInstrument } from '../../market/instrument.js';
import { resample } from '../../market/resample.js';
import { type Series, slice } from '../../market/series.js';
import { barsPer, bucketOpen, divides, TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { type FeatureBar, type FeatureCursor, type FeatureProgram, foreignSnapshot } from './feature-set.js';
import type { Market } from './feature-table.js';

/**
 * @param program what is computed on the higher bars; it may read bars only
 * @param base timeframe of the bars it is read at
 * @throws TidewatchError `bad_parameter`
 */
export function onHigherTimeframe(
  program: FeatureProgram,
  higher: Timeframe,
  base: Timeframe,
  nameOf: (column: string) => string,
): FeatureProgram {
  if (!divides(base, higher) || TIMEFRAME_MS[higher] <= TIMEFRAME_MS[base]) {
    throw new TidewatchError('bad_parameter', `${higher} is no higher timeframe of ${base} bars`, {
      hint: 'stack from the finest to the coarsest, each a multiple of the first',
      details: { base, higher },
    });
  }
  if (program.needs.length > 0) {
    throw new TidewatchError(
      'bad_parameter',
      `${program.name} reads ${program.needs.join(', ')}, which have no timeframe`,
      {
        hint: 'join it at the base timeframe instead',
        details: { feature_set: program.name },
      },
    );
  }
  const perBar = barsPer(higher, base);
  return {
    name: `${program.name}@${higher}`,
    features: program.features.map((feature) => ({
      name: nameOf(feature.name),
      warmUp: (feature.warmUp + 1) * perBar,
      availability: 'higher_close',
      timeframe: higher,
    })),
    needs: [],
    compute: ({ bars }) => {
      const whole = withoutBegun(resample(bars, higher).series, bars);
      const columns = program.compute({ bars: whole });
      const rows = newestClosed(bars, whole, higher);
      return columns.map((column) => spread(column, rows));
    },
    ...(program.cursor === undefined
      ? {}
      : {
          cursor: (market: Market) =>
            new HigherCursor(
              program.cursor!({ ...market, timeframe: higher }),
              program.features.length,
              market,
              higher,
            ),
        }),
  };
}

function spread(column: Float64Array, rows: Int32Array): Float64Array {
  const values = new Float64Array(rows.length);
  for (let bar = 0; bar < rows.length; bar++) values[bar] = rows[bar]! < 0 ? Number.NaN : column[rows[bar]!]!;
  return values;
}

/** Without the first higher bar when the series begins inside it. */
function withoutBegun(higher: Series, bars: Series): Series {
  return higher.length > 0 && bars.time[0] !== higher.time[0] ? slice(higher, 1) : higher;
}

/** Tells whether the newest closed higher bar is too old at a moment inside the higher bar that opens at `forming`. */
function staleness({ instrument }: Market, higher: Timeframe): (newest: number, forming: number) => boolean {
  const calendar = calendarOf(parseInstrument(instrument));
  return (newest, forming) => missesBars(calendar, higher, newest, forming);
}

/** Per bar the row of the newest higher bar that closed by its close, −1 where there is none or it is too old. */
function newestClosed(bars: Series, whole: Series, higher: Timeframe): Int32Array {
  const length = TIMEFRAME_MS[higher];
  const step = TIMEFRAME_MS[bars.timeframe];
  const isStale = staleness(bars, higher);
  const rows = new Int32Array(bars.length);
  let row = -1;
  let checked = Number.NaN;
  let usable = false;
  for (let bar = 0; bar < bars.length; bar++) {
    const close = bars.time[bar]! + step;
    let moved = false;
    while (row + 1 < whole.length && whole.time[row + 1]! + length <= close) {
      row++;
      moved = true;
    }
    const forming = bucketOpen(close, higher);
    if (moved || forming !== checked) {
      usable = row >= 0 && !isStale(whole.time[row]!, forming);
      checked = forming;
    }
    rows[bar] = usable ? row : -1;
  }
  return rows;
}

const formingSchema = z.strictObject({
  time: z.number(),
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
  whole: z.boolean(),
  fed: z.boolean(),
});
type Forming = z.infer<typeof formingSchema>;

const stateSchema = z.strictObject({
  forming: formingSchema.nullable(),
  before: formingSchema.nullable(),
  newest: z.number().nullable(),
  values: z.array(z.number().nullable()),
  inner: z.unknown(),
});

/** Builds higher bars from the bars it is fed and steps the inner cursor when one closes. */
class HigherCursor implements FeatureCursor {
  /** The higher bar being built, now and before the last bar came. */
  private forming: Forming | null = null;
  private before: Forming | null = null;
  /** Open time of the newest closed higher bar that was fed. */
  private newest: number | null = null;
  private values: Float64Array;
  private readonly isStale: (newest: number, forming: number) => boolean;
  private readonly step: number;

  constructor(
    private readonly inner: FeatureCursor,
    columns: number,
    market: Market,
    private readonly higher: Timeframe,
  ) {
    this.values = new Float64Array(columns).fill(Number.NaN);
    this.isStale = staleness(market, higher);
    this.step = TIMEFRAME_MS[market.timeframe];
  }

  next(bar: FeatureBar): Float64Array {
    const bucket = bucketOpen(bar.time, this.higher);
    if (this.forming !== null && this.forming.time !== bucket && !this.forming.fed)
      this.feed(this.forming, 'next');
    this.before = this.forming;
    return this.take(bar, bucket, 'next');
  }

  replaceLast(bar: FeatureBar): Float64Array {
    const again = this.forming?.fed ? 'replaceLast' : 'next';
    return this.take(bar, bucketOpen(bar.time, this.higher), again);
  }

  snapshot(): z.infer<typeof stateSchema> {
    return {
      forming: this.forming,
      before: this.before,
      newest: this.newest,
      values: Array.from(this.values, (value) => (Number.isFinite(value) ? value : null)),
      inner: this.inner.snapshot(),
    };
  }

  restore(snapshot: unknown): void {
    const parsed = stateSchema.safeParse(snapshot);
    if (!parsed.success || parsed.data.values.length !== this.values.length)
      throw foreignSnapshot(parsed.error);
    const { forming, before, newest, values, inner } = parsed.data;
    this.forming = forming;
    this.before = before;
    this.newest = newest;
    this.values = Float64Array.from(values, (value) => value ?? Number.NaN);
    this.inner.restore(inner);
  }

  /** Adds the bar to what was being built before it, and closes it when its time is over. */
  private take(bar: FeatureBar, bucket: number, action: 'next' | 'replaceLast'): Float64Array {
    const { time, open, high, low, close, volume } = bar;
    const end = bucket + TIMEFRAME_MS[this.higher];
    const before = this.before?.time === bucket ? this.before : null;
    const fed = time + this.step >= end;
    this.forming =
      before === null
        ? // a series that begins inside a higher bar never sees all of it
          {
            time: bucket,
            open,
            high,
            low,
            close,
            volume: 0 + volume,
            whole: this.before !== null || time === bucket,
            fed,
          }
        : {
            ...before,
            high: Math.max(high, before.high),
            low: Math.min(low, before.low),
            close,
            volume: before.volume + volume,
            fed,
          };
    if (fed) this.feed(this.forming, action);
    const now = bucketOpen(time + this.step, this.higher);
    const usable = this.newest !== null && !this.isStale(this.newest, now);
    return usable ? this.values.slice() : new Float64Array(this.values.length).fill(Number.NaN);
  }

  private feed(bar: Forming, action: 'next' | 'replaceLast'): void {
    if (!bar.whole) return;
    this.values = this.inner[action](bar);
    this.newest = bar.time;
  }
}
