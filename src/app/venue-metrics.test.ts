import { describe, expect, it } from 'vitest';
import { Venues } from '../data/venues/open-venues.js';
import { driverSamples } from './drivers/driver-metrics.js';
import { DriverTally } from './drivers/driver-tally.js';
import { budgetLight, streamSamples, venueSamples } from './venue-metrics.js';

/** A client on a clock of its own; each answer is given once, the last one for ever. */
function venue(...statuses: number[]) {
  let now = 1_700_000_000_000;
  const timer = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const venues = new Venues({
    timer,
    settings: { binance: { tries: 2, backoff_ms: 1 } },
    exchange: async () => {
      const status = statuses.length > 1 ? statuses.shift()! : statuses[0]!;
      return {
        status,
        header: (name) => (name === 'retry-after' && status !== 200 ? '3' : null),
        body: Buffer.from('{"serverTime":1700000000000}'),
      };
    },
  });
  return { venues, pass: (ms: number) => (now += ms) };
}
const sampleOf = (samples: ReturnType<typeof venueSamples>, name: string, outcome?: string) =>
  samples.find((sample) => sample.name === name && sample.labels?.outcome === outcome)?.value;

describe('the numbers of a venue', () => {
  it('tell calls by how they ended, and the wait that a 429 costs', async () => {
    const { venues } = venue(429, 200);
    expect(venueSamples(venues.usage())).toEqual([]);
    await venues.of('binance').serverTime();
    const samples = venueSamples(venues.usage());
    expect(sampleOf(samples, 'tidewatch_venue_calls_total', 'ok')).toBe(1);
    expect(sampleOf(samples, 'tidewatch_venue_calls_total', 'rate_limited')).toBe(1);
    expect(sampleOf(samples, 'tidewatch_venue_wait_seconds_total')).toBeCloseTo(3, 1);
    expect(sampleOf(samples, 'tidewatch_venue_blocked')).toBe(0);
  });

  it('tell what the last minute took of the budget, and forget it', async () => {
    const { venues, pass } = venue(200);
    for (let at = 0; at < 48; at += 1) await venues.of('binance').serverTime();
    const used = venues.usage()[0]!.usedShare;
    // weight 1 each; 6,000 a minute is what the venue allows: 4,800 flow in, 1,200 lie there
    expect(used).toBeCloseTo(48 / 6000, 10);
    expect(budgetLight(venues.usage())).toMatchObject([{ light: 'green', value: expect.closeTo(0.8, 6) }]);
    pass(120_000);
    expect(venues.usage()[0]).toMatchObject({ usedShare: 0, freeAt: null });
  });

  it('never tell more than all of the budget, however it is used up', async () => {
    for (const idle of [0, 17_000, 59_000]) {
      const { venues, pass } = venue(200);
      await venues.of('binance').serverTime();
      pass(idle);
      let most = 0;
      for (let at = 0; at < 7_000; at += 1) {
        await venues.of('binance').serverTime();
        most = Math.max(most, venues.usage()[0]!.usedShare);
      }
      expect(most).toBeGreaterThan(0.6);
      expect(most).toBeLessThanOrEqual(1);
    }
  });

  it('warn of a budget that a start means to use up, with the time it is free again', () => {
    const { venues } = venue(200);
    venues.coingecko();
    const usage = { ...venues.usage()[0]!, usedShare: 1, freeAt: Date.UTC(2026, 0, 5, 12, 2) };
    expect(budgetLight([usage], true)).toEqual([
      {
        name: 'api_budget_used',
        light: 'amber',
        value: 100,
        unit: 'percent',
        reason:
          'coingecko: 100 % of what a minute may take is used, as planned while history is fetched at the start · free again by 12:02:00 UTC when nothing more is asked',
      },
    ]);
    expect(budgetLight([usage])[0]!.light).toBe('red');
    const closed = { venue: 'coingecko', reason: 'banned', until: Date.UTC(2026, 0, 5, 13) };
    expect(budgetLight([{ ...usage, closed }], true)).toMatchObject([
      { light: 'red', reason: 'coingecko has banned this address until 13:00:00 UTC' },
    ]);
  });

  it('make the light red while banned', async () => {
    const { venues } = venue(418);
    await venues
      .of('binance')
      .serverTime()
      .catch(() => undefined);
    const usage = venues.usage()[0]!;
    expect(usage.calls.banned).toBeGreaterThan(0);
    expect(budgetLight([usage])[0]!.light).toBe('red');
    expect(budgetLight([{ ...usage, closed: null, usedShare: 0.7 }])[0]!.light).toBe('amber');
    expect(budgetLight([])).toEqual([]);
  });
});

describe('the numbers of the drivers', () => {
  it('tell what is stored and what A and E rest on; a cell without bars has no age', () => {
    const cell = { driver: 'BTC', timeframe: '1h', age_ms: 90_000, gaps: 2, partial_bars: 1 } as never;
    const empty = { driver: 'ALT', timeframe: '1h', age_ms: null, component_count: 4 } as never;
    const row = { bucket: 'nano', a: 0.6, e: 0.4, coverage: 0.5, channels_live: 9 } as never;
    const samples = driverSamples(
      { evaluated_cells: 23, live_cells: 22, posture: [row] } as never,
      { cells: [cell, empty], dominance: { unchanged_ms: 600_000 } } as never,
    );
    const told = samples.map(({ name, labels, value }) => [name.replace('tidewatch_', ''), labels, value]);
    expect(told).toEqual(
      expect.arrayContaining([
        ['driver_cells_evaluated', {}, 23],
        ['driver_cells_live', {}, 22],
        ['driver_data_age_seconds', { driver: 'BTC', timeframe: '1h' }, 90],
        ['driver_gaps', { driver: 'BTC', timeframe: '1h' }, 2],
        ['driver_components', { driver: 'ALT', timeframe: '1h' }, 4],
        ['dominance_unchanged_seconds', {}, 600],
        ['posture_coverage_ratio', { bucket: 'nano' }, 0.5],
        ['posture_channels_live', { bucket: 'nano' }, 9],
        ['posture_a', { bucket: 'nano' }, 0.6],
        ['posture_e', { bucket: 'nano' }, 0.4],
      ]),
    );
    expect(told.filter(([name]) => name === 'driver_data_age_seconds')).toHaveLength(1);
  });

  it('add up what the pipeline did', () => {
    const tally = new DriverTally();
    const step = { step: 'collect', success: true, counts: { outliers: 1 }, errors: [], warnings: [] };
    const run = {
      timeframe: '1m',
      skipped: false,
      success: true,
      drivers_collected: ['BTC'],
      overruns: 0,
      bars_written: [{ driver: 'BTC', bars: 3, from: 0, by_source: { binance: 2, rollup: 1 } }],
      steps: [{ ...step, duration_ms: 250 }],
    } as const;
    tally.run(run);
    tally.run({ ...run, steps: [{ ...step, success: false, duration_ms: 50 }] });
    tally.run({ ...run, skipped: true, steps: [], bars_written: [] });
    tally.answered('answered');
    tally.answered('neutral_fallback');
    const told = tally
      .samples()
      .map(({ name, labels, value }) => [name, Object.values(labels!).join(' '), value]);
    expect(told).toEqual(
      expect.arrayContaining([
        ['tidewatch_driver_bars_written_total', 'BTC 1m binance', 4],
        ['tidewatch_driver_bars_written_total', 'BTC 1m rollup', 2],
        ['tidewatch_driver_step_duration_seconds', '1m collect', 0.05],
        ['tidewatch_driver_step_failures_total', '1m collect', 1],
        ['tidewatch_driver_suspect_bars', '1m outliers', 1],
        ['tidewatch_driver_overruns_total', '1m', 1],
        ['tidewatch_posture_calls_total', 'neutral_fallback', 1],
      ]),
    );
  });
});

describe('the numbers of the streams', () => {
  it('tell the age of each connection by venue', () => {
    const open = { venue: 'binance', connection: 0, connected: true, data_age_ms: 1500, reconnects: 2 };
    const connections = [{ ...open, frames: 9, bad_frames: 1 }] as never;
    expect(
      streamSamples({ connections }).map(({ name, labels, value }) => [name, labels?.venue, value]),
    ).toEqual([
      ['tidewatch_stream_age_seconds', 'binance', 1.5],
      ['tidewatch_stream_connected', 'binance', 1],
      ['tidewatch_stream_reconnects_total', 'binance', 2],
      ['tidewatch_stream_frames_total', 'binance', 9],
      ['tidewatch_stream_bad_frames_total', 'binance', 1],
    ]);
  });
});
