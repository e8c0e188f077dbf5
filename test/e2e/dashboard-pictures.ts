/** Pictures of the dashboard for the documentation: `npm run screenshots`. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { expect, it } from 'vitest';
import type { DataJobAnswer } from '../../src/app/server/api-types.js';
import { FIRST_FETCH, fetchRequest } from '../../web/src/data/fetch-request.js';
import { launchBrowser } from './chromium.js';
import { dashboardHome } from './dashboard-home.fixture.js';
import { downloadHome } from './download-home.fixture.js';
import { majorsHome } from './majors-home.fixture.js';
import { postureHome } from './posture-home.fixture.js';
import { GOLD, OUTCOME, SPY, uptrendHome } from './uptrend-home.fixture.js';

const IMAGES = 'docs/images/dashboard';
const LARGEST = 300_000;
const DESK: BrowserContextOptions = { viewport: { width: 1440, height: 900 } };
const HIGH: BrowserContextOptions = { viewport: { width: 1440, height: 1000 } };
const TALL: BrowserContextOptions = { viewport: { width: 1440, height: 1420 } };
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

/** Name, path, screen, what stands when it is ready, and what is done then. */
type Shot = readonly [string, string, BrowserContextOptions, string, string?];

async function take(url: string, shots: readonly Shot[]): Promise<void> {
  mkdirSync(IMAGES, { recursive: true });
  for (const [name, path, options, stands, click] of shots) {
    // a fresh browser per picture: its pixel ratio is a flag, and a second load paints a little differently
    const browser = await launchBrowser([`--force-device-scale-factor=${options.deviceScaleFactor ?? 1}`]);
    const context = await browser.newContext({ ...options, locale: 'en-GB', timezoneId: 'UTC' });
    const page = await context.newPage();
    await page.goto(url + path);
    const ready = async (): Promise<void> => {
      await page.locator(stands).first().waitFor();
      await page.waitForLoadState('networkidle');
      await expect.poll(() => page.locator('.skeleton').count(), { timeout: 20_000 }).toBe(0);
    };
    await ready();
    if (click) {
      await page.getByRole('button', { name: click, exact: true }).click();
      await page.waitForURL(/[?&]from=/);
      await page.mouse.move(4, 4);
      // the screen rests before it asks for other rows
      await page.waitForTimeout(600);
      await ready();
    }
    const file = join(IMAGES, `${name}.png`);
    await page.screenshot({ path: file, animations: 'disabled' });
    expect(statSync(file).size).toBeLessThan(LARGEST);
    await browser.close();
  }
}

it('pictures every view of the lab', { timeout: 300_000 }, async () => {
  const home = await dashboardHome();
  try {
    const comparison = home.services.runs.list().find(({ kind }) => kind === 'comparison')!;
    const models = home.services.models.list().models.map(({ id }) => id);
    await take(home.url, [
      ['lab-dark', '/lab', TALL, '.chart-legend b'],
      ['lab-light', '/lab?theme=light', TALL, '.chart-legend b'],
      ['lab-smoothed', '/lab?view=smoothed&marks=1', DESK, '.chart-legend b'],
      ['lab-phone', '/lab', PHONE, '.chart-legend b'],
      ['train', '/lab?train=1', DESK, 'dialog'],
      ['models', `/models?compare=${models.join(',')}`, DESK, '.state-line'],
      ['runs', '/runs', DESK, 'tbody tr'],
      ['comparison', `/runs/${comparison.run_id}`, DESK, '.wealth canvas'],
      ['known', '/known', DESK, '.known-price .line'],
      ['data', '/data', DESK, '.gap-summary'],
      ['settings-light', '/settings?theme=light', DESK, '.facts'],
    ]);
  } finally {
    await home.close();
  }
});

it('pictures downloads: one done, one stopped, one that goes on', { timeout: 300_000 }, async () => {
  const home = await downloadHome({ BTC: 20_000, ETH: 150_000, SOL: 300_000 }, 300);
  const ask = async (path: string, body?: unknown) => {
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(home.url + path, body ? { method: 'POST', headers, body: text } : {});
    return (await answer.json()) as DataJobAnswer;
  };
  const begin = (market: string) =>
    ask('/api/data-jobs', fetchRequest({ ...FIRST_FETCH, venue: 'binanceusdm', market, span: 'all' }));
  const isDone = async (id: string, share: number) =>
    expect
      .poll(async () => (await ask(`/api/data-jobs/${id}`)).progress, { timeout: 120_000 })
      .toBeGreaterThanOrEqual(share);
  try {
    await isDone((await begin('BTC/USDT')).id, 1);
    const stopped = (await begin('ETH/USDT')).id;
    await isDone(stopped, 0.4);
    await ask(`/api/data-jobs/${stopped}/actions`, { action: 'cancel' });
    await isDone((await begin('SOL/USDT')).id, 0.3);
    await take(home.url, [['downloads-dark', '/data', DESK, '.downloads li']]);
  } finally {
    await home.close();
  }
});

it('pictures the posture of simulated markets', { timeout: 300_000 }, async () => {
  const home = await postureHome();
  try {
    const full: BrowserContextOptions = { viewport: { width: 1440, height: 1650 } };
    await take(home.url, [
      ['posture-dark', '/posture?bucket=mid&order=4h', full, '.driver-strips li'],
      ['posture-light', '/posture?bucket=mid&order=4h&theme=light', DESK, '.driver-strips li'],
      ['posture-what-if', '/posture?bucket=big&if=BTC:1h:S0,ALT:1d:S3', DESK, '.driver-strips li'],
      ['posture-phone', '/posture', PHONE, '.driver-strips li'],
    ]);
  } finally {
    await home.close();
  }
});

it('pictures majors against alts', { timeout: 300_000 }, async () => {
  const home = await majorsHome();
  try {
    const book = '.book tbody tr';
    await take(home.url, [
      ['majors-dark', '/majors?at=2025-08-05', { viewport: { width: 1440, height: 1420 } }, book],
      ['majors-light', '/majors?at=2025-08-05&theme=light', DESK, book],
      ['majors-phone', '/majors?at=2025-08-05', PHONE, book],
    ]);
  } finally {
    await home.close();
  }
});

it('pictures the uptrend on four markets', { timeout: 300_000 }, async () => {
  const home = await uptrendHome();
  try {
    const why = '.why .state-chip';
    const uptrend = (instrument: string): string => `/uptrend?s=${instrument}&tf=1d`;
    await take(home.url, [
      ['uptrend-btc-dark', '/uptrend', { viewport: { width: 1440, height: 1500 } }, '.scanner tbody'],
      ['uptrend-btc-light', '/uptrend?theme=light', HIGH, why],
      ['uptrend-btc-phone', '/uptrend', PHONE, why],
      [
        'uptrend-btc-overlay',
        `/uptrend?hmm=1&bar=${Date.UTC(2024, 2, 15, 9)}&from=${Date.UTC(2024, 1, 20)}&to=${Date.UTC(2024, 2, 25)}`,
        HIGH,
        why,
      ],
      ['uptrend-spy-dark', uptrend(SPY), HIGH, why, '5Y'],
      ['uptrend-gold-dark', uptrend(GOLD), HIGH, why, '5Y'],
      ['uptrend-outcome-dark', uptrend(OUTCOME), HIGH, why],
    ]);
  } finally {
    await home.close();
  }
});
