/** The drivers from nothing to A and E, on simulated venues. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DRIVERS } from '../../analysis/drivers/driver.js';
import { type SimulatedDrivers, simulatedDrivers } from './simulated-drivers.fixture.js';

let home: SimulatedDrivers;
beforeAll(async () => {
  home = await simulatedDrivers({ days: 31, settings: { backfill_bars: 340 } });
});
afterAll(() => home.close());

describe('a home that starts with nothing', () => {
  it('fills all 24 cells from venues, tokens and samples', async () => {
    const { fetched } = await home.drivers.backfill();
    expect(fetched.failures).toEqual([]);
    expect(await home.drivers.verify()).toMatchObject({ passed: true, complete: false });
    // tokens tell their market cap with every price, so buckets have members from the second minute on
    for (let minute = 0; minute < 2; minute += 1) {
      await home.simulator.advance(60_000);
      await home.drivers.run('1m');
    }
    const runs = await home.drivers.run('all');
    expect(runs.every(({ success }) => success)).toBe(true);
    const verified = await home.drivers.verify();
    expect(verified).toMatchObject({ passed: true, complete: true, empty: [] });
    const { cells, live_cells } = await home.drivers.summary();
    expect(live_cells).toBe(24);
    expect(cells.every(({ status, reason }) => status === 'ok' && reason === null)).toBe(true);
  }, 120_000);

  it('names the cells that then stand still, and whose positions read them', async () => {
    expect((await home.drivers.verify()).late).toEqual([]);
    await home.simulator.advance(10 * 60_000);
    const { late, complete, posture } = await home.drivers.verify();
    expect(complete, 'they are filled').toBe(true);
    expect(late.map(({ driver, timeframe, status }) => `${driver} ${timeframe} ${status}`)).toEqual(
      DRIVERS.map((driver) => `${driver} 1m stale`),
    );
    const reasonOf = (driver: string) => late.find((cell) => cell.driver === driver)!.reason;
    expect(reasonOf('nano')).toMatch(/ago · fewer than 3 tokens have newer bars$/);
    expect(reasonOf('ALT')).toMatch(/ago · fewer than 3 coins have newer bars$/);
    const perps = await home.drivers.summary('1h', 'perps');
    expect([perps.book, perps.posture]).toEqual(['onchain_crypto', posture]);
    expect((await home.drivers.summary('1h', 'stock_perps')).evaluated_cells).toBe(0);
  });
});
