import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MARKUP_PROBLEMS, SMALL_TARGETS } from './accessible-markup.js';
import { launchBrowser } from './chromium.js';
import { weakWords } from './contrast.js';
import { type DashboardHome, dashboardHome } from './dashboard-home.fixture.js';
import { PHONE, sidewaysScroll, type WatchedPage, watchedPage } from './watched-page.js';

const DESK = {
  viewport: { width: 1440, height: 900 },
  locale: 'de-DE',
  timezoneId: 'America/New_York',
} as const;
/** Charts opened and closed where nothing may be left of them. */
const CHARTS = process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? 50 : 15;
const PAGES = ['/lab', '/uptrend', '/models', '/runs', '/known', '/data', '/settings'] as const;

describe('the dashboard in a browser', () => {
  let home: DashboardHome;
  let browser: Browser;
  let runId: string;

  beforeAll(async () => {
    [home, browser] = await Promise.all([dashboardHome(), launchBrowser()]);
    runId = home.services.runs.list().find(({ kind }) => kind === 'comparison')!.run_id;
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await home?.close();
  });

  async function open(path: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
    const opened = await watchedPage(browser, { ...DESK, ...options });
    await opened.page.goto(home.url + path);
    return opened;
  }

  const close = ({ page }: WatchedPage): Promise<void> => page.context().close();
  const flat = (text: string | null): string => (text ?? '').replaceAll(' ', ' ').replace(/\s+/g, ' ');
  const legend = async (page: Page): Promise<string> => flat(await page.textContent('.chart-legend'));
  const shown = (page: Page): Promise<void> => page.locator('.chart-legend b').first().waitFor();
  const parameter = (page: Page, name: string): string | null => new URL(page.url()).searchParams.get(name);
  const settled = (page: Page): Promise<unknown> => page.waitForURL(/[?&]from=\d+&to=\d+/);

  /** Asked from outside: the page's policy lets nothing evaluate text inside. */
  async function until(page: Page, expression: string): Promise<void> {
    await expect.poll(() => page.evaluate(`Boolean(${expression})`), { timeout: 20_000 }).toBe(true);
  }

  /** Runs what the palette finds first. */
  async function inPalette(page: Page, text: string): Promise<void> {
    await page.keyboard.press('Control+k');
    // a letter before the box has the focus would be a key of the page
    await page.getByRole('combobox', { name: 'Search pages, symbols and commands' }).fill(text);
    await page.keyboard.press('Enter');
    await page.locator('dialog').waitFor({ state: 'detached' });
  }

  /** Waits until a page has its data and nothing still loads. */
  async function ready(page: Page): Promise<void> {
    await page.locator('h1').waitFor();
    await until(
      page,
      "document.querySelector('main .card') && !document.querySelector('.skeleton') && !document.querySelector('.chart-wait')",
    );
  }

  it('shows the regimes of real bars, causal, with every card of the lab', async () => {
    const opened = await open('/lab');
    const { page } = opened;
    await shown(page);
    await ready(page);
    const text = async (): Promise<string> => flat(await page.textContent('main'));
    for (const words of [
      'Causal: no lookahead',
      'Out of sample',
      'Forecast',
      'Transitions',
      'stays',
      'States',
      'Model comparison',
      'What changed',
      'LL per row, test',
      '1 bar = 1 h',
      'stale',
    ]) {
      await expect.poll(text).toContain(words);
    }
    expect(await text()).not.toMatch(/NaN|undefined|Infinity|\[object/);
    await expect.poll(() => legend(page)).toMatch(/O [\d,]+ ?H [\d,]+ ?L [\d,]+ ?C [\d,]+/);
    await expect.poll(() => legend(page)).toContain(Math.round(home.lastClose).toLocaleString('en-US'));
    expect(opened.complaints).toEqual([]);
    expect(opened.requests.filter((url) => !url.startsWith(home.url))).toEqual([]);
    await close(opened);
  });

  it('keeps the view in the address: reload, a pasted link and Back restore it', async () => {
    const opened = await open('/lab?view=smoothed&tf=4h');
    const { page } = opened;
    await shown(page);
    await page.getByRole('button', { name: '30D', exact: true }).click();
    await expect
      .poll(() => page.getAttribute('.chart-controls [aria-pressed=true]', 'aria-pressed'))
      .toBe('true');
    await settled(page);
    await page.getByRole('button', { name: '1h', exact: true }).click();
    await page.waitForURL(/tf=1h/);
    await shown(page);
    await page.goBack();
    await page.waitForURL(/tf=4h/);
    expect(parameter(page, 'view')).toBe('smoothed');
    const tableRows = (): Promise<number> => page.locator('.chart-table tbody tr').count();
    await page.goto(`${home.url}/lab?tf=1h&from=1709251200000&to=1709424000000&marks=1&as=table`);
    await expect.poll(tableRows).toBe(48);
    expect(flat(await page.textContent('.chart-table tbody tr:last-child th'))).toBe('1 Mar 2024 00:00');
    await page.reload();
    await expect.poll(tableRows).toBe(48);
    await expect.poll(() => page.isChecked('.check input')).toBe(true);
    await close(opened);
  });

  it('marks the smoothed view as lookahead, by button and by key', async () => {
    const opened = await open('/lab');
    const { page } = opened;
    await shown(page);
    expect(await page.locator('.chart-card .badge.bad').count()).toBe(0);
    await page.getByRole('button', { name: 'Smoothed' }).click();
    await page.locator('.chart-card.lookahead .badge.bad').waitFor();
    await expect.poll(() => page.textContent('.chart-card .badge.bad')).toBe('Lookahead');
    await expect.poll(() => page.textContent('.pane-name')).toBe('Probability, smoothed');
    expect(parameter(page, 'view')).toBe('smoothed');
    await page.keyboard.press('v');
    await page.locator('.chart-card:not(.lookahead)').waitFor();
    await expect.poll(() => parameter(page, 'view')).toBeNull();
    await close(opened);
  });

  it('is worked from the keyboard, with a visible focus', async () => {
    const opened = await open('/lab');
    const { page } = opened;
    await shown(page);
    await page.keyboard.press('Tab');
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Skip to the page');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('main');
    const stops: string[] = [];
    for (let press = 0; press < 30; press += 1) {
      await page.keyboard.press('Tab');
      stops.push(
        await page.evaluate<string>(`(() => {
          const now = document.activeElement;
          const ring = now.closest('.chart-frame') ?? now;
          const style = getComputedStyle(ring);
          const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
          return (now.getAttribute('aria-label') || now.textContent || now.type).slice(0, 24) + (seen ? '' : ' without ring');
        })()`),
      );
      if (stops.at(-1)!.startsWith('Bar under')) break;
    }
    expect(stops).toContain('Train…');
    expect(stops).toContain('Table');
    expect(stops.at(-1)).toBe('Bar under the crosshair');
    expect(stops.filter((stop) => stop.endsWith('without ring'))).toEqual([]);
    const said = async (): Promise<string> => flat(await page.getAttribute('.chart', 'aria-valuetext'));
    await page.keyboard.press('End');
    await expect
      .poll(said)
      .toMatch(/UTC, close [\d,]+, [+−]?\d+\.\d\d %, (mixed, most )?\w+( \w+)? ([<>] )?\d+ %/);
    const rowNow = async (): Promise<number> => Number(await page.getAttribute('.chart', 'aria-valuenow'));
    const row = await rowNow();
    await page.keyboard.press('Shift+ArrowLeft');
    await expect.poll(rowNow).toBe(row - 10);
    await page.keyboard.press('9');
    await page.getByRole('heading', { name: 'Data', exact: true }).waitFor();
    await inPalette(page, 'models');
    await page.getByRole('heading', { name: 'Models', exact: true }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('compares models side by side, and deletes one only after the question', async () => {
    const opened = await open('/models');
    const { page } = opened;
    const boxes = page.locator('tbody input[type=checkbox]');
    await boxes.nth(1).waitFor();
    await boxes.nth(0).check();
    await boxes.nth(1).check();
    const side = page.locator('section', { hasText: 'Side by side' });
    await side.locator('tbody tr').first().waitFor();
    await expect.poll(async () => flat(await side.textContent())).toMatch(/BIC.*best/);
    const before = home.services.models.list().models.length;
    await page
      .getByRole('button', { name: /^Delete k/ })
      .first()
      .click();
    await page.getByRole('heading', { name: /^Delete model k/ }).waitFor();
    await expect
      .poll(async () => flat(await page.textContent('dialog')))
      .toContain('Price data and reports stay');
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(home.services.models.list().models).toHaveLength(before);
    await page.getByRole('button', { name: /^Delete k2-/ }).click();
    await page.getByRole('button', { name: 'Delete model' }).click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(home.services.models.list().models).toHaveLength(before - 1);
    await expect.poll(() => boxes.count()).toBe(before - 1);
    await close(opened);
  });

  it('checks the training form, shows progress and opens the new model', async () => {
    const opened = await open('/lab');
    const { page } = opened;
    await shown(page);
    await page.getByRole('button', { name: 'Train…' }).click();
    const states = page.getByLabel('States', { exact: true });
    await states.fill('99');
    await page.getByRole('button', { name: 'Train', exact: true }).click();
    await expect.poll(() => states.getAttribute('aria-invalid')).toBe('true');
    await expect.poll(() => page.textContent('.field .error')).toBe('A whole number from 1 to 12.');
    await expect.poll(() => page.evaluate('document.activeElement.value')).toBe('99');
    await states.fill('4');
    await page.getByLabel('Restarts').fill('3');
    const progress = page.getByRole('progressbar', { name: 'Training' }).waitFor();
    await page.getByRole('button', { name: 'Train', exact: true }).click();
    await progress;
    await page.waitForURL(/model=/, { timeout: 40_000 });
    await page.locator('dialog').waitFor({ state: 'detached' });
    await page.locator('.page-head .scope', { hasText: '4 states' }).waitFor();
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('lays the candidates of a comparison side by side, in a table and a chart', async () => {
    const opened = await open('/runs');
    const { page } = opened;
    await page.getByRole('link', { name: 'Comparison' }).click();
    await page.locator('.wealth canvas').waitFor();
    expect(new URL(page.url()).pathname).toBe(`/runs/${runId}`);
    const text = async (): Promise<string> => flat(await page.textContent('main'));
    for (const words of ['hmm:2', 'kmeans:2', 'hold', 'Verdict', 'Data hash', runId])
      await expect.poll(text).toContain(words);
    expect(await text()).not.toMatch(/NaN|undefined|Infinity/);
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('looks back to what was known on a day', async () => {
    const opened = await open('/known');
    const { page } = opened;
    await page.locator('.known-strip span').first().waitFor();
    const said = async (): Promise<string> => flat(await page.textContent('.known-words'));
    const last = await said();
    await page.getByRole('button', { name: '← Refit' }).click();
    await expect.poll(said).not.toBe(last);
    await expect
      .poll(said)
      .toMatch(/^On \d+ \w+ \d{4} \d\d:00 UTC the chart named [\d.]+ % of its [\d,]+ shown bars otherwise/);
    const refit = await said();
    await page.reload();
    await expect.poll(said).toBe(refit);
    await page.getByLabel('Day that is looked back from').press('ArrowRight');
    await expect.poll(said).not.toBe(refit);
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('tells what is stored and what is missing', async () => {
    const opened = await open('/data');
    const { page } = opened;
    await page.locator('.gap-summary').waitFor();
    await expect
      .poll(async () => flat(await page.textContent('.gap-summary')))
      .toMatch(/^\d+ bars? missing of 1\d,\d{3} /);
    await page.getByRole('link', { name: /^Show/ }).first().click();
    await page.waitForURL(/\/lab\?.*from=\d+/);
    await shown(page);
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('says what is missing and offers the next step', async () => {
    const opened = await open('/lab?tf=1d');
    const { page } = opened;
    await page.getByRole('heading', { name: /No model of BTC\/USDT 1d/ }).waitFor();
    await shown(page);
    await page.getByRole('button', { name: 'Train one' }).click();
    await page.getByRole('heading', { name: 'Train on BTC/USDT 1d' }).waitFor();
    await page.goto(`${home.url}/lab?s=binance:spot:NOTHERE`);
    await page.getByRole('heading', { name: /There is no series/ }).waitFor();
    await page.goto(`${home.url}/nowhere`);
    await page.getByRole('heading', { name: 'There is no page /nowhere' }).waitFor();
    await close(opened);
  });

  it('exports the rows in view', async () => {
    const opened = await open('/lab?tf=1h&from=1709251200000&to=1709424000000');
    const { page } = opened;
    await shown(page);
    await page.keyboard.press('e');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV, rows in view' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('BTC-USDT_1h_filtered.csv');
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    const lines = Buffer.concat(chunks).toString().trim().split('\n');
    expect(lines[0]).toMatch(/^timestamp,open,high,low,close,kind,regime,share,p_/);
    expect(lines).toHaveLength(49);
    expect(lines[1]).toMatch(/^2024-03-01T00:00:00\.000Z,/);
    await page.keyboard.press('e');
    const [picture] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'PNG, the chart' }).click(),
    ]);
    expect(picture.suggestedFilename()).toBe('BTC-USDT_1h_filtered.png');
    await close(opened);
  });

  it('puts a bar that arrives on the chart', async () => {
    const opened = await open('/lab?tf=1h');
    const { page } = opened;
    await shown(page);
    const before = await legend(page);
    await expect.poll(async () => (await page.locator('.now .verdict').count()) > 0).toBe(true);
    await home.appendBar();
    await expect.poll(() => legend(page), { timeout: 15_000 }).not.toBe(before);
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('keeps what is on screen when the server goes away, and goes on when it is back', async () => {
    const opened = await open('/data');
    const { page } = opened;
    await page.locator('.coverage tbody tr').first().waitFor();
    // the other pages are fetched ahead
    await until(
      page,
      "performance.getEntriesByType('resource').some(({ name }) => name.includes('models-page'))",
    );
    await page.waitForLoadState('networkidle');
    await home.stop();
    await page.keyboard.press('m');
    await page.getByRole('alert').getByText('The server does not answer.').waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'Copy details' }).count()).toBe(1);
    await page.keyboard.press('9');
    await page.getByRole('alert').first().waitFor();
    await expect.poll(() => page.locator('.coverage tbody tr').count()).toBe(1);
    const failures = page.locator('.failure');
    await failures.first().waitFor();
    await home.serve();
    // nobody asks for it
    await expect.poll(() => failures.count()).toBe(0);
    await close(opened);
  });

  it('shows lines while an answer is slow, and names one that it cannot read beside cards that stand', async () => {
    const opened = await open('/settings');
    const { page } = opened;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/api/data-coverage', async (route) => {
      await held;
      await route.continue();
    });
    await page.route('**/api/streams', (route) => route.fulfill({ json: { running: true, connections: 5 } }));
    await page.route('**/api/datasets', (route) => route.fulfill({ body: 'an answer of somebody else' }));
    await page.goto(`${home.url}/data`);
    await page.locator('.skeleton[data-shown=true]', { hasText: 'Loading coverage' }).waitFor();
    release();
    await page.locator('.coverage tbody tr').first().waitFor();
    const live = page.getByRole('region', { name: 'Live' });
    await live.getByText('has a shape that this page does not know').waitFor();
    await page.getByRole('region', { name: 'Besides bars' }).getByText('answer is no JSON').waitFor();
    await page.unroute('**/api/streams');
    await page.unroute('**/api/datasets');
    await live.getByRole('button', { name: 'Retry now' }).click();
    await live.getByText('No streams run at present').waitFor();
    await page.getByText('Nothing but bars is stored').waitFor();
    await close(opened);
  });

  describe.each(['dark', 'light'] as const)('in %s', (theme) => {
    it('draws candles, strip and probabilities in the colours of the theme', async () => {
      const opened = await open(`/lab?theme=${theme}`);
      const { page } = opened;
      await shown(page);
      const wanted = theme === 'dark' ? [0x12171f, 0xc9566f, 0x6fc0a2] : [0xffffff, 0xd9435c, 0x23866a];
      await until(
        page,
        `(() => {
          const colors = new Set();
          for (const canvas of document.querySelectorAll('.chart canvas')) {
            if (!canvas.width || !canvas.height) continue;
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) colors.add(data[at] * 65536 + data[at + 1] * 256 + data[at + 2]);
          }
          // black is in neither theme: it is what a colour that cannot be read becomes
          return ${JSON.stringify(wanted)}.every((color) => colors.has(color)) && !colors.has(0);
        })()`,
      );
      await close(opened);
    });
  });

  it('fits a phone without sideways scroll, with targets of 44 px', async () => {
    const opened = await open('/lab', PHONE);
    const { page } = opened;
    for (const path of [...PAGES, `/runs/${runId}`]) {
      await page.goto(home.url + path);
      await ready(page);
      await expect.poll(() => sidewaysScroll(page), { message: path }).toBe(0);
      await expect.poll(() => page.evaluate(SMALL_TARGETS), { message: path }).toEqual([]);
    }
    await close(opened);
  });

  it('keeps the rules of accessible markup and, in both themes, every word at 4.5:1, on every page', async () => {
    const opened = await open('/lab');
    const { page } = opened;
    for (const path of [...PAGES, `/runs/${runId}`]) {
      await page.goto(`${home.url}${path}?theme=dark`);
      await ready(page);
      await expect.poll(() => page.evaluate<string[]>(MARKUP_PROBLEMS), { message: path }).toEqual([]);
      const background = 'getComputedStyle(document.documentElement).backgroundColor';
      const weak = (): Promise<string[]> => page.evaluate<string[]>(weakWords('body'));
      await expect.poll(() => page.evaluate(background)).toBe('rgb(11, 14, 20)');
      await expect.poll(weak, { message: `${path} in dark` }).toEqual([]);
      await inPalette(page, 'light theme');
      await expect.poll(() => page.evaluate(background)).toBe('rgb(244, 246, 248)');
      await ready(page);
      await expect.poll(weak, { message: `${path} in light` }).toEqual([]);
    }
    await close(opened);
  });

  it(`leaves nothing of ${CHARTS} charts that were opened and closed`, async () => {
    const opened = await open('/settings');
    const { page } = opened;
    const session = await page.context().newCDPSession(page);
    /** Canvases on the heap after collection, reachable or not attached; nodes and listeners beside them. */
    const counted = async () => {
      await session.send('HeapProfiler.collectGarbage');
      const { result } = await session.send('Runtime.evaluate', {
        expression: 'CanvasRenderingContext2D.prototype',
      });
      const { objects } = await session.send('Runtime.queryObjects', { prototypeObjectId: result.objectId! });
      const { result: length } = await session.send('Runtime.callFunctionOn', {
        objectId: objects.objectId!,
        functionDeclaration: 'function () { return this.length; }',
      });
      await session.send('Runtime.releaseObject', { objectId: objects.objectId! });
      const { jsEventListeners, nodes } = await session.send('Memory.getDOMCounters');
      return { canvases: length.value as number, listeners: jsEventListeners, nodes };
    };
    const cycle = async (time: number): Promise<void> => {
      await page.keyboard.press(time % 5 === 0 ? '5' : '4');
      await page.locator('.chart canvas').first().waitFor();
      await page.keyboard.press(',');
      await page.locator('.palette-strip').waitFor();
    };
    await page.locator('.palette-strip').waitFor();
    // what is made once and kept (icons, the first answers) is made here
    for (let time = 0; time < 6; time += 1) await cycle(time);
    const before = await counted();
    for (let time = 0; time < CHARTS; time += 1) await cycle(time);
    // what a frame or an answer still holds is let go of a little later
    await expect
      .poll(async () => {
        const after = await counted();
        return {
          canvases: after.canvases - before.canvases,
          listeners: after.listeners - before.listeners > 5,
          nodes: after.nodes - before.nodes > 50,
        };
      })
      .toEqual({ canvases: 0, listeners: false, nodes: false });
    await close(opened);
  });
});
