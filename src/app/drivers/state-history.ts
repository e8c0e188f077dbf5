/**
 * What every driver said at every stored bar, for the history of A and E. Replayed from the stored bars when history is
 * first asked for and stepped on afterwards, so a process that starts does not wait for it. Other work goes on between
 * blocks of bars.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { ChannelTrack } from '../../analysis/drivers/channel-track.js';
import {
  DRIVERS,
  type Driver,
  REGIME_TIMEFRAMES,
  type RegimeTimeframe,
} from '../../analysis/drivers/driver.js';
import { DriverTrend } from '../../analysis/drivers/driver-trend.js';
import type { DriverTracks } from '../../analysis/drivers/posture-history.js';
import type { RegimeBars } from '../../data/drivers/regime-bars.js';
import type { RegimeSeries } from '../../data/drivers/regime-series.js';

interface Followed {
  readonly trend: DriverTrend;
  readonly track: ChannelTrack;
  readonly series: RegimeSeries;
  readonly rewrites: number;
}

/** Bars between two pauses: some tens of milliseconds. */
const BLOCK = 4096;

export class StateHistory {
  private readonly followed = new Map<string, Followed>();
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly bars: Pick<RegimeBars, 'of'>,
    private readonly book: string,
  ) {}

  /** Tracks of all drivers up to the newest stored bar. */
  tracks(): Promise<DriverTracks> {
    const turn = this.running.then(() => this.advance());
    this.running = turn.catch(() => undefined);
    return turn;
  }

  private async advance(): Promise<DriverTracks> {
    const tracks: Partial<Record<Driver, Partial<Record<RegimeTimeframe, ChannelTrack>>>> = {};
    for (const timeframe of REGIME_TIMEFRAMES) {
      const { series } = await this.bars.of(timeframe);
      for (const driver of DRIVERS) {
        const track = await this.follow(driver, timeframe, series.get(driver)!);
        tracks[driver] = { ...tracks[driver], [timeframe]: track };
      }
    }
    return tracks;
  }

  private async follow(
    driver: Driver,
    timeframe: RegimeTimeframe,
    series: RegimeSeries,
  ): Promise<ChannelTrack> {
    const key = `${driver} ${timeframe}`;
    for (;;) {
      let own = this.followed.get(key);
      // a past bar has changed, or somebody else has written
      if (own?.series !== series || own.rewrites !== series.rewrites) {
        const trend = new DriverTrend({ driver, timeframe, book: this.book, statesOnly: true });
        const track = new ChannelTrack(driver, timeframe);
        own = { trend, track, series, rewrites: series.rewrites };
        this.followed.set(key, own);
      }
      const { trend, track } = own;
      const first = series.position(trend.lastBarTime + 1);
      if (first >= series.length) return track;
      trend.run(series.bars(first, first + BLOCK), (record) => track.push(record));
      await breathe();
    }
  }
}
