/**
 * The technical record of a bar (spec uptrend-engine §1): averages, slopes, separations, volatility, momentum and
 * volume surprise, as columns in batch and one bar at a time live.
 *
 * What a bar sees is its last `window` bars (1,000 unless said), every recursion seeded at the first of them, so live
 * and research agree whatever history was loaded. That costs O(1) per bar: with F the EMA over all history and s the
 * first bar of the window, the window's own EMA at bar j is F(j) + (1−α)^(j−s)·(close(s) − F(s)). F(s) comes from a second
 * bank fed with the close of `window` − 1 bars ago. Slopes are linear in the values, so they split the same way.
 * ATR, ADX and the weighted volume moments forget their start within the window to double precision.
 *
 * Bars: one without a finite positive close is skipped (all lines NaN); high and low that are missing or not positive
 * become the last valid close; missing or negative volume counts as 0. Gaps are not filled: everything counts bars.
 *
 * Longer than most files: batch and live run the same recursions over one state, which mean nothing apart.
 */
import type { Timeframe } from '../../market/timeframe.js';
import { Adx } from '../indicators/adx.js';
import { Atr } from '../indicators/atr.js';
import { CutlerRsi } from '../indicators/cutler-rsi.js';
import { DelayLine } from '../indicators/delay-line.js';
import { EmaBank } from '../indicators/ema-bank.js';
import { BarIndicator, type BarInputColumns } from '../indicators/indicator.js';
import { OlsSlope } from '../indicators/ols-slope.js';
import { requireLength } from '../indicators/require-length.js';
import { Scratch } from '../indicators/scratch.js';
import { VolumeSurprise } from '../indicators/volume-surprise.js';
import { minimumTaBars, TA_LINES, TA_SPANS, type TaLine, type TaRecord } from './ta-record.js';

/** How much history a record sees, in bars. */
export interface UptrendTaOptions {
  /** Bars in view; Infinity = all. */
  readonly window?: number;
  /** Bars before the first record; the timeframe's unless said. */
  readonly minimumBars?: number;
  /** True leaves out what the engine does not read, about a third of the work: those lines are NaN. */
  readonly scoresOnly?: boolean;
}

const SLOPE_ROWS = 10;
const SEPARATION_LAG = 5;
const FLOOR = 1e-9;
const ATR_PERIOD = 14;
const LEAST_ADX_BARS = 16;

// The averages are the first lines; their slopes and slope changes follow in the order of SLOPED.
const SLOPE_LINES = TA_LINES.indexOf('ema20_slope');
const DELTA_LINES = TA_LINES.indexOf('d_ema60_slope');

/** EMAs whose slope is in the record: position in TA_SPANS. */
const SLOPED = [0, 3, 4, 5, 6] as const;

/** For lines of a part that nobody reads. */
const UNWANTED = new Float64Array(0);

// Circular histories in the state, one slot per fed bar.
const HISTORY = 16;
const ATR_HISTORY = 32;
const COUNT = 0;
const LAST_CLOSE = 1;
const AVERAGES = 2; // per sloped span: all-history EMA
const SLOPES = AVERAGES + SLOPED.length * HISTORY; // per sloped span: its OLS slope
const ATRS = SLOPES + SLOPED.length * HISTORY;
const ADXS = ATRS + ATR_HISTORY;
const STATE = ADXS + HISTORY;

type NamedColumns = Record<TaLine, Float64Array>;

/** Weights of the window's seed correction, constants of the span and the window length. */
interface SpanWeights {
  /** (1−α)^(window−1−k) for k rows ago. */
  readonly power: readonly number[];
  /** OLS slope of the ten powers up to now, and up to ten rows ago. */
  readonly slope: number;
  readonly earlierSlope: number;
}

function spanWeights(span: number, window: number): SpanWeights {
  const keep = 1 - 2 / (span + 1);
  const power = Array.from({ length: 2 * SLOPE_ROWS }, (_, ago) => keep ** (window - 1 - ago));
  const slope = (from: number): number => {
    let sum = 0;
    for (let index = 0; index < SLOPE_ROWS; index++) {
      sum += (index - 4.5) * (power[from + SLOPE_ROWS - 1 - index]! - power[from]!);
    }
    return sum / 82.5;
  };
  return { power, slope: slope(0), earlierSlope: slope(SLOPE_ROWS) };
}

/** OLS slope of the ten values of a circular history that end with row `count` − 1. */
function historySlope(state: Float64Array, base: number, count: number): number {
  const last = state[base + ((count - 1) & (HISTORY - 1))]!;
  let sum = 0;
  for (let index = 0; index < SLOPE_ROWS - 1; index++) {
    sum += (index - 4.5) * (state[base + ((count - SLOPE_ROWS + index) & (HISTORY - 1))]! - last);
  }
  return sum / 82.5;
}

/**
 * The lines of `TA_LINES` bar by bar: prices in quote currency, slopes as fractions per bar (spec uptrend-engine §1).
 */
export class UptrendTa extends BarIndicator<TaLine> {
  readonly firstRow: number;
  readonly warmUp: number;
  readonly window: number;
  private readonly weights: readonly SpanWeights[];
  private readonly averages = this.part(new EmaBank(TA_SPANS));
  private readonly seedAverages = this.part(new EmaBank(TA_SPANS));
  private readonly seedCloses: DelayLine | undefined;
  private readonly atr = this.part(new Atr(ATR_PERIOD, 'partial'));
  private readonly adx = this.part(new Adx(ATR_PERIOD, 'first_dx'));
  private readonly rsi = this.part(new CutlerRsi(14));
  private readonly rsiSlope = this.part(new OlsSlope(SLOPE_ROWS, 3));
  private readonly surprise: VolumeSurprise;
  private readonly plainSurprise: VolumeSurprise | undefined;
  private readonly columns = Array.from({ length: 6 }, () => new Scratch());
  private lastOut: readonly Float64Array[] | undefined;
  private lastNamed: NamedColumns | undefined;
  private lastEmas: readonly Float64Array[] = [];
  private readonly corrections = new Float64Array(TA_SPANS.length);
  private seeds: readonly Float64Array[] = TA_SPANS.map(() => new Float64Array(1));

  constructor(
    readonly timeframe: Timeframe,
    options: UptrendTaOptions = {},
  ) {
    super(TA_LINES, STATE);
    const window = options.window ?? 1000;
    if (window !== Number.POSITIVE_INFINITY) {
      requireLength('window', window, 333);
      this.seedCloses = this.part(new DelayLine(window - 1));
    }
    this.window = window;
    this.firstRow = requireLength('minimumBars', options.minimumBars ?? minimumTaBars(timeframe)) - 1;
    this.warmUp = window;
    this.weights = TA_SPANS.map((span) => spanWeights(span, Number.isFinite(window) ? window : 1e9));
    this.surprise = this.part(new VolumeSurprise({ window }));
    if (options.scoresOnly !== true) {
      this.plainSurprise = this.part(new VolumeSurprise({ window, winsorise: false }));
    }
  }

  /** The record of the last bar; null before there are enough bars. */
  record(): TaRecord | null {
    if (!Number.isFinite(this.line('ema20'))) return null;
    const values = Object.fromEntries(TA_LINES.map((name) => [name, this.line(name)]));
    return { ...values, timeframe: this.timeframe, vo_z_cluster: values.vo_z_cluster === 1 } as TaRecord;
  }

  run(bars: BarInputColumns, out: readonly Float64Array[], from: number, to: number): void {
    const clean = this.sanitise(bars, from, to);
    const column = this.named(out);
    const emas = this.lastEmas;
    const seeds = this.seedsOf(to);
    const delayed = this.columns[4]!.of(to);
    const rsiSlopeInput = this.columns[5]!.of(to);
    this.averages.run(clean.close, emas, from, to);
    if (this.seedCloses === undefined) delayed.fill(Number.NaN, from, to);
    else this.seedCloses.run(clean.close, [delayed], from, to);
    this.seedAverages.run(delayed, seeds, from, to);
    this.atr.run(clean, [column.atr], from, to);
    this.adx.run(clean, [column.adx, UNWANTED, UNWANTED], from, to);
    this.rsi.run(clean.close, [column.rsi], from, to);
    rsiSlopeInput.set(column.rsi.subarray(from, to), from);
    // The slope's series begins at the sixteenth bar, one after the first value.
    for (let row = from, count = this.state[COUNT]!; row < to && count < 15; row++) {
      if (Number.isFinite(clean.close[row]!)) count++;
      if (count <= 15) rsiSlopeInput[row] = Number.NaN;
    }
    this.rsiSlope.run(rsiSlopeInput, [column.rsi_slope_10], from, to);
    if (this.plainSurprise === undefined) {
      this.surprise.run(clean.volume, [column.vo_z, UNWANTED], from, to);
      column.vo_z_cluster.fill(Number.NaN, from, to);
      column.vo_z_nowinsor.fill(Number.NaN, from, to);
    } else {
      this.surprise.run(clean.volume, [column.vo_z, column.vo_z_cluster], from, to);
      this.plainSurprise.run(clean.volume, [column.vo_z_nowinsor, UNWANTED], from, to);
    }
    for (let row = from; row < to; row++) {
      if (Number.isFinite(clean.close[row]!)) this.finish(column, out, seeds, delayed, row);
      else for (const line of out) line[row] = Number.NaN;
    }
  }

  /** The output columns by name; the one-row columns of `next` are the same at every call. */
  private named(out: readonly Float64Array[]): NamedColumns {
    if (out !== this.lastOut) {
      this.lastOut = out;
      this.lastNamed = Object.fromEntries(TA_LINES.map((name, index) => [name, out[index]!])) as NamedColumns;
      this.lastEmas = out.slice(0, TA_SPANS.length);
    }
    return this.lastNamed!;
  }

  /** Columns for the averages of the seed closes, at least this long. */
  private seedsOf(length: number): readonly Float64Array[] {
    if (this.seeds[0]!.length < length) this.seeds = TA_SPANS.map(() => new Float64Array(length));
    return this.seeds;
  }

  /** Turns the parts' values at a row into the record, in place. */
  private finish(
    column: NamedColumns,
    out: readonly Float64Array[],
    seeds: readonly Float64Array[],
    delayed: Float64Array,
    row: number,
  ): void {
    const { state, weights } = this;
    const count = ++state[COUNT]!;
    const slot = (count - 1) & (HISTORY - 1);
    this.remember(column, out, row, count);
    if (count <= this.firstRow) {
      for (const line of out) line[row] = Number.NaN;
      return;
    }
    const { corrections } = this;
    const seeded = Number.isFinite(delayed[row]!);
    for (let span = 0; span < TA_SPANS.length; span++) {
      corrections[span] = seeded ? delayed[row]! - seeds[span]![row]! : 0;
    }
    for (let sloped = 0; sloped < SLOPED.length; sloped++) {
      const span = SLOPED[sloped]!;
      const weight = weights[span]!;
      const average = this.average(sloped, count, 0);
      let slope = 0;
      let delta = 0;
      if (count >= SLOPE_ROWS && average > 0) {
        const base = SLOPES + sloped * HISTORY;
        slope = (state[base + slot]! + corrections[span]! * weight.slope) / Math.max(average, FLOOR);
        if (count >= 2 * SLOPE_ROWS) {
          const earlier =
            state[base + ((slot - SLOPE_ROWS) & (HISTORY - 1))]! + corrections[span]! * weight.earlierSlope;
          delta = slope - earlier / Math.max(this.average(sloped, count, SLOPE_ROWS), FLOOR);
        }
      }
      out[SLOPE_LINES + sloped]![row] = slope;
      if (sloped > 0) out[DELTA_LINES + sloped - 1]![row] = delta;
    }
    const fast = separation(this.average(0, count, 0), this.average(1, count, 0));
    const middle = separation(this.average(1, count, 0), this.average(2, count, 0));
    column.sep_fast[row] = fast;
    column.sep_mid[row] = middle;
    column.dsep_fast_5[row] = 0;
    column.dsep_mid_5[row] = 0;
    if (count > SEPARATION_LAG) {
      const before = this.average(1, count, SEPARATION_LAG);
      column.dsep_fast_5[row] = fast - separation(this.average(0, count, SEPARATION_LAG), before);
      column.dsep_mid_5[row] = middle - separation(before, this.average(2, count, SEPARATION_LAG));
    }
    for (let span = 0; span < TA_SPANS.length; span++) {
      out[span]![row]! += corrections[span]! * weights[span]!.power[0]!;
    }
    this.finishVolatility(column, row, count);
  }

  /** The window's own average of a sloped span, `ago` rows before the last. */
  private average(sloped: number, count: number, ago: number): number {
    const span = SLOPED[sloped]!;
    const value = this.state[AVERAGES + sloped * HISTORY + ((count - 1 - ago) & (HISTORY - 1))]!;
    return value + this.corrections[span]! * this.weights[span]!.power[ago]!;
  }

  private finishVolatility(column: NamedColumns, row: number, count: number): void {
    const { state } = this;
    const atr = count > 1 ? column.atr[row]! : 0;
    column.atr[row] = atr;
    column.atr_norm[row] = atr / Math.max(column.ema50[row]!, FLOOR);
    let sum = 0;
    for (let ago = 0; ago < 20; ago++) sum += state[ATRS + ((count - 1 - ago) & (ATR_HISTORY - 1))]!;
    column.atr_mean_20[row] = count >= 20 ? sum / 20 : atr;
    let peak = atr;
    for (let ago = 1; ago < 10; ago++) {
      peak = Math.max(peak, state[ATRS + ((count - 1 - ago) & (ATR_HISTORY - 1))]!);
    }
    column.atr_peak_10[row] = count >= 10 ? peak : atr;
    if (count < LEAST_ADX_BARS) {
      column.adx[row] = 0;
      column.adx_slope_10[row] = 0;
    } else column.adx_slope_10[row] = historySlope(state, ADXS, count);
    if (Number.isNaN(column.rsi[row]!)) column.rsi[row] = 50;
    if (Number.isNaN(column.rsi_slope_10[row]!)) column.rsi_slope_10[row] = 0;
  }

  /** Writes the bar into the circular histories. */
  private remember(column: NamedColumns, out: readonly Float64Array[], row: number, count: number): void {
    const { state } = this;
    const slot = (count - 1) & (HISTORY - 1);
    for (let sloped = 0; sloped < SLOPED.length; sloped++) {
      const base = AVERAGES + sloped * HISTORY;
      state[base + slot] = out[SLOPED[sloped]!]![row]!;
      state[SLOPES + sloped * HISTORY + slot] = count >= SLOPE_ROWS ? historySlope(state, base, count) : 0;
    }
    // Both series are padded in front with their seed, which is complete at the fifteenth bar.
    const seeding = count <= ATR_PERIOD + 1;
    const atr = count > 1 ? column.atr[row]! : 0;
    const adx = count > ATR_PERIOD ? column.adx[row]! : 0;
    if (seeding) {
      state.fill(atr, ATRS, ATRS + ATR_HISTORY);
      state.fill(adx, ADXS, ADXS + HISTORY);
    } else {
      state[ATRS + ((count - 1) & (ATR_HISTORY - 1))] = atr;
      state[ADXS + slot] = adx;
    }
  }

  /** Bars as the engine takes them. */
  private sanitise(bars: BarInputColumns, from: number, to: number): BarInputColumns {
    const high = this.columns[0]!.of(to);
    const low = this.columns[1]!.of(to);
    const close = this.columns[2]!.of(to);
    const volume = this.columns[3]!.of(to);
    const { state } = this;
    for (let row = from; row < to; row++) {
      const c = bars.close[row]!;
      const h = bars.high[row]!;
      const l = bars.low[row]!;
      const v = bars.volume[row]!;
      const fed = Number.isFinite(c) && c > 0;
      const substitute = state[LAST_CLOSE]! > 0 ? state[LAST_CLOSE]! : c;
      close[row] = fed ? c : Number.NaN;
      high[row] = fed ? (Number.isFinite(h) && h > 0 ? h : substitute) : Number.NaN;
      low[row] = fed ? (Number.isFinite(l) && l > 0 ? l : substitute) : Number.NaN;
      volume[row] = fed ? (Number.isFinite(v) && v > 0 ? v : 0) : Number.NaN;
      if (fed) state[LAST_CLOSE] = c;
    }
    return { high, low, close, volume };
  }
}

/** (a − b) / b, the divisor floored. */
function separation(a: number, b: number): number {
  return (a - b) / Math.max(b, FLOOR);
}
