/** Pictures of the dashboard for the documentation: `npm run screenshots`. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { expect, it } from 'vitest';
import { launchBrowser } from './chromium.js';
import { dashboardHome } from './dashboard-home.fixture.js';

const IMAGES = 'docs/images/dashboard';
const LARGEST = 300_000;
const DESK: BrowserContextOptions = { viewport: { width: 1440, height: 900 } };
const TALL: BrowserContextOptions = { viewport: { width: 1440, height: 1420 } };
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

it('pictures every view of the dashboard', { timeout: 300_000 }, async () => {
  const home = await dashboardHome();
  try {
    const comparison = home.services.runs.list().find(({ kind }) => kind === 'comparison')!;
    const models = home.services.models.list().models.map(({ id }) => id);
    const shots: readonly (readonly [string, string, BrowserContextOptions, string])[] = [
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
    ];
    mkdirSync(IMAGES, { recursive: true });
    for (const [name, path, options, stands] of shots) {
      // a fresh browser per picture: its pixel ratio is a flag, and a second load paints a little differently
      const browser = await launchBrowser([`--force-device-scale-factor=${options.deviceScaleFactor ?? 1}`]);
      const context = await browser.newContext({ ...options, locale: 'en-GB', timezoneId: 'UTC' });
      const page = await context.newPage();
      await page.goto(home.url + path);
      await page.locator(stands).first().waitFor();
      await page.waitForLoadState('networkidle');
      await expect.poll(() => page.locator('.skeleton').count(), { timeout: 20_000 }).toBe(0);
      const file = join(IMAGES, `${name}.png`);
      await page.screenshot({ path: file, animations: 'disabled' });
      expect(statSync(file).size).toBeLessThan(LARGEST);
      await browser.close();
    }
  } finally {
    await home.close();
  }
});
