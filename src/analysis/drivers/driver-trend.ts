/**
 * One driver on one timeframe: closed bars in, its record out (regime spec §9, §10). The same uptrend engine, geometry
 * and technical record as any series, in the default profile `standard`, with the drivers' own minimum of bars (1m 333,
 * 1h 72, 1d 30) and three things that A/E reads besides the payload: a buy that follows a trim, the state before the
 * present one, and how long it lasts.
 *
 * `step` and `run` give the same bits; a bar at or before the last is answered with the stored record, so a job that runs
 * twice changes nothing. Flags are those of the newest bar and do not latch; the one thing latched is that the trend
 * has been trimmed. A correction of past bars needs a replay from them.
 */
import { TidewatchError } from '../../errors.js';
import type { BarColumns } from '../../market/series.js';
import { UptrendEngine } from '../uptrend/engine.js';
import type { EngineSnapshot } from '../uptrend/engine-snapshot.js';
import type { Level } from '../uptrend/levels.js';
import type { UptrendPayload, UptrendState } from '../uptrend/payload.js';
import { type UptrendConfig, uptrendConfig } from '../uptrend/profile.js';
import { UptrendTa } from '../uptrend/ta.js';
import { DEFAULT_BOOK, type Driver, driverInstrument, type RegimeTimeframe } from './driver.js';
import { type DriverTa, driverTa, minimumDriverBars } from './driver-ta.js';
import { isValidBar, type PriceBar } from './valid-bar.js';

/** The uptrend payload with what A/E reads besides it; feature `trend` of a driver's record. */
export interface DriverTrendRecord extends UptrendPayload {
  /** buy_flag after a trim of the same trend; absent = false. */
  readonly rebuy_flag?: true;
  /** State before the present one; empty before the first change. */
  readonly entered_from: UptrendState | '';
  /** Bars since the one that entered the state: 0 on that bar. */
  readonly bars_in_state: number;
}

/** Feature `geometry` of a driver's record. */
export interface DriverGeometry {
  readonly levels: { readonly sr_levels: readonly Level[] };
  readonly swing_points: { readonly highs: number; readonly lows: number };
}

export interface DriverTrendOptions {
  readonly driver: Driver;
  readonly timeframe: RegimeTimeframe;
  readonly book?: string;
  readonly config?: UptrendConfig;
  /** True leaves out the technical record, which no state depends on: about a third of the work. */
  readonly statesOnly?: boolean;
}

/** Everything a restart needs, as JSON. */
export interface DriverTrendSnapshot {
  readonly schema_version: 1;
  readonly engine: EngineSnapshot;
  /** Null where only states are kept. */
  readonly ta: ReturnType<UptrendTa['snapshot']> | null;
  readonly trimmed: boolean;
  readonly entered_from: UptrendState | '';
  readonly bars_in_state: number;
  readonly bars_count: number;
  readonly record: DriverTrendRecord | null;
}

/** Bars per pass over the columns. */
const BLOCK = 4096;

const holdsTrend = (state: UptrendState): boolean => state === 'S2' || state === 'S3';

export class DriverTrend {
  readonly driver: Driver;
  readonly timeframe: RegimeTimeframe;
  private readonly engine: UptrendEngine;
  private readonly technical: UptrendTa | null;
  private trimmed = false;
  private enteredFrom: UptrendState | '' = '';
  private barsInState = 0;
  private count = 0;
  private last: DriverTrendRecord | null = null;

  constructor(options: DriverTrendOptions) {
    const { driver, timeframe, book = DEFAULT_BOOK, config = uptrendConfig() } = options;
    this.driver = driver;
    this.timeframe = timeframe;
    const minimumBars = minimumDriverBars(timeframe);
    this.engine = new UptrendEngine({
      instrument: driverInstrument(driver, book),
      timeframe,
      config,
      minimumBars,
    });
    this.technical = options.statesOnly
      ? null
      : new UptrendTa(timeframe, { window: config.window, minimumBars });
  }

  /** Open of the last bar taken in, UTC ms; −Infinity before the first. */
  get lastBarTime(): number {
    return this.engine.lastBarTime;
  }

  /** Bars taken in. */
  get barsCount(): number {
    return this.count;
  }

  /** The newest record; null before there are enough bars. */
  get record(): DriverTrendRecord | null {
    return this.last;
  }

  /** Feature `ta` without the time at which it is stored; null before there are enough bars, or with `statesOnly`. */
  ta(): DriverTa | null {
    if (this.technical === null) return null;
    return driverTa(this.technical, this.count, this.engine.lastBarTime, this.last?.price);
  }

  geometry(): DriverGeometry {
    const { levels, swingHighs, swingLows } = this.engine.levels;
    return { levels: { sr_levels: levels }, swing_points: { highs: swingHighs, lows: swingLows } };
  }

  /**
   * Takes in one closed bar.
   * @returns its record; the stored one for a bar at or before the last, and for one that is not valid; null before
   *   there are enough bars
   * @throws TidewatchError `bad_parameter` for an open time that is not a whole number
   */
  step(bar: PriceBar): DriverTrendRecord | null {
    const { ts: time, open, high, low, close, volume } = bar;
    if (time <= this.engine.lastBarTime || !isValidBar(open, high, low, close, volume)) return this.last;
    const payload = this.engine.step({ time, high, low, close, volume });
    this.technical?.next({ high, low, close, volume });
    this.count += 1;
    return payload === null ? null : this.take(payload);
  }

  /**
   * Takes in closed bars as columns; those at or before the last and those not valid are passed over.
   * @param visit gets every record with the position of its bar
   * @throws TidewatchError as `UptrendEngine.run`
   */
  run(bars: BarColumns, visit?: (record: DriverTrendRecord, row: number) => void): void {
    const { open, high, low, close, volume } = bars;
    let newest = this.engine.lastBarTime;
    const rows = Int32Array.from(bars.time.keys()).filter((row) => {
      const time = bars.time[row]!;
      if (time <= newest || !isValidBar(open[row]!, high[row]!, low[row]!, close[row]!, volume[row]!)) {
        return false;
      }
      newest = time;
      return true;
    });
    for (let from = 0; from < rows.length; from += BLOCK) {
      const block = rows.subarray(from, from + BLOCK);
      const pick = (column: Float64Array): Float64Array => Float64Array.from(block, (row) => column[row]!);
      const part = {
        time: pick(bars.time),
        high: pick(high),
        low: pick(low),
        close: pick(close),
        volume: pick(volume),
      };
      this.engine.run(part, (payload, at) => {
        const record = this.take(payload);
        visit?.(record, block[at]!);
      });
      this.technical?.batch(part);
      this.count += block.length;
    }
  }

  /** A payload with what the bars before it say. */
  private take(payload: UptrendPayload): DriverTrendRecord {
    const { state, prev_state } = payload;
    if (state === prev_state) this.barsInState += 1;
    else {
      this.enteredFrom = prev_state;
      this.barsInState = 0;
    }
    const rebuys = this.trimmed && payload.buy_flag === true && holdsTrend(state);
    this.trimmed = holdsTrend(state) && (this.trimmed || payload.trim_flag === true);
    this.last = {
      ...payload,
      ...(rebuys ? { rebuy_flag: true as const } : {}),
      entered_from: this.enteredFrom,
      bars_in_state: this.barsInState,
    };
    return this.last;
  }

  /** `restore` goes on bit for bit. */
  snapshot(): DriverTrendSnapshot {
    return {
      schema_version: 1,
      engine: this.engine.snapshot(),
      ta: this.technical?.snapshot() ?? null,
      trimmed: this.trimmed,
      entered_from: this.enteredFrom,
      bars_in_state: this.barsInState,
      bars_count: this.count,
      record: this.last,
    };
  }

  /**
   * Goes on from a snapshot of the same driver, timeframe, book and profile.
   * @throws TidewatchError `unsupported_schema_version`, `bad_parameter` when it is of another series or profile
   */
  restore(snapshot: DriverTrendSnapshot): void {
    if (snapshot.schema_version !== 1) {
      throw new TidewatchError(
        'unsupported_schema_version',
        `a snapshot of ${this.driver} ${this.timeframe} has schema version ${String(snapshot.schema_version)}`,
        { hint: 'replay the driver from its stored bars' },
      );
    }
    this.engine.restore(snapshot.engine);
    this.technical?.restore(snapshot.ta);
    this.trimmed = snapshot.trimmed;
    this.enteredFrom = snapshot.entered_from;
    this.barsInState = snapshot.bars_in_state;
    this.count = snapshot.bars_count;
    this.last = snapshot.record;
  }
}
