import { describe, expect, it } from 'vitest';
import type { BarColumns } from '../../market/series.js';
import { slice } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { randomBars } from '../uptrend/random-bars.fixture.js';
import type { ChannelState } from './channel-deltas.js';
import { ChannelTrack } from './channel-track.js';
import { DRIVERS, type Driver, REGIME_TIMEFRAMES, type RegimeTimeframe } from './driver.js';
import { DriverTrend, type DriverTrendRecord } from './driver-trend.js';
import { computeLevers, Posture } from './posture.js';
import { type DriverTracks, postureHistory, trackOf } from './posture-history.js';

const HOUR = TIMEFRAME_MS['1h'];
const START = Date.UTC(2024, 0, 1);
const DAYS = 60;

/** Bars of all drivers over the same sixty days; a day of BTC and a stretch of hours of ALT are missing. */
const market = Object.fromEntries(
  DRIVERS.map((driver, d) => [
    driver,
    Object.fromEntries(
      (['1d', '1h'] as const).map((timeframe, t) => {
        const rows = (DAYS * TIMEFRAME_MS['1d']) / TIMEFRAME_MS[timeframe];
        const bars = randomBars(31 * d + t + 1, rows, timeframe);
        return [timeframe, driver === 'ALT' && timeframe === '1h' ? without(bars, 900, 910) : bars];
      }),
    ),
  ]),
) as Record<Driver, Record<'1d' | '1h', BarColumns>>;

function without(bars: BarColumns, from: number, to: number): BarColumns {
  const keep = (column: Float64Array): Float64Array => column.filter((_, row) => row < from || row >= to);
  const { time, open, high, low, close, volume } = bars;
  return {
    time: keep(time),
    open: keep(open),
    high: keep(high),
    low: keep(low),
    close: keep(close),
    volume: keep(volume),
  };
}

function tracksUntil(end: number): DriverTracks {
  return Object.fromEntries(
    DRIVERS.map((driver) => [
      driver,
      Object.fromEntries(
        (['1d', '1h'] as const).map((timeframe) => {
          const bars = market[driver][timeframe];
          const rows = bars.time.filter((ts) => ts + TIMEFRAME_MS[timeframe] <= end).length;
          const series = slice(
            { ...randomBars(1, 1, timeframe), ...bars, length: bars.time.length },
            0,
            rows,
          );
          return [timeframe, trackOf(driver, timeframe, series)];
        }),
      ),
    ]),
  );
}

const END = START + DAYS * 24 * HOUR;
const moments = Float64Array.from({ length: DAYS * 24 }, (_, hour) => START + (hour + 1) * HOUR);
const tracks = tracksUntil(END);
const OPTIONS = { bucket: 'mid', executionTimeframe: '1h' } as const;
const whole = postureHistory(tracks, moments, OPTIONS);

describe('A and E over history', () => {
  it('are what a process that lived then would have said', () => {
    const trends = DRIVERS.flatMap((driver) =>
      (['1d', '1h'] as const).map((timeframe) => ({
        driver,
        timeframe,
        trend: new DriverTrend({ driver, timeframe }),
        bars: market[driver][timeframe],
        next: 0,
      })),
    );
    moments.forEach((now, row) => {
      const records: Partial<Record<Driver, Partial<Record<RegimeTimeframe, ChannelState>>>> = {};
      for (const live of trends) {
        const { bars, trend, driver, timeframe } = live;
        while (live.next < bars.time.length && bars.time[live.next]! + TIMEFRAME_MS[timeframe] <= now) {
          const at = live.next++;
          const { time, open, high, low, close, volume } = bars;
          trend.step({
            ts: time[at]!,
            open: open[at]!,
            high: high[at]!,
            low: low[at]!,
            close: close[at]!,
            volume: volume[at]!,
          });
        }
        if (trend.record !== null) records[driver] = { ...records[driver], [timeframe]: trend.record };
      }
      const { A_value, E_value, diagnostics } = computeLevers(new Posture(records, { asOf: now }), OPTIONS);
      expect([whole.a[row], whole.e[row]]).toEqual([A_value, E_value]);
      expect(whole.coverage[row]).toBe(diagnostics.coverage);
    });
    expect(new Set(whole.a).size).toBeGreaterThan(50);
  });

  it('do not change when later bars are not there yet', () => {
    for (const hour of [700, 1000]) {
      const early = postureHistory(tracksUntil(moments[hour]!), moments.subarray(0, hour + 1), OPTIONS);
      expect(early.a).toEqual(whole.a.slice(0, hour + 1));
      expect(early.e).toEqual(whole.e.slice(0, hour + 1));
      expect(early.channelA[4]).toEqual(whole.channelA[4]!.slice(0, hour + 1));
    }
  });

  it('are neutral before there is a record, and a gap makes its channel stale', () => {
    expect([whole.a[0], whole.e[0], whole.channelsLive[0]]).toEqual([0.5, 0.5, 0]);
    // ALT 1h is the fifth channel; its last bar before the gap is 899, too old three hours after its close
    const status: string[] = [];
    postureHistory(tracks, moments, OPTIONS, ({ diagnostics }, row) => {
      status[row] = diagnostics.channels[4]!.status;
    });
    expect(status.slice(898, 912)).toEqual([
      ...Array(5).fill('live'),
      ...Array(7).fill('stale'),
      ...Array(2).fill('live'),
    ]);
  });

  it('need no channel: a bucket without bars is missing', () => {
    const { mid: _mid, ...others } = tracks;
    const history = postureHistory(others, moments, OPTIONS);
    expect(Math.max(...history.coverage)).toBeLessThan(0.7);
    expect(new Set(history.channelA[6])).toEqual(new Set([0]));
  });
});

describe('a track', () => {
  it('keeps all that A and E read of a record', () => {
    const track = new ChannelTrack('BTC', '1h');
    const kept: DriverTrendRecord[] = [];
    new DriverTrend({ driver: 'BTC', timeframe: '1h' }).run(randomBars(5, 3000), (record) => {
      track.push(record);
      kept.push(record);
    });
    expect(track.length).toBe(kept.length);
    expect([track.firstTime, track.lastTime]).toEqual([kept[0]!.ts, kept.at(-1)!.ts]);
    kept.forEach((record, row) => {
      expect(track.rowAt(track.knownFrom(row))).toBe(row);
      expect(track.rowAt(track.knownFrom(row) - 1)).toBe(row - 1);
      for (const [name, value] of Object.entries(track.stateOf(row))) {
        expect(value, name).toEqual((record as unknown as Record<string, unknown>)[name] ?? false);
      }
    });
    expect(() => {
      track.push(kept[0]!);
    }).toThrow(/does not come after/);
    expect(REGIME_TIMEFRAMES).toContain(track.timeframe);
  });
});
