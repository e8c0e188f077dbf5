/**
 * The states of the drivers as a function of their stored bars and of nothing else (regime spec §10, §16.2): every bar is
 * stepped once, in order, from the first stored one. A process that starts steps them all; one that runs steps what is
 * new; where a past bar has changed, that driver is stepped anew from its first bar. So it does not matter when the
 * process was started, stopped or killed.
 */
import {
  DRIVERS,
  type Driver,
  REGIME_TIMEFRAMES,
  type RegimeTimeframe,
} from '../../analysis/drivers/driver.js';
import { DriverTrend } from '../../analysis/drivers/driver-trend.js';
import type { RegimeBars } from '../../data/drivers/regime-bars.js';
import type { RegimeSeries } from '../../data/drivers/regime-series.js';
import type { StepNotes } from '../../data/drivers/step-result.js';
import type { DriverEvaluation } from '../../platform/store/driver-records.js';
import { StateTrack } from './state-track.js';

interface Stepped {
  trend: DriverTrend;
  track: StateTrack;
  series: RegimeSeries;
}

export class DriverStates {
  private readonly stepped = new Map<string, Stepped>();

  constructor(
    private readonly bars: RegimeBars,
    private readonly book: string,
  ) {}

  /**
   * Steps over what is stored and new.
   * @param changedFrom per driver the earliest bar that is new or other than before
   * @returns the drivers that took in bars
   */
  async advance(
    timeframe: RegimeTimeframe,
    changedFrom: ReadonlyMap<Driver, number>,
    notes: StepNotes,
    signal?: AbortSignal,
  ): Promise<readonly Driver[]> {
    const { series } = await this.bars.of(timeframe);
    const moved: Driver[] = [];
    for (const driver of DRIVERS) {
      await notes.part(driver, signal, async () => {
        const own = series.get(driver)!;
        const before = this.stepped.get(keyOf(driver, timeframe));
        const isBroken =
          before === undefined ||
          before.series !== own ||
          (changedFrom.get(driver) ?? Number.POSITIVE_INFINITY) <= before.trend.lastBarTime;
        const stepped = isBroken ? this.start(driver, timeframe, own) : before;
        const first = own.position(stepped.trend.lastBarTime + 1);
        const count = own.length - first;
        if (count === 0) return;
        stepped.trend.run(own.bars(first), (record) => stepped.track.push(record));
        notes.count('bars', count);
        if (isBroken && before !== undefined) notes.count('replayed', 1);
        moved.push(driver);
      });
    }
    return moved;
  }

  /** Steps over all that is stored, of all timeframes. */
  async load(notes: StepNotes): Promise<void> {
    for (const timeframe of REGIME_TIMEFRAMES) await this.advance(timeframe, new Map(), notes);
  }

  /** What is to be stored of a driver; undefined while it has no record. */
  evaluation(driver: Driver, timeframe: RegimeTimeframe, now: number): DriverEvaluation | undefined {
    const stepped = this.stepped.get(keyOf(driver, timeframe));
    const record = stepped?.trend.record;
    const ta = stepped?.trend.ta();
    if (stepped === undefined || record == null || ta == null) return undefined;
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
      },
    };
  }

  track(driver: Driver, timeframe: RegimeTimeframe): StateTrack | undefined {
    return this.stepped.get(keyOf(driver, timeframe))?.track;
  }

  private start(driver: Driver, timeframe: RegimeTimeframe, series: RegimeSeries): Stepped {
    const trend = new DriverTrend({ driver, timeframe, book: this.book });
    const stepped = { trend, track: new StateTrack(), series };
    this.stepped.set(keyOf(driver, timeframe), stepped);
    return stepped;
  }
}

function keyOf(driver: Driver, timeframe: RegimeTimeframe): string {
  return `${driver} ${timeframe}`;
}
