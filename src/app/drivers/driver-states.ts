/**
 * The states of the drivers as a function of their stored bars and of nothing else (regime spec §10, §16.2): every bar is
 * stepped once, in order, from the first stored one. A process that runs steps what is new. One that starts goes on from
 * the checkpoint in the driver's record when the bars before it are still those that it was made of, told by their
 * checksum, and steps what came after; else, as where a past bar has changed, from an older checkpoint or from the first
 * bar. So it does not matter when the process was started, stopped or killed.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { DRIVERS, type Driver, type RegimeTimeframe } from '../../analysis/drivers/driver.js';
import { DriverTrend } from '../../analysis/drivers/driver-trend.js';
import type { RegimeBars } from '../../data/drivers/regime-bars.js';
import type { RegimeSeries } from '../../data/drivers/regime-series.js';
import type { StepNotes } from '../../data/drivers/step-result.js';
import type { DriverEvaluation } from '../../platform/store/driver-records.js';
import { type Checkpoint, checkpointOf, restoredTrend, type StoredCheckpoint } from './trend-checkpoint.js';

interface Stepped {
  readonly trend: DriverTrend;
  readonly series: RegimeSeries;
  readonly rewrites: number;
}

/** Bars between two checkpoints; what a process that starts steps at most. */
const CHECKPOINT_BARS: Readonly<Record<RegimeTimeframe, number>> = { '1m': 60, '1h': 24, '1d': 7 };
/** Bars between two pauses, for whatever else the process does. */
const BLOCK = 4096;

export class DriverStates {
  private readonly stepped = new Map<string, Stepped>();
  /** Newest last: a correction of the last minutes needs the one before. */
  private readonly checkpoints = new Map<string, Checkpoint[]>();
  private readonly unsaved = new Map<string, Checkpoint>();

  constructor(
    private readonly bars: Pick<RegimeBars, 'of'>,
    private readonly book: string,
    /** Checkpoints of the records, by driver and timeframe; asked once. */
    private readonly stored: () => Promise<ReadonlyMap<string, StoredCheckpoint>>,
  ) {}

  private known: Promise<ReadonlyMap<string, StoredCheckpoint>> | undefined;

  /**
   * Steps over what is stored and new.
   * @returns the drivers that took in bars
   */
  async advance(
    timeframe: RegimeTimeframe,
    notes: StepNotes,
    signal?: AbortSignal,
  ): Promise<readonly Driver[]> {
    const { series } = await this.bars.of(timeframe);
    const moved: Driver[] = [];
    for (const driver of DRIVERS) {
      await notes.part(driver, signal, async () => {
        const own = series.get(driver)!;
        const before = this.stepped.get(keyOf(driver, timeframe));
        const isBroken = before?.series !== own || before.rewrites !== own.rewrites;
        const { trend } = isBroken ? await this.begin(driver, timeframe, own, notes) : before;
        if (isBroken && before !== undefined) notes.count('replayed', 1);
        let count = 0;
        for (;;) {
          const first = own.position(trend.lastBarTime + 1);
          if (first >= own.length) break;
          if (count > 0) await breathe();
          signal?.throwIfAborted();
          trend.run(own.bars(first, first + BLOCK));
          count += Math.min(BLOCK, own.length - first);
        }
        if (count === 0) return;
        notes.count('bars', count);
        moved.push(driver);
      });
    }
    return moved;
  }

  /** What is to be stored of a driver; undefined while it has no record. */
  evaluation(driver: Driver, timeframe: RegimeTimeframe, now: number): DriverEvaluation | undefined {
    const stepped = this.stepped.get(keyOf(driver, timeframe));
    const record = stepped?.trend.record;
    const ta = stepped?.trend.ta();
    if (stepped === undefined || record == null || ta == null) return undefined;
    const checkpoint = this.dueCheckpoint(driver, timeframe, stepped);
    return {
      driver,
      timeframe,
      state: record.state,
      barsCount: stepped.series.length,
      barTs: record.ts,
      features: {
        trend: record,
        ta: { ...ta, meta: { ...ta.meta, updated_at: now } },
        geometry: stepped.trend.geometry(),
        ...(checkpoint === undefined ? {} : { trend_meta: checkpoint.stored }),
      },
    };
  }

  /** The evaluations are in the store, with the checkpoints that they held. */
  saved(evaluations: readonly DriverEvaluation[]): void {
    for (const { driver, timeframe } of evaluations) {
      const key = keyOf(driver, timeframe);
      const checkpoint = this.unsaved.get(key);
      if (checkpoint === undefined) continue;
      this.unsaved.delete(key);
      this.checkpoints.set(key, [...(this.checkpoints.get(key) ?? []).slice(-1), checkpoint]);
    }
  }

  private async begin(
    driver: Driver,
    timeframe: RegimeTimeframe,
    series: RegimeSeries,
    notes: StepNotes,
  ): Promise<Stepped> {
    const key = keyOf(driver, timeframe);
    const options = { driver, timeframe, book: this.book };
    if (!this.checkpoints.has(key)) {
      // without the store there is only the long way
      this.known ??= this.stored().catch(() => new Map());
      const found = (await this.known).get(key);
      if (found) this.checkpoints.set(key, [{ bars: found.bars, stored: found }]);
    }
    const kept = this.checkpoints.get(key) ?? [];
    this.unsaved.delete(key);
    let trend: DriverTrend | undefined;
    while (kept.length > 0 && trend === undefined) {
      trend = restoredTrend(options, kept[kept.length - 1]!, series);
      if (trend === undefined) kept.pop();
      else notes.count('resumed', 1);
    }
    const stepped = { trend: trend ?? new DriverTrend(options), series, rewrites: series.rewrites };
    this.stepped.set(key, stepped);
    return stepped;
  }

  private dueCheckpoint(
    driver: Driver,
    timeframe: RegimeTimeframe,
    { trend, series }: Stepped,
  ): Checkpoint | undefined {
    const key = keyOf(driver, timeframe);
    const last = this.checkpoints.get(key)?.at(-1);
    // not all drivers in the same minute
    const apart = CHECKPOINT_BARS[timeframe] + DRIVERS.indexOf(driver);
    if (last !== undefined && series.length - last.bars < apart) return undefined;
    const made = checkpointOf(trend, series);
    this.unsaved.set(key, made);
    return made;
  }
}

function keyOf(driver: string, timeframe: string): string {
  return `${driver} ${timeframe}`;
}
