import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { START, walkBars } from '../../../test/venues/local-bars.js';
import { startVenueSimulator, type VenueSimulator } from '../../data/venues/simulator/venue-simulator.js';
import { type Series, slice } from '../../market/series.js';
import { appendBars } from '../server/served-home.fixture.js';
import type { Services } from '../services.js';
import { openTidewatch } from '../tidewatch.js';

const ID = 'binanceusdm:-:BTCUSDT';
/** Of a venue that keeps no history of open interest. */
const PRESENT = 'hyperliquid:main:BTC';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The venue keeps thirty days of open interest. */
const BEFORE = 31;

const folder = mkdtempSync(join(tmpdir(), 'market-data-'));
let market: Series;
let simulator: VenueSimulator;
let services: Services;

beforeAll(async () => {
  const bars = walkBars('BTC', (BEFORE + 3) * 1440, { price: 60_000 });
  market = bars.series;
  simulator = await startVenueSimulator({
    venues: ['binanceusdm', 'hyperliquid'],
    bars: [bars],
    clock: { start: START + BEFORE * DAY },
    rateLimits: false,
  });
  const config = join(folder, 'tidewatch.yaml');
  writeFileSync(
    config,
    `lake:\n  watched: ['${ID}', '${PRESENT}', 'file:spot:OWN']\nvenues:\n  binanceusdm:\n    base_url: ${simulator.url('binanceusdm')}\n  hyperliquid:\n    base_url: ${simulator.url('hyperliquid')}\n`,
  );
  services = await openTidewatch({ home: folder, config, clock: simulator });
});

afterAll(async () => {
  await services.close();
  await simulator.stop();
  rmSync(folder, { recursive: true });
});

async function run(id: string, since = simulator.now() - HOUR) {
  const end = simulator.now();
  const job = services.schedule.find(id);
  return job.run(
    { start: end - HOUR, end },
    {
      windowKey: `${id}@test`,
      attempt: 1,
      since,
      catchUp: false,
      degraded: false,
      signal: new AbortController().signal,
      report: () => {},
    },
  );
}

async function interest(): Promise<Float64Array> {
  const range = { subject: ID, timeframe: '5m', columns: [] };
  return (await services.data.lake.columns('open_interest', range)).ts;
}

describe('scheduled market data', () => {
  it('grows open interest beyond what the venue keeps, without a hole and without a row twice', async () => {
    const first = await run('oi.sample');
    expect(first).toMatchObject({ items: 2, failed: [] });
    const before = await interest();
    expect(before.length).toBe(first!.rows! - 1);
    expect(before.length).toBeGreaterThan(29 * 288);
    expect((await run('oi.sample'))!.rows).toBe(1);
    for (let day = 0; day < 2; day += 1) {
      await simulator.advance(DAY);
      expect((await run('oi.sample'))!.rows).toBe(288 + 1);
    }
    const after = await interest();
    expect(after.length).toBe(before.length + 2 * 288);
    expect(after[0]).toBe(before[0]);
    expect(after[after.length - 1]! - after[0]!).toBe((after.length - 1) * 5 * MINUTE);
    expect(after[after.length - 1]! - after[0]!).toBeGreaterThan(31 * DAY);

    // the first one was sampled twice within its five minutes, and is there once
    const sampled = await services.data.lake.columns('open_interest', {
      subject: PRESENT,
      timeframe: '5m',
      columns: ['open_interest', 'open_interest_value'],
    });
    expect(Array.from(sampled.ts)).toEqual([0, 1, 2].map((day) => simulator.now() - (2 - day) * DAY));
    for (const [row, ts] of sampled.ts.entries()) {
      const open = sampled.columns.open_interest![row]!;
      expect(open).toBeGreaterThan(0);
      const price = sampled.columns.open_interest_value![row]! / open;
      const at = market.time.indexOf(ts);
      expect(Math.abs(price / market.close[at]! - 1)).toBeLessThan(0.02);
    }
  });

  it('goes on with funding from the last settlement', async () => {
    const first = await run('funding.sample');
    expect(first).toMatchObject({ items: 2, failed: [] });
    expect(first!.rows).toBeGreaterThan(90);
    expect((await run('funding.sample'))!.rows).toBe(0);
    await simulator.advance(DAY / 2);
    // every eight hours the one, every hour the other
    expect([13, 14]).toContain((await run('funding.sample'))!.rows);
  });

  it('makes coarse bars of minutes, those of missed hours too', async () => {
    const minutes = slice(market, 0, 2 * 1440 + 90);
    await appendBars(services, minutes);
    expect(await run('bars.1h', START)).toEqual({ rows: 49 });
    expect(await run('bars.1h', START)).toEqual({ rows: 0 });
    const { series } = await services.data.lake.series(ID, '1h');
    expect(series.length).toBe(49);
  });
});
