import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildRegimeReport } from '../../src/app/report/regime-report.js';
import type { RegimeReportInput } from '../../src/app/report/regime-report-input.js';
import { launchBrowser } from './chromium.js';
import { weakWords } from './contrast.js';
import { sampleReportInput } from './sample-report.fixture.js';
import { sidewaysScroll } from './watched-page.js';

/** Opened pages leave here what they should not have done. */
interface Opened {
  page: Page;
  complaints: string[];
  requests: string[];
}

const DESK = {
  viewport: { width: 1280, height: 900 },
  locale: 'de-DE',
  timezoneId: 'America/New_York',
} as const;
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } as const;

describe('the report in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-report-'));
  const file = join(folder, 'report.html');
  let input: RegimeReportInput;
  let browser: Browser;

  beforeAll(async () => {
    input = await sampleReportInput();
    writeFileSync(file, buildRegimeReport(input));
    browser = await launchBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(options: BrowserContextOptions = {}, address = ''): Promise<Opened> {
    const context = await browser.newContext({ ...DESK, colorScheme: 'dark', ...options });
    const page = await context.newPage();
    const opened: Opened = { page, complaints: [], requests: [] };
    page.on('console', (message) => {
      // the tests read the canvases, which Chromium has advice about
      if (!message.text().startsWith('Canvas2D: Multiple readback')) opened.complaints.push(message.text());
    });
    page.on('pageerror', (error) => opened.complaints.push(String(error)));
    page.on('request', (request) => opened.requests.push(request.url()));
    await page.goto(pathToFileURL(file).href + address);
    await painted(page);
    return opened;
  }

  /** Source of a page function: distinct opaque colours of the drawn canvases under a selector. */
  const colorsOf = `(selector) => {
    const colors = new Set();
    for (const canvas of document.querySelectorAll(selector)) {
      if (!canvas.width || !canvas.height) continue;
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) colors.add(data[at] * 65536 + data[at + 1] * 256 + data[at + 2]);
    }
    return [...colors];
  }`;

  const colorsIn = (page: Page, selector = '#chart canvas'): Promise<number[]> =>
    page.evaluate(`(${colorsOf})(${JSON.stringify(selector)})`);

  /** Waits, frame by frame, until the chart shows a colour; without one until it is drawn at all. */
  async function painted(page: Page, color?: number): Promise<void> {
    await page.evaluate(`new Promise((resolve) => {
      const look = () => {
        const colors = (${colorsOf})('#chart canvas');
        if (${color === undefined ? 'colors.length > 8' : `colors.includes(${color})`}) resolve();
        else requestAnimationFrame(look);
      };
      look();
    })`);
  }

  const close = ({ page }: Opened): Promise<void> => page.context().close();

  it.each(['dark', 'light'] as const)(
    'draws the chart in %s without errors or network',
    async (colorScheme) => {
      const opened = await open({ colorScheme });
      const { page } = opened;
      const theme = {
        dark: { panel: 0x12171f, bear: 0xc9566f, bull: 0x6fc0a2 },
        light: { panel: 0xffffff, bear: 0xd9435c, bull: 0x23866a },
      };
      const { bear, bull } = theme[colorScheme];
      const colors = await colorsIn(page);
      expect(colors).toContain(bear);
      expect(colors).toContain(bull);
      const background = await page.evaluate<string>(
        'getComputedStyle(document.documentElement).backgroundColor',
      );
      expect(background).toBe(colorScheme === 'dark' ? 'rgb(18, 23, 31)' : 'rgb(255, 255, 255)');
      expect(opened.complaints).toEqual([]);
      expect(opened.requests).toEqual([pathToFileURL(file).href]);
      await close(opened);
    },
  );

  it('follows the theme of the viewer while it is open', async () => {
    const opened = await open({ colorScheme: 'dark' });
    await opened.page.emulateMedia({ colorScheme: 'light' });
    await painted(opened.page, 0xd9435c);
    await close(opened);
  });

  it('prints light', async () => {
    const opened = await open({ colorScheme: 'dark' });
    await opened.page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await opened.page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(
      await opened.page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor'),
    ).toBe('rgb(255, 255, 255)');
    const printed = await colorsIn(opened.page, '.chart-print');
    expect(printed).toContain(0xffffff);
    expect(printed).toContain(0xd9435c);
    expect(printed).not.toContain(0x12171f);
    await opened.page.emulateMedia({ media: 'screen', colorScheme: 'dark' });
    await opened.page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await opened.page.locator('.chart-print').count()).toBe(0);
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('says in text what the colours say', async () => {
    const opened = await open();
    const text = (await opened.page.textContent('main'))!.replaceAll('\u00a0', ' ');
    for (const { label } of input.states) expect(text).toContain(label);
    for (const words of [
      'Price by regime',
      'States',
      'Forecast',
      'Transitions',
      'Run',
      'Causal: no lookahead',
      'Out of sample',
      'Sample data',
      'in sample',
      'Past results on one sample. Not advice.',
    ]) {
      expect(text).toContain(words);
    }
    expect(text).toMatch(/Regime (Bear|Chop|Bull) [<>]? ?\d+ %, for \d+ bars?\./);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    await close(opened);
  });

  it('shows every range and remembers it in the address', async () => {
    const opened = await open();
    const { page } = opened;
    for (const range of ['All', '1Y', '90D', '30D', '7D']) {
      await page.getByRole('button', { name: range, exact: true }).click();
      expect(await page.locator('#ranges [aria-pressed=true]').allTextContents()).toEqual([range]);
      expect(page.url()).toContain(`#range=${range}`);
      expect(await page.textContent('#chart-scale')).toMatch(/^1 bar = \d+ (week|d|h)/);
      await painted(page);
    }
    expect(opened.complaints).toEqual([]);
    await close(opened);
    const again = await open({}, '#range=1Y');
    expect(await again.page.locator('#ranges [aria-pressed=true]').allTextContents()).toEqual(['1Y']);
    await close(again);
  });

  it('moves through history on the overview, across the train end', async () => {
    const opened = await open();
    const { page } = opened;
    const box = (await page.locator('#overview').boundingBox())!;
    const share =
      (input.trainEnd! - input.series.time[0]!) / (input.series.time.at(-1)! - input.series.time[0]!);
    const before = await page.locator('#overview-window').boundingBox();
    await page.mouse.click(box.x + box.width * share, box.y + box.height / 2);
    await painted(page);
    const after = await page.locator('#overview-window').boundingBox();
    expect(after!.x).toBeLessThan(before!.x - 50);
    expect(await page.getAttribute('#chart', 'aria-valuetext')).toMatch(/2023/);
    await close(opened);
  });

  it('is read bar by bar from the keyboard', async () => {
    const opened = await open();
    const { page } = opened;
    await page.focus('#chart');
    const said = (): Promise<string> =>
      page.evaluate(
        "document.querySelector('#chart').getAttribute('aria-valuetext').replaceAll('\\u00a0', ' ')",
      );
    const value = async (): Promise<number> => Number(await page.getAttribute('#chart', 'aria-valuenow'));
    const end = await value();
    await page.keyboard.press('ArrowLeft');
    expect(await value()).toBe(end - 1);
    await page.keyboard.press('Shift+ArrowLeft');
    expect(await value()).toBe(end - 11);
    expect(await said()).toMatch(
      /^\d+ \w+ \d{4} \d\d:00 UTC, close [\d,]+, [+\u2212]?\d+\.\d\d %, (mixed, most )?(Bear|Chop|Bull) ([<>] )?\d+ %$/,
    );
    expect((await page.textContent('#chart-legend'))!.replaceAll('\u00a0', ' ')).toMatch(
      /O [\d,]+\s*H [\d,]+\s*L [\d,]+\s*C [\d,]+/,
    );
    await page.keyboard.press('Home');
    expect(await value()).toBe(0);
    await page.keyboard.press('End');
    expect(await value()).toBe(end);
    await page.keyboard.press('+');
    await page.keyboard.press('PageUp');
    await painted(page);
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('reaches every control with Tab and shows where the focus is', async () => {
    const opened = await open();
    const { page } = opened;
    const stops: string[] = [];
    for (let press = 0; press < 10; press += 1) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate<string>(`(() => {
        const now = document.activeElement;
        if (now === document.body) return '';
        const ring = now.id === 'chart' ? now.parentElement : now;
        const style = getComputedStyle(ring);
        const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        return (now.id || now.textContent) + (seen ? '' : ' without ring');
      })()`);
      if (stop) stops.push(stop);
    }
    expect(stops).toEqual([
      'All',
      '1Y',
      '90D',
      '30D',
      '7D',
      'as-chart',
      'as-table',
      'chart',
      'palette',
      'TradingView',
    ]);
    await close(opened);
  });

  it('shows the same bars as a table', async () => {
    const opened = await open({}, '#range=7D');
    const { page } = opened;
    await page.click('#as-table');
    expect(await page.locator('#chart').isVisible()).toBe(false);
    const rows = page.locator('#chart-table tbody tr');
    const count = await rows.count();
    expect(count).toBeGreaterThanOrEqual(168);
    expect(await page.textContent('#chart-table caption')).toContain(
      `${count} rows in view, newest first, 1 bar = 1 h`,
    );
    expect(await page.locator('#chart-table thead th').allTextContents()).toEqual([
      'Open time, UTC',
      'Open',
      'High',
      'Low',
      'Close',
      'Regime',
      'Bear',
      'Chop',
      'Bull',
    ]);
    const last = await rows.first().locator('th,td').allTextContents();
    const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');
    const bar = input.series.length - 1;
    expect(last.slice(1, 5)).toEqual(
      [
        input.series.open[bar]!,
        input.series.high[bar]!,
        input.series.low[bar]!,
        input.series.close[bar]!,
      ].map(grouped),
    );
    await page.click('#as-chart');
    await painted(page);
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('changes to colours for colour-blind readers', async () => {
    const opened = await open();
    await opened.page.selectOption('#palette', 'cvd');
    await painted(opened.page, 0xd4b88f);
    expect(opened.page.url()).toContain('palette=cvd');
    await close(opened);
  });

  it.each([360, 768, 1280])('fits %i px without sideways scroll', async (width) => {
    const opened = await open(width === 360 ? PHONE : { viewport: { width, height: 800 } });
    const { page } = opened;
    const overflow = await page.evaluate<string[]>(`[...document.querySelectorAll('body *')]
      .filter((node) => !node.closest('#chart, .scroll, .for-readers, .overview') && node.getBoundingClientRect().right > innerWidth + 0.5)
      .map((node) => node.outerHTML.slice(0, 80))`);
    expect(overflow).toEqual([]);
    await expect.poll(() => sidewaysScroll(page)).toBe(0);
    const smallest = await page.evaluate<number>(`Math.min(...[...document.querySelectorAll('main *')]
      .filter((node) => node.textContent.trim() && !node.closest('svg')).map((node) => parseFloat(getComputedStyle(node).fontSize)))`);
    expect(smallest).toBeGreaterThanOrEqual(11);
    await close(opened);
  });

  it('has touch targets of 44 px on a phone', async () => {
    const opened = await open(PHONE);
    const heights = await opened.page.evaluate<number[]>(
      "[...document.querySelectorAll('button, select')].map((node) => node.getBoundingClientRect().height)",
    );
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
    await close(opened);
  });

  it('keeps the rules of accessible markup', async () => {
    const opened = await open();
    const problems = await opened.page.evaluate<string[]>(`(() => {
      const problems = [];
      const name = (node) => node.getAttribute('aria-label') || node.labels?.[0]?.textContent || node.textContent.trim();
      if (document.documentElement.lang !== 'en') problems.push('language');
      if (!document.title) problems.push('title');
      if (document.querySelectorAll('h1').length !== 1) problems.push('one h1');
      if (document.querySelectorAll('main').length !== 1) problems.push('one main');
      const levels = [...document.querySelectorAll('h1,h2,h3')].map((node) => Number(node.tagName[1]));
      levels.forEach((level, at) => { if (at && level > levels[at - 1] + 1) problems.push('heading skips at ' + at); });
      const ids = [...document.querySelectorAll('[id]')].map((node) => node.id);
      if (new Set(ids).size !== ids.length) problems.push('duplicate id');
      for (const node of document.querySelectorAll('button, select, a, [role=slider], [role=img], [role=region]')) if (!name(node)) problems.push('no name: ' + node.outerHTML.slice(0, 80));
      for (const node of document.querySelectorAll('[aria-labelledby], [aria-describedby]'))
        for (const id of (node.getAttribute('aria-labelledby') + ' ' + (node.getAttribute('aria-describedby') ?? '')).split(' '))
          if (id && id !== 'null' && !document.getElementById(id)) problems.push('no target ' + id);
      for (const node of document.querySelectorAll('table:not(#chart table)')) if (!node.querySelector('th[scope]')) problems.push('table without heads');
      for (const node of document.querySelectorAll('dl > :not(div):not(dt):not(dd)')) problems.push('dl holds ' + node.tagName);
      for (const node of document.querySelectorAll('[aria-hidden=true] :is(button, a, [tabindex])')) problems.push('hidden but focusable');
      return problems;
    })()`);
    expect(problems).toEqual([]);
    await close(opened);
  });

  it.each(['dark', 'light'] as const)('keeps every word at 4.5:1 in %s', async (colorScheme) => {
    const opened = await open({ colorScheme });
    const weak = await opened.page.evaluate<string[]>(weakWords('main'));
    expect(weak).toEqual([]);
    await close(opened);
  });

  it('reads without JavaScript', async () => {
    const context = await browser.newContext({ ...DESK, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(pathToFileURL(file).href);
    const text = await page.textContent('main');
    expect(await page.locator('noscript p').isVisible()).toBe(true);
    expect(text).toContain('out of sample →');
    expect(await page.locator('.controls').isVisible()).toBe(false);
    await context.close();
  });

  it('lets a script that is not its own do nothing', async () => {
    const opened = await open();
    const ran = await opened.page.evaluate<boolean>(`(() => {
      const script = document.createElement('script');
      script.textContent = 'window.intruder = true';
      document.body.append(script);
      return 'intruder' in window;
    })()`);
    expect(ran).toBe(false);
    await close(opened);
  });
});
