/** The page of an uptrend backtest in a real browser: what it draws, that it needs nothing else, that it can be used. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uptrendConfig } from '../../src/analysis/uptrend/profile.js';
import { buildUptrendReport } from '../../src/app/report/uptrend/uptrend-report.js';
import type { UptrendRun } from '../../src/app/uptrend/uptrend-service.js';
import { backtestUptrend } from '../../src/backtest/uptrend-backtest.js';
import type { Series } from '../../src/market/series.js';
import { syntheticSeries } from '../synthetic-bars.js';
import { launchBrowser } from './chromium.js';
import { weakWords } from './contrast.js';
import { sampleSeries } from './sample-report.fixture.js';
import { sidewaysScroll } from './watched-page.js';

const config = uptrendConfig();
const DESK = {
  viewport: { width: 1280, height: 1000 },
  locale: 'de-DE',
  timezoneId: 'America/New_York',
} as const;

async function page(series: Series): Promise<{ run: UptrendRun; html: string }> {
  const backtest = await backtestUptrend(series, { config, simulate: {}, clock: { now: () => 0 } });
  const run: UptrendRun = { ...backtest, series, source: 'native' };
  return {
    run,
    html: buildUptrendReport({
      run,
      config,
      sampleData: true,
      generatedAt: 0,
      version: '0.0.0',
      reproduce: 'tidewatch uptrend backtest',
    }),
  };
}

describe('the uptrend chart in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-uptrend-'));
  const file = join(folder, 'btc.html');
  const minutes = join(folder, 'minutes.html');
  let run: UptrendRun;
  let browser: Browser;

  beforeAll(async () => {
    const built = await page(await sampleSeries());
    run = built.run;
    writeFileSync(file, built.html);
    const many = await page(syntheticSeries('test:spot:MANY', '1m', 130_708, 5));
    writeFileSync(minutes, many.html);
    browser = await launchBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Opened {
    page: Page;
    complaints: string[];
    requests: string[];
  }

  async function open(options: BrowserContextOptions = {}, address = '', which = file): Promise<Opened> {
    const context = await browser.newContext({ ...DESK, colorScheme: 'dark', ...options });
    const opened: Opened = { page: await context.newPage(), complaints: [], requests: [] };
    opened.page.on('console', (message) => {
      // the tests read the canvases, which Chromium has advice about
      if (!message.text().startsWith('Canvas2D: Multiple readback')) opened.complaints.push(message.text());
    });
    opened.page.on('pageerror', (error) => opened.complaints.push(String(error)));
    opened.page.on('request', (request) => opened.requests.push(request.url()));
    await opened.page.goto(pathToFileURL(which).href + address);
    await painted(opened.page);
    return opened;
  }
  const close = (opened: Opened): Promise<void> => opened.page.context().close();

  /** Source of a page function: distinct opaque colours of the chart's canvases. */
  const colorsOf = `() => {
    const colors = new Set();
    for (const canvas of document.querySelectorAll('#chart canvas')) {
      if (!canvas.width || !canvas.height) continue;
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) colors.add(data[at] * 65536 + data[at + 1] * 256 + data[at + 2]);
    }
    return [...colors];
  }`;
  const colorsIn = (shown: Page): Promise<number[]> => shown.evaluate(`(${colorsOf})()`);

  /** Waits, frame by frame, until the chart shows a colour; without one until it is drawn at all. */
  async function painted(shown: Page, color?: number): Promise<void> {
    await shown.evaluate(`new Promise((resolve) => {
      const look = () => {
        const colors = (${colorsOf})();
        if (${color === undefined ? 'colors.length > 8' : `colors.includes(${color})`}) resolve();
        else requestAnimationFrame(look);
      };
      look();
    })`);
  }

  const spoken = (shown: Page): Promise<string> =>
    shown.evaluate(
      "document.querySelector('#chart').getAttribute('aria-valuetext').replaceAll('\\u00a0', ' ')",
    );
  const scale = (shown: Page): Promise<string | null> => shown.textContent('#chart-scale');

  it.each([
    [
      'dark',
      {
        buy: 0xb5ee4a,
        trim: 0xffdd57,
        exit: 0xe8626a,
        slow: 0xb58cf5,
        decay: 0xd64550,
        level: 0xa3adbb,
        s3: 0x74d69e,
      },
    ],
    [
      'light',
      {
        buy: 0x659600,
        trim: 0xa57c00,
        exit: 0xd3304c,
        slow: 0x7445c4,
        decay: 0x9b1c26,
        level: 0x4c5868,
        s3: 0x0a7f45,
      },
    ],
  ] as const)(
    'draws states, averages, scores, marks and levels in %s, without errors or network',
    async (colorScheme, named) => {
      const opened = await open({ colorScheme }, '#range=90D');
      const colors = await colorsIn(opened.page);
      for (const [name, color] of Object.entries(named)) expect(colors, name).toContain(color);
      expect(opened.complaints).toEqual([]);
      expect(opened.requests.map((url) => url.split('#')[0])).toEqual([pathToFileURL(file).href]);
      await close(opened);
    },
  );

  it('says in words and numbers what the summary says', async () => {
    const opened = await open();
    const said = (await opened.page.textContent('main'))!.replaceAll('\u00a0', ' ').replaceAll('\u2212', '-');
    const { flags, states, simulation, transitions, episodes } = run.summary;
    for (const words of [
      'Causal: no lookahead',
      `trim${flags.trim_flag!.toLocaleString('en-US')}`,
      `emergency${flags.emergency_exit}`,
      `EMA333 reclaimed${flags.reclaimed_ema333}`,
      `exit${flags.exit_position}`,
      `buy S1${flags.buy_signal}`,
      `S3${(states.S3!.share * 100).toFixed(1)} %`,
      `newest 12 of ${transitions.length}`,
      `newest 12 of ${episodes.length}`,
      'not a strategy',
      `${(simulation!.net_return * 100).toFixed(1)} %`,
      'What would change it',
      'Past results on one sample. Not advice.',
    ]) {
      expect(said).toContain(words);
    }
    expect(said).not.toMatch(/NaN|undefined|Infinity/);
    await close(opened);
  });

  it('shows every range, in bars that a screen can hold, and remembers it', async () => {
    const opened = await open();
    const { page: shown } = opened;
    const scales: (string | null)[] = [];
    for (const range of ['All', '1Y', '90D', '30D', '7D']) {
      await shown.getByRole('button', { name: range, exact: true }).click();
      expect(await shown.locator('#ranges [aria-pressed=true]').allTextContents()).toEqual([range]);
      expect(shown.url()).toContain(`range=${range}`);
      scales.push(/1 bar = \d+ \w+/.exec((await scale(shown))!)![0]);
      await painted(shown);
    }
    expect(scales.at(0)).toBe('1 bar = 1 d');
    expect(scales.at(-1)).toBe('1 bar = 1 h');
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('is read bar by bar from the keyboard, beyond what the chart holds', async () => {
    const opened = await open({}, '#range=7D');
    const { page: shown } = opened;
    await shown.focus('#chart');
    const end = await spoken(shown);
    await shown.keyboard.press('ArrowLeft');
    const before = await spoken(shown);
    expect(before).not.toBe(end);
    expect(before).toMatch(/^\d+ \w+ \d{4} \d\d:00 UTC, S[0-4], close [\d,]+/);
    await shown.keyboard.press('Home');
    expect(await spoken(shown)).toMatch(/^13 May 2020/);
    await painted(shown);
    await shown.keyboard.press('End');
    expect(await spoken(shown)).toBe(end);
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('hides and shows averages, levels and signals, and changes to colours for colour-blind readers', async () => {
    const opened = await open({}, '#range=90D');
    const { page: shown } = opened;
    await shown.click('#show-signals');
    await shown.click('#show-emas');
    await shown.mouse.move(5, 5);
    await shown.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    const colors = await colorsIn(shown);
    for (const gone of [0xb5ee4a, 0xffdd57, 0xb58cf5]) expect(colors).not.toContain(gone);
    await shown.click('#show-signals');
    await painted(shown, 0xb5ee4a);
    await shown.selectOption('#palette', 'cvd');
    await painted(shown, 0x3b8eff);
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('moves through history on the overview', async () => {
    const opened = await open({}, '#range=90D');
    const { page: shown } = opened;
    const box = (await shown.locator('#overview').boundingBox())!;
    await shown.locator('#overview').click({ position: { x: box.width * 0.4, y: box.height / 2 } });
    await painted(shown);
    expect(await spoken(shown)).toMatch(/202[12]/);
    await close(opened);
  });

  it('holds 130,708 bars and changes their length as one zooms and drags', async () => {
    const opened = await open({}, '#range=1D', minutes);
    const { page: shown } = opened;
    expect(await scale(shown)).toMatch(/^1 bar = 1 m/);
    const box = (await shown.locator('#chart').boundingBox())!;
    await shown.focus('#chart');
    for (let press = 0; press < 8; press += 1) await shown.keyboard.press('-');
    expect(await scale(shown)).toMatch(/^1 bar = \d+ (m|h)/);
    expect(await scale(shown)).not.toMatch(/^1 bar = 1 m\./);
    for (let press = 0; press < 9; press += 1) await shown.keyboard.press('+');
    expect(await scale(shown)).toMatch(/^1 bar = 1 m/);
    // drags further back than the chart holds
    const first = async (): Promise<number> => (await shown.locator('#overview-window').boundingBox())!.x;
    const from = await first();
    for (let drag = 0; drag < 80 && (await first()) >= from - 60; drag += 1) {
      await shown.mouse.move(box.x + 40, box.y + 150);
      await shown.mouse.down();
      await shown.mouse.move(box.x + box.width - 90, box.y + 150, { steps: 4 });
      await shown.mouse.up();
      await shown.evaluate('new Promise((done) => setTimeout(() => requestAnimationFrame(done), 200))');
    }
    await painted(shown);
    expect(await first()).toBeLessThan(from - 60);
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it.each([360, 768, 1280])(
    'fits %i px without sideways scroll, in words of 11 px or more',
    async (width) => {
      const opened = await open(
        width === 360
          ? { viewport: { width, height: 740 }, hasTouch: true, isMobile: true }
          : { viewport: { width, height: 800 } },
      );
      await expect.poll(() => sidewaysScroll(opened.page)).toBe(0);
      const smallest =
        await opened.page.evaluate<number>(`Math.min(...[...document.querySelectorAll('main *')]
      .filter((node) => node.textContent.trim() && !node.closest('svg')).map((node) => parseFloat(getComputedStyle(node).fontSize)))`);
      expect(smallest).toBeGreaterThanOrEqual(11);
      await close(opened);
    },
  );

  it.each(['dark', 'light'] as const)('keeps every word readable in %s', async (colorScheme) => {
    const opened = await open({ colorScheme });
    expect(await opened.page.evaluate<string[]>(weakWords('main'))).toEqual([]);
    await close(opened);
  });

  it('prints light', async () => {
    const opened = await open();
    await opened.page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await opened.page.locator('.chart-print').count()).toBe(1);
    expect(
      await opened.page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor'),
    ).toBe('rgb(255, 255, 255)');
    await opened.page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await opened.page.locator('.chart-print').count()).toBe(0);
    await close(opened);
  });

  it('refuses scripts that are not its own', async () => {
    const opened = await open();
    const ran = await opened.page.evaluate<boolean>(`(() => {
      const script = document.createElement('script');
      script.textContent = 'window.foreign = true';
      document.body.append(script);
      return window.foreign === true;
    })()`);
    expect(ran).toBe(false);
    await close(opened);
  });
});
