/** The checks of the drivers on a simulated market, on an empty home without a network, and where BTC is missing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MATURE_BARS } from '../../analysis/drivers/driver-ta.js';
import { Venues } from '../../data/venues/open-venues.js';
import { configSchema } from '../../platform/config-schema.js';
import type { DriversAnswer } from '../drivers/driver-answers.js';
import { type SimulatedDrivers, simulatedDrivers } from '../drivers/simulated-drivers.fixture.js';
import { Bootstrap } from './bootstrap.js';
import { driverSteps } from './driver-steps.js';
import type { PosturePanel } from './posture-panel.js';

let home: SimulatedDrivers;
beforeAll(async () => {
  home = await simulatedDrivers({ days: 1, ahead: 1, sampled: false });
});
afterAll(() => home.close());

const deaf = new Venues({
  exchange: () => Promise.reject(new Error('no network')),
  settings: Object.fromEntries(
    ['binance', 'binanceusdm', 'hyperliquid'].map((id) => [id, { tries: 1, backoff_ms: 1 }]),
  ),
});

async function checked(venues: Venues, backfill: boolean, drivers: unknown = home.drivers) {
  const services = {
    operations: { open: async () => ({ here: { store: home.store, drivers } }) },
    data: { lake: home.access.lake },
    venues,
    loaded: { config: configSchema.parse({}) },
  } as unknown as Parameters<typeof driverSteps>[0];
  const signal = new AbortController().signal;
  const steps = driverSteps(services, { backfill, silent: new Set() });
  const report = await new Bootstrap(steps, { clock: home.clock, signal }).run();
  return { report, of: (name: string) => report.steps.find((step) => step.name === name)! };
}

describe('the checks of the drivers', () => {
  it('warn on an empty home without a network: records are made, A and E are neutral', async () => {
    const { report, of } = await checked(deaf, true);
    expect(report.status).toBe('partial');
    expect(of('drivers')).toMatchObject({ status: 'ok', details: { records: 24, lacking: [] } });
    expect(of('driver bars').message).toContain('no venue of the drivers answers');
    expect(of('posture')).toMatchObject({ status: 'warn' });
    const { posture, states } = of('posture').details.panel as PosturePanel;
    expect(posture[0]).toMatchObject({ a: 0.5, e: 0.5, coverage: 0 });
    expect(states[0]).toEqual({ driver: 'BTC', '1d': '?(0)', '1h': '?(0)', '1m': '?(0)' });
  });

  it('fetch nothing when told so, else fill the history and say what is immature', async () => {
    const calm = await checked(home.venues, false);
    expect(calm.of('driver bars').details).toMatchObject({ fetched: false });
    const { report, of } = await checked(home.venues, true);
    expect(report.status).toBe('partial');
    const { series } = of('driver bars').details as {
      series: { driver: string; timeframe: string; bars: number; gaps: number }[];
    };
    const minutes = series.find(({ driver, timeframe }) => driver === 'BTC' && timeframe === '1m')!;
    expect(minutes).toMatchObject({ bars: 666, gaps: 0 });
    expect(of('driver ta')).toMatchObject({ status: 'ok', details: { errors: [] } });
    expect(of('posture')).toMatchObject({ status: 'ok' });
    const { states, values } = of('posture').details.panel as PosturePanel;
    expect(states[0]!['1m']).toMatch(/^S[0-4]$/);
    const hours = series.find(({ driver, timeframe }) => driver === 'BTC' && timeframe === '1h')!;
    expect(hours.bars).toBeLessThan(MATURE_BARS);
    expect(states[0]!['1h']).toMatch(new RegExp(`^(S[0-4])?\\?\\(${hours.bars}\\)$`));
    expect(values[0]).toMatchObject({ driver: 'BTC', age_ms: expect.any(Number) });
    const again = await checked(home.venues, false);
    expect(again.of('drivers').details).toMatchObject({ records: 24, made: 0 });
  });

  it('fail where other drivers have bars and BTC has no hours', async () => {
    const without = {
      run: async () => [],
      async summary(): Promise<DriversAnswer> {
        const summary = await home.drivers.summary();
        return {
          ...summary,
          cells: summary.cells.map((cell) =>
            cell.driver === 'BTC' && cell.timeframe === '1h' ? { ...cell, bars: 0 } : cell,
          ),
        };
      },
    };
    const { report, of } = await checked(deaf, false, without);
    expect(report.status).toBe('degraded');
    expect(of('driver bars')).toMatchObject({ status: 'fail', message: 'BTC has no bars of 1h' });
  });
});
