/**
 * Uptrend states of stored series for the command line and the API: a run over all stored bars, what it says at one bar,
 * and the newest bar of a whole universe. A run always begins at the first stored bar, so that every reader sees the same
 * states.
 */
import { explainUptrend, type UptrendExplanation } from '../../analysis/uptrend/explain.js';
import type { Level } from '../../analysis/uptrend/levels.js';
import type { UptrendPayload } from '../../analysis/uptrend/payload.js';
import { type UptrendConfig, uptrendConfig } from '../../analysis/uptrend/profile.js';
import { minimumTaBars } from '../../analysis/uptrend/ta-record.js';
import {
  backtestUptrend,
  type UptrendBacktest,
  type UptrendBacktestOptions,
} from '../../backtest/uptrend-backtest.js';
import type { Lake } from '../../data/lake/lake.js';
import { TidewatchError } from '../../errors.js';
import type { Clock } from '../../market/clock.js';
import type { Series } from '../../market/series.js';
import { divides, type Timeframe } from '../../market/timeframe.js';
import { finalBars } from '../final-bars.js';
import { type ScanRow, scanRow, skippedRow } from './scan-rows.js';
import { walkTo } from './walk-series.js';

/** The engine's judgement of one bar with what a reader needs to follow it. */
export interface UptrendAtBar {
  readonly payload: UptrendPayload;
  readonly explanation: UptrendExplanation;
  /** Levels in force, highest first. */
  readonly levels: readonly Level[];
  /** Open of the first bar in this state, UTC ms. */
  readonly since: number;
  readonly barsInState: number;
}

export interface UptrendRequest {
  readonly instrument: string;
  readonly timeframe: Timeframe;
  /** The constants of `standard` when left out. */
  readonly config?: UptrendConfig;
}

export interface UptrendRunRequest
  extends UptrendRequest,
    Omit<UptrendBacktestOptions, 'start' | 'end' | 'config' | 'clock'> {
  /** First bar that counts, UTC ms; earlier ones warm the engine. */
  readonly from?: number | undefined;
  /** End of the range, not included. */
  readonly to?: number | undefined;
}

/** Columns, summary, last payload and levels of a run, with the bars it walked. */
export interface UptrendRun extends UptrendBacktest {
  readonly series: Series;
  /** Stored as such, or made of finer bars. */
  readonly source: 'native' | 'derived';
}

export interface ScanRequest {
  readonly timeframe: Timeframe;
  readonly config?: UptrendConfig;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export class UptrendService {
  constructor(
    private readonly lake: Lake,
    private readonly clock: Clock,
  ) {}

  /**
   * The engine over all stored bars up to `to`; those before `from` warm it.
   * @throws TidewatchError `no_data`; `too_few_rows` when no bar of the range has a payload; `bad_parameter` from the
   *   simulator; the signal's reason
   */
  async run({ instrument, timeframe, from, to, ...options }: UptrendRunRequest): Promise<UptrendRun> {
    const { series, source } = await this.closedBars(instrument, timeframe);
    const run = await backtestUptrend(series, { ...options, start: from, end: to, clock: this.clock });
    if (run.last === null) throw tooFewBars(series, run.summary.bars + run.summary.warmup_bars);
    return { ...run, series, source };
  }

  /**
   * What the engine says at the newest bar, or at the last one that opens at or before `at`, and why.
   * @param at UTC ms
   * @throws TidewatchError `no_data`; `too_few_rows` when the engine is silent there
   */
  async explain(request: UptrendRequest, at?: number): Promise<UptrendAtBar> {
    const { series } = await this.closedBars(request.instrument, request.timeframe);
    const { config = uptrendConfig() } = request;
    const { engine, bars, since, barsInState } = walkTo(series, config, at);
    const { payload } = engine;
    if (payload === null) throw tooFewBars(series, bars);
    return {
      payload,
      explanation: explainUptrend(payload, config),
      levels: engine.levels.levels,
      since,
      barsInState,
    };
  }

  /** A bar that is still open would be judged by a price that is no close. */
  private async closedBars(
    instrument: string,
    timeframe: Timeframe,
  ): Promise<{ series: Series; source: 'native' | 'derived' }> {
    const stored = await this.lake.series(instrument, timeframe);
    return { series: finalBars(stored, this.clock.now()).series, source: stored.kind };
  }

  /** Instruments with bars at a timeframe, stored or made of finer ones. */
  async universe(timeframe: Timeframe): Promise<string[]> {
    const stored = await this.lake.status('bars');
    const fits = stored.filter((each) => divides(each.timeframe as Timeframe, timeframe));
    return [...new Set(fits.map(({ subject }) => subject))].sort();
  }

  /** The newest bar of every instrument of the universe, by name; a series that cannot be read is a row that says so. */
  async scan({ timeframe, config = uptrendConfig(), onProgress, signal }: ScanRequest): Promise<ScanRow[]> {
    const universe = await this.universe(timeframe);
    const rows: ScanRow[] = [];
    for (const instrument of universe) {
      signal?.throwIfAborted();
      rows.push(await this.scanOne(instrument, timeframe, config));
      onProgress?.(rows.length, universe.length);
    }
    return rows;
  }

  private async scanOne(instrument: string, timeframe: Timeframe, config: UptrendConfig): Promise<ScanRow> {
    try {
      const { series } = await this.closedBars(instrument, timeframe);
      const { engine, since, barsInState } = walkTo(series, config);
      return scanRow(instrument, engine.payload, since, barsInState);
    } catch (error) {
      if (!(error instanceof TidewatchError)) throw error;
      return skippedRow(instrument, error.message);
    }
  }
}

function tooFewBars(series: Series, bars: number): TidewatchError {
  return new TidewatchError(
    'too_few_rows',
    `${series.instrument} ${series.timeframe} has no bar there that the uptrend engine could judge`,
    {
      hint: `the engine needs ${minimumTaBars(series.timeframe)} bars; ask for a later time or give more history`,
      details: { bars },
    },
  );
}
