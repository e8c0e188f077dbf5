/**
 * The universal uptrend engine: closed bars of one series in, one payload per bar out (spec uptrend-engine). Per bar:
 * technical record, geometry when due, one step of the state machine. A pure function of the bars so far and the
 * constants: no clock, no future bar; live, backtest and research are this code.
 *
 * Bars come one by one (`step`) or as columns (`run`), with the same bits; a bar at or before the last one is answered
 * with the stored payload. Bars without a positive finite close are not fed; missing highs, lows and volume are mended
 * as the technical record does. Numbers beyond 1e±18 (volumes 1e30) count as missing too: nothing is quoted so, and
 * their sums would not be numbers. A close that is wrong by a factor of 1e12 or more costs the averages digits until they
 * have forgotten it, some thousand bars. Memory per series is constant: 9,999 closes and 516 rows of seventeen columns.
 *
 * Longer than most files: what a step of one bar needs is one state, and so are its snapshot and its way back.
 */
import { TidewatchError } from '../../errors.js';
import type { BarColumns } from '../../market/series.js';
import type { Timeframe } from '../../market/timeframe.js';
import type { BarInput } from '../indicators/indicator.js';
import { DecayIndex } from './decay-index.js';
import { DecayMemory } from './decay-memory.js';
import { type DecayBars, decayOfBars, LONGEST_WINDOW, SHORTEST_WINDOW } from './decay-windows.js';
import { type EngineSnapshot, readSnapshot, SNAPSHOT_VERSION } from './engine-snapshot.js';
import { Geometry, geometryCadence } from './geometry.js';
import type { Level } from './levels.js';
import type { UptrendPayload } from './payload.js';
import { payloadOf } from './payload-of.js';
import { type UptrendConfig, uptrendConfig } from './profile.js';
import { newTaNow } from './scores.js';
import {
  type Decay,
  type EpisodeClock,
  type MachineMemory,
  newMemory,
  noDecay,
  stepMachine,
} from './state-machine.js';
import { UptrendTa } from './ta.js';
import { minimumTaBars, TA_LINES, type TaLine } from './ta-record.js';

/** Which series, by which constants; what the timeframe sets may be set otherwise, in bars. */
export interface UptrendEngineOptions {
  /** Instrument id that payloads carry. */
  readonly instrument: string;
  readonly timeframe: Timeframe;
  readonly config?: UptrendConfig;
  /** Bars before the first record; the timeframe's unless said. */
  readonly minimumBars?: number;
  /** Bars between geometry rebuilds; the timeframe's unless said. */
  readonly cadence?: number;
}

/** A bar that will not change any more; prices in quote currency, volume in base units. */
export interface ClosedBar extends BarInput {
  /** Open time, UTC ms. */
  readonly time: number;
}

/** Bars of the slowest average: below it a state may owe much to the first bar. */
const WARM_BARS = 333;
/** Bars per pass over the columns: few enough for the processor's cache. */
const BLOCK = 256;
/** What the reference knows of a timeframe's length, seconds; anything else is an hour to it. */
const REFERENCE_SECONDS: Partial<Record<Timeframe, number>> = {
  '1m': 60,
  '15m': 900,
  '1h': 3600,
  '4h': 14400,
};

const LEAST_PRICE = 1e-18;
const MOST_PRICE = 1e18;
const MOST_VOLUME = 1e30;

function isPrice(value: number): boolean {
  return value >= LEAST_PRICE && value <= MOST_PRICE;
}

/**
 * The first engine, kept because V8 drops the compiled code of a class with the collection of its last instance: series run
 * one after another would each start slowly again (half the rate on 35,000 bars).
 */
const KEPT: UptrendEngine[] = [];

/** Mended bars and their technical records, as columns. */
class Room {
  readonly clean: Omit<BarColumns, 'open'>;
  readonly lines: readonly Float64Array[];
  readonly block: Readonly<Record<TaLine, Float64Array>>;

  constructor(readonly length: number) {
    const column = (): Float64Array => new Float64Array(length);
    this.clean = { time: column(), high: column(), low: column(), close: column(), volume: column() };
    this.lines = TA_LINES.map(column);
    this.block = Object.fromEntries(TA_LINES.map((name, at) => [name, this.lines[at]!])) as Record<
      TaLine,
      Float64Array
    >;
  }
}

/** The state machine over one series: closed bars in, one payload per bar out (spec uptrend-engine). */
export class UptrendEngine implements EpisodeClock {
  readonly instrument: string;
  readonly timeframe: Timeframe;
  readonly config: UptrendConfig;
  private readonly minimumBars: number;
  private readonly cadence: number;
  private ta: UptrendTa;
  private geometry: Geometry;
  private memory = new DecayMemory();
  private decayIndex = new DecayIndex(this.memory.rows);
  private machine: MachineMemory = newMemory();
  /** Fed bars. */
  private count = 0;
  private lastTime = Number.NEGATIVE_INFINITY;
  private last: UptrendPayload | null = null;
  /** What all payloads since the last correction carry. */
  private stamp: UptrendPayload['meta'];
  private lastClose = Number.NaN;
  /** Fed-bar index of the bar that began the episode. */
  private episodeStart = -1;
  /** Bars of the episode from its start on, at most 500: what the reference reads. */
  private episode: EngineSnapshot['episode'] = null;
  // The bar being stepped.
  private running = false;
  private nowTime = 0;
  private nowVolume = 0;

  /** Room to work in: one bar for `step`, a block for `run`. */
  private room = new Room(1);
  private readonly record = newTaNow();

  constructor(options: UptrendEngineOptions) {
    this.instrument = options.instrument;
    this.timeframe = options.timeframe;
    this.config = options.config ?? uptrendConfig();
    this.minimumBars = options.minimumBars ?? minimumTaBars(options.timeframe);
    this.cadence = options.cadence ?? geometryCadence(options.timeframe);
    this.ta = this.newTa();
    this.geometry = new Geometry(this.cadence);
    this.stamp = { profile: this.config.profile, revision: 0 };
    if (KEPT.length === 0) KEPT.push(this);
  }

  private newTa(): UptrendTa {
    return new UptrendTa(this.timeframe, {
      window: this.config.window,
      minimumBars: this.minimumBars,
      scoresOnly: true,
    });
  }

  /** Open time of the last bar taken in, UTC ms; −Infinity before the first. */
  get lastBarTime(): number {
    return this.lastTime;
  }

  /** The last payload; null before there is one. */
  get payload(): UptrendPayload | null {
    return this.last;
  }

  /** Levels in force, highest first, and the fed-bar index of their rebuild (−1 before the first). */
  get levels(): {
    readonly levels: readonly Level[];
    readonly rebuiltAt: number;
    readonly swingHighs: number;
    readonly swingLows: number;
  } {
    const { levels, rebuiltAt, swingHighs, swingLows } = this.geometry;
    return { levels, rebuiltAt, swingHighs, swingLows };
  }

  /** What the state machine keeps beside the payload. */
  get meta(): Readonly<MachineMemory> {
    return this.machine;
  }

  /**
   * Takes in one closed bar.
   * @returns its payload; the stored one for a bar at or before the last; null before the warm-up and for a bar
   *   without a price as close
   * @throws TidewatchError `bad_parameter` for an open time that is not a whole number, or inside `run`
   */
  step(bar: ClosedBar): UptrendPayload | null {
    this.requireIdle();
    this.requireTime(bar.time);
    if (bar.time <= this.lastTime) return this.last;
    if (!this.feed(0, bar.time, bar.high, bar.low, bar.close, bar.volume)) return null;
    this.runTa(1);
    return this.advance(0);
  }

  /**
   * Takes in closed bars as columns; one at or before the last is passed over, as in `step`.
   * @param visit gets every payload with the position of its bar; it must not use this engine but to read `payload`,
   *   `levels` and `meta`, and when it throws the engine is lost, because the bars of a block are taken in together
   * @throws TidewatchError, with nothing taken in: `column_length_mismatch`; `bad_parameter` for an open time that is not
   *   a whole number, or inside `run` already
   */
  run(bars: Omit<BarColumns, 'open'>, visit: (payload: UptrendPayload, row: number) => void): void {
    this.requireIdle();
    const { time, high, low, close, volume } = bars;
    for (const column of [high, low, close, volume]) {
      if (column.length === time.length) continue;
      throw new TidewatchError(
        'column_length_mismatch',
        `a column of ${this.instrument} is not as long as time`,
        {
          hint: 'give every column one value per bar',
          details: { rows: time.length, length: column.length },
        },
      );
    }
    for (let row = 0; row < time.length; row++) this.requireTime(time[row]!);
    this.running = true;
    if (this.room.length < BLOCK) this.room = new Room(BLOCK);
    const rows = new Int32Array(BLOCK);
    let row = 0;
    while (row < time.length) {
      let fed = 0;
      for (; row < time.length && fed < BLOCK; row++) {
        if (time[row]! <= this.lastTime) continue;
        if (!this.feed(fed, time[row]!, high[row]!, low[row]!, close[row]!, volume[row]!)) continue;
        rows[fed] = row;
        fed += 1;
      }
      this.runTa(fed);
      for (let at = 0; at < fed; at++) {
        const payload = this.advance(at);
        if (payload) visit(payload, rows[at]!);
      }
    }
    this.running = false;
  }

  private requireIdle(): void {
    if (!this.running) return;
    throw new TidewatchError('bad_parameter', `the engine of ${this.instrument} is inside a run`, {
      hint: 'use it after the run has ended; if its visitor threw, restore a snapshot into a new engine',
    });
  }

  /** Mends a bar into the block; false when it is not to be fed. */
  private feed(at: number, time: number, high: number, low: number, close: number, volume: number): boolean {
    if (!isPrice(close)) return false;
    const substitute = Number.isNaN(this.lastClose) ? close : this.lastClose;
    const { clean } = this.room;
    clean.time[at] = time;
    clean.high[at] = isPrice(high) ? high : substitute;
    clean.low[at] = isPrice(low) ? low : substitute;
    clean.close[at] = close;
    clean.volume[at] = volume > 0 && volume <= MOST_VOLUME ? volume : 0;
    this.lastClose = close;
    this.lastTime = time;
    return true;
  }

  /** A bar that has no place in time cannot be passed over: it may be the one that matters. */
  private requireTime(time: number): void {
    if (Number.isSafeInteger(time)) return;
    throw new TidewatchError('bad_parameter', `a bar of ${this.instrument} has the open time ${time}`, {
      hint: 'give open times in whole UTC milliseconds',
      details: { ts: String(time) },
    });
  }

  private runTa(rows: number): void {
    if (rows > 0) this.ta.run(this.room.clean, this.room.lines, 0, rows);
  }

  /** One fed bar through memory, geometry and the state machine. */
  private advance(at: number): UptrendPayload | null {
    const { clean } = this.room;
    const close = clean.close[at]!;
    const time = clean.time[at]!;
    this.nowTime = time;
    this.nowVolume = clean.volume[at]!;
    this.memory.write(clean, this.room.block, at);
    this.count += 1;
    this.geometry.next(close);
    if (this.count < this.minimumBars) return null;
    this.fillRecord(at);
    const { record } = this;
    const before = this.machine.state;
    if (this.config.referenceFaults) this.rememberEpisode(at);
    const outcome = stepMachine(this.machine, time, close, record, this.geometry.table, this, this.config);
    this.last = payloadOf(
      this.instrument,
      this.timeframe,
      time,
      before,
      close,
      record,
      this.count >= WARM_BARS,
      outcome,
      this.stamp,
    );
    return this.last;
  }

  private fillRecord(at: number): void {
    const { record } = this;
    const { block } = this.room;
    record.ema20 = block.ema20[at]!;
    record.ema30 = block.ema30[at]!;
    record.ema60 = block.ema60[at]!;
    record.ema144 = block.ema144[at]!;
    record.ema250 = block.ema250[at]!;
    record.ema333 = block.ema333[at]!;
    record.ema20_slope = block.ema20_slope[at]!;
    record.ema60_slope = block.ema60_slope[at]!;
    record.ema144_slope = block.ema144_slope[at]!;
    record.ema250_slope = block.ema250_slope[at]!;
    record.ema333_slope = block.ema333_slope[at]!;
    record.d_ema144_slope = block.d_ema144_slope[at]!;
    record.dsep_fast_5 = block.dsep_fast_5[at]!;
    record.dsep_mid_5 = block.dsep_mid_5[at]!;
    record.atr = block.atr[at]!;
    record.atr_mean_20 = block.atr_mean_20[at]!;
    record.rsi_slope_10 = block.rsi_slope_10[at]!;
    record.adx = block.adx[at]!;
    record.adx_slope_10 = block.adx_slope_10[at]!;
    record.vo_z = block.vo_z[at]!;
  }

  /** The bar being stepped begins an episode. */
  begin(): void {
    this.episodeStart = this.count - 1;
    this.memory.begin(this.nowVolume);
    const { columns, end } = this.memory.rows;
    if (this.config.referenceFaults) {
      this.episode = {
        high: [columns.high[end - 1]!],
        low: [columns.low[end - 1]!],
        close: [columns.close[end - 1]!],
        volume: [this.nowVolume],
      };
    }
  }

  decay(): Decay {
    const bars = this.barsSinceStart();
    if (bars < SHORTEST_WINDOW) return noDecay(bars, { error: 'insufficient_s3_bars', s3_bars: 0 });
    if (!this.config.referenceFaults) return { bars, ...this.decayIndex.read(bars) };
    const read: DecayBars = this.episode!;
    if (read.close.length < SHORTEST_WINDOW) {
      return noDecay(bars, { error: 'insufficient_data', bars: read.close.length });
    }
    return { bars, ...decayOfBars(read, bars, true) };
  }

  private barsSinceStart(): number {
    if (!this.config.referenceFaults) return this.count - 1 - this.episodeStart;
    const seconds = REFERENCE_SECONDS[this.timeframe] ?? 3600;
    return Math.floor((this.nowTime - this.machine.s3_start_ts!) / 1000 / seconds);
  }

  private rememberEpisode(at: number): void {
    if (this.machine.state !== 'S3' || !this.episode || this.episode.close.length >= LONGEST_WINDOW) return;
    const { clean } = this.room;
    this.episode.high.push(clean.high[at]!);
    this.episode.low.push(clean.low[at]!);
    this.episode.close.push(clean.close[at]!);
    this.episode.volume.push(clean.volume[at]!);
  }

  /** Everything a restart needs, as JSON; `restore` goes on bit for bit. */
  snapshot(): EngineSnapshot {
    this.requireIdle();
    return {
      schema_version: SNAPSHOT_VERSION,
      instrument_id: this.instrument,
      timeframe: this.timeframe,
      profile: this.config.profile,
      count: this.count,
      last_time: this.count === 0 ? null : this.lastTime,
      last_close: Number.isNaN(this.lastClose) ? null : this.lastClose,
      last_high: this.memory.rows.columns.high[this.memory.rows.end - 1] ?? null,
      last_low: this.memory.rows.columns.low[this.memory.rows.end - 1] ?? null,
      revision: this.stamp.revision,
      episode_start: this.episodeStart,
      episode: copyOf(this.episode),
      machine: { ...this.machine },
      payload: this.last,
      ta: this.ta.snapshot(),
      geometry: this.geometry.snapshot(),
      memory: this.memory.rows.snapshot(),
    };
  }

  /**
   * Goes on from a snapshot of an engine with the same options.
   * @throws TidewatchError `unsupported_schema_version`, `bad_parameter` when it is of another series or profile
   */
  restore(json: unknown): void {
    const snapshot = readSnapshot(json, this.instrument, this.timeframe, this.config.profile);
    this.count = snapshot.count;
    this.lastTime = snapshot.last_time ?? Number.NEGATIVE_INFINITY;
    this.lastClose = snapshot.last_close ?? Number.NaN;
    this.markRevision(snapshot.revision);
    this.episodeStart = snapshot.episode_start;
    this.episode = copyOf(snapshot.episode);
    this.machine = { ...snapshot.machine };
    this.last = snapshot.payload;
    this.ta = this.newTa();
    this.ta.restore(snapshot.ta);
    this.geometry = Geometry.restore(this.cadence, snapshot.geometry);
    this.memory = new DecayMemory();
    this.memory.rows.restore(snapshot.memory);
    this.decayIndex = new DecayIndex(this.memory.rows);
  }

  /** Marks what follows as recomputed after a correction. */
  markRevision(revision: number): void {
    this.stamp = { profile: this.config.profile, revision };
  }
}

/** The columns grow with the episode; a snapshot must not. */
function copyOf(episode: EngineSnapshot['episode']): EngineSnapshot['episode'] {
  if (episode === null) return null;
  const { high, low, close, volume } = episode;
  return { high: [...high], low: [...low], close: [...close], volume: [...volume] };
}
