/** The page Data brings history in: checked, watched, stopped, taken up again; against a venue that speaks the real protocol. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MARKUP_PROBLEMS } from './accessible-markup.js';
import { launchBrowser } from './chromium.js';
import { weakWords } from './contrast.js';
import { type DownloadHome, downloadHome } from './download-home.fixture.js';
import { openSettled, watchedPage } from './watched-page.js';

const MINUTES = 24_000;
/** Sixteen pages, six seconds: long enough to be watched and stopped on a busy machine. */
const LATENCY_MS = 400;

/** Pages that need something to show, and what they say without it. */
const EMPTY = [
  ['/posture', 'No channel is live'],
  ['/majors', 'No run is kept'],
  ['/models', 'No saved models'],
  ['/runs', 'No runs yet'],
  ['/data', 'No bars are stored'],
] as const;

describe('downloads in a browser', () => {
  let home: DownloadHome;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    home = await downloadHome({ BTC: MINUTES }, LATENCY_MS);
    browser = await launchBrowser();
    // the database starts at the first question, which takes long on a busy machine
    await fetch(`${home.url}/api/data-jobs`);
    ({ page, complaints } = await watchedPage(browser));
  }, 120_000);

  afterEach(() => expect(complaints.splice(0)).toEqual([]));

  afterAll(async () => {
    await browser?.close();
    await home?.close();
  });

  const first = () => page.locator('.downloads li').first();
  const words = async (): Promise<string> => ((await first().textContent()) ?? '').replaceAll('\u00a0', ' ');

  it('says on every page of an empty home what comes first', async () => {
    for (const [path, words] of EMPTY) {
      await openSettled(page, home.url + path);
      await page.getByRole('heading', { name: words }).waitFor();
      await expect.poll(() => page.evaluate(weakWords('main')), { message: path }).toEqual([]);
      await expect.poll(() => page.evaluate(MARKUP_PROBLEMS), { message: path }).toEqual([]);
    }
  });

  it('refuses what is no market, and says what would be', async () => {
    await openSettled(page, `${home.url}/data`);
    await page.getByRole('heading', { name: 'No bars are stored' }).waitFor();
    await page.getByRole('heading', { name: 'Nothing was fetched yet' }).waitFor();
    await page.getByRole('button', { name: 'Fetch history' }).click();
    await page.getByLabel('Exchange').selectOption('binanceusdm');
    await page.getByRole('button', { name: 'Fetch', exact: true }).click();
    await page.getByText('A market such as BTC/USDT.').waitFor();
  });

  it('shows a download as it goes, stops it with what it has, goes on, and tells of the bars', async () => {
    await openSettled(page, `${home.url}/data`);
    await page.getByRole('button', { name: 'Fetch history' }).click();
    await page.getByLabel('Exchange').selectOption('binanceusdm');
    await page.getByLabel('Market').fill('BTC/USDT');
    await page.getByRole('button', { name: 'Everything' }).click();
    await page.getByRole('button', { name: 'Fetch', exact: true }).click();
    await expect.poll(words, { timeout: 20_000 }).toMatch(/[\d,]+ of 24,000 bars/);
    await page.getByRole('button', { name: /^Stop/ }).click();
    await expect.poll(words, { timeout: 20_000 }).toContain('Stopped. What was fetched is kept.');
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
  });
});
