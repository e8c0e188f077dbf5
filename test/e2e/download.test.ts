/** The page Data brings history in: checked, watched, stopped, taken up again; against a venue that speaks the real protocol. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../src/app/server/server.js';
import type { Services } from '../../src/app/services.js';
import { openTidewatch } from '../../src/app/tidewatch.js';
import { startVenueSimulator, type VenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { copyStore } from '../embedded-store.js';
import { syntheticSeries } from '../synthetic-bars.js';
import { launchBrowser } from './chromium.js';

const MINUTES = 24_000;
/** Sixteen pages at a quarter of a second: long enough to be watched and stopped. */
const LATENCY_MS = 250;

describe('downloads in a browser', () => {
  let folder: string;
  let simulator: VenueSimulator;
  let services: Services;
  let server: FastifyInstance;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'download-'));
    await copyStore(join(folder, 'db', 'data'));
    const series = syntheticSeries('binanceusdm:-:BTCUSDT', '1m', MINUTES, 5);
    simulator = await startVenueSimulator({
      bars: [{ base: 'BTC', kind: 'perp', series }],
      latencyMs: LATENCY_MS,
    });
    const config = join(folder, 'tidewatch.yaml');
    writeFileSync(config, `venues:\n  binanceusdm:\n    base_url: ${simulator.url('binanceusdm')}\n`);
    services = await openTidewatch({ home: folder, config });
    server = await buildServer(services, {
      host: '127.0.0.1',
      token: null,
      log: pino({ level: 'silent' }),
      stream: { pollMs: 100, heartbeatMs: 30_000 },
    });
    const url = await server.listen({ host: '127.0.0.1', port: 0 });
    browser = await launchBrowser();
    page = await browser.newPage({
      viewport: { width: 1440, height: 900 },
      locale: 'en-GB',
      timezoneId: 'UTC',
    });
    page.setDefaultTimeout(30_000);
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(`${url}/data`);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await services?.close();
    await simulator?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const first = () => page.locator('.downloads li').first();
  const words = async (): Promise<string> => ((await first().textContent()) ?? '').replaceAll('\u00a0', ' ');

  it('refuses what is no market, and says what would be', async () => {
    await page.getByRole('heading', { name: 'No bars are stored' }).waitFor();
    await page.getByRole('heading', { name: 'Nothing was fetched yet' }).waitFor();
    await page.getByRole('button', { name: 'Fetch history' }).click();
    await page.getByLabel('Exchange').selectOption('binanceusdm');
    await page.getByRole('button', { name: 'Fetch', exact: true }).click();
    await page.getByText('A market such as BTC/USDT.').waitFor();
  });

  it('shows a download as it goes, and stops it with what it has', async () => {
    await page.getByLabel('Market').fill('BTC/USDT');
    await page.getByRole('button', { name: 'Everything' }).click();
    await page.getByRole('button', { name: 'Fetch', exact: true }).click();
    await expect.poll(words, { timeout: 20_000 }).toMatch(/[\d,]+ of 24,000 bars/);
    await page.getByRole('button', { name: /^Stop/ }).click();
    await expect.poll(words, { timeout: 20_000 }).toContain('Stopped. What was fetched is kept.');
  });

  it('goes on where it stopped, and the coverage tells of the bars', async () => {
    await page.getByRole('button', { name: /^Go on/ }).click();
    await expect.poll(words, { timeout: 60_000 }).toMatch(/24,000 stored in the range · none missing/);
    await page.getByRole('button', { name: /^BTC\/USDT perp 1m/ }).waitFor();
    await page.getByRole('heading', { name: 'No bar is missing' }).waitFor();
    await page.getByRole('button', { name: /^Check/ }).click();
    await page.getByText('24,000 bars stored, none missing between them').waitFor();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: /^CSV file of BTC\/USDT perp 1m/ }).click(),
    ]);
    const lines = readFileSync(await file.path(), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(MINUTES + 1);
    expect(complaints).toEqual([]);
  });
});
