/** Makes docs/images/report-*.png from the report that `tidewatch start` writes of the sample: npm run screenshots. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContextOptions } from 'playwright-core';
import { expect, it } from 'vitest';
import { launchBrowser } from './chromium.js';

const IMAGES = 'docs/images';
const LARGEST = 300_000;
const SHOTS: Readonly<Record<string, BrowserContextOptions>> = {
  'report-dark': { colorScheme: 'dark', viewport: { width: 1216, height: 1850 } },
  'report-light': { colorScheme: 'light', viewport: { width: 1216, height: 1850 } },
  'report-phone': {
    colorScheme: 'dark',
    viewport: { width: 390, height: 1180 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  },
};

it('pictures the report of the sample', { timeout: 300_000 }, async () => {
  const home = mkdtempSync(join(tmpdir(), 'tidewatch-pictures-'));
  try {
    const start = ['dist/src/app/cli/main.js', 'start', '--no-serve', '--quiet', '--home', home];
    const made = spawnSync(process.execPath, start, { encoding: 'utf8' });
    expect(made.status, made.stderr).toBe(0);
    const reports = join(home, 'reports');
    const report = readdirSync(reports).find((name) => name.endsWith('.html'))!;
    mkdirSync(IMAGES, { recursive: true });
    for (const [name, options] of Object.entries(SHOTS)) {
      // a fresh browser per picture: its pixel ratio is a flag, and a second load paints a little differently
      const browser = await launchBrowser([`--force-device-scale-factor=${options.deviceScaleFactor ?? 1}`]);
      const context = await browser.newContext({ ...options, locale: 'en-GB', timezoneId: 'UTC' });
      const page = await context.newPage();
      await page.goto(pathToFileURL(join(reports, report)).href);
      await page.waitForSelector('#chart-legend b');
      await page.evaluate(`new Promise((done) => {
        const look = () => {
          const canvases = [...document.querySelectorAll('#chart canvas')];
          const sharp = canvases.every((canvas) => Math.abs(canvas.width - canvas.clientWidth * devicePixelRatio) < 2);
          if (sharp) requestAnimationFrame(done);
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      })`);
      const path = join(IMAGES, `${name}.png`);
      await page.screenshot({ path, fullPage: name !== 'report-phone', animations: 'disabled' });
      expect(statSync(path).size).toBeLessThan(LARGEST);
      await browser.close();
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
