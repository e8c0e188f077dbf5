import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from './chromium.js';
import { BTC, OUTCOME, SPY, type UptrendHome, uptrendHome } from './uptrend-home.fixture.js';
import { type WatchedPage, watchedPage } from './watched-page.js';

const DESK = { viewport: { width: 1440, height: 1000 }, locale: 'de-DE', timezoneId: 'Asia/Tokyo' } as const;
const MONTHS = ['Jan', 'Feb', 'Mar'];
/** A stretch with every state and most signals. */
const SPAN = `from=${Date.UTC(2024, 1, 20)}&to=${Date.UTC(2024, 2, 25)}`;

describe('the uptrend page in a browser', () => {
  let home: UptrendHome;
  let browser: Browser;

  beforeAll(async () => {
    [home, browser] = await Promise.all([uptrendHome(), launchBrowser()]);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await home?.close();
  });

  async function open(query = '', options: BrowserContextOptions = {}): Promise<WatchedPage> {
    const opened = await watchedPage(browser, { ...DESK, ...options });
    await opened.page.goto(`${home.url}/uptrend?${query}`);
    return opened;
  }

  const close = ({ page }: WatchedPage): Promise<void> => page.context().close();
  const flat = (text: string | null): string => (text ?? '').replace(/\s+/g, ' ').trim();
  const legend = async (page: Page): Promise<string> => flat(await page.textContent('.chart-legend'));
  const parameter = (page: Page, name: string): string | null => new URL(page.url()).searchParams.get(name);
  const why = async (page: Page): Promise<string> => flat(await page.textContent('.why'));

  async function shown(page: Page): Promise<void> {
    await page.locator('.chart-legend b').first().waitFor();
    await page.locator('.why .state-chip').waitFor();
  }

  it('says which state, why, and what the next one lacks', async () => {
    const opened = await open();
    const { page } = opened;
    await shown(page);
    await page.locator('.timeframes .state-strip').first().waitFor();
    await page.locator('.scanner tbody tr').first().waitFor();
    const state = flat(await page.textContent('.why .state-chip'));
    expect(state).toMatch(/^S[0-4]$/);
    await expect.poll(() => legend(page)).toContain(state);
    const path = async (): Promise<string> => flat(await page.textContent('.path'));
    await expect.poll(path).toMatch(/^To reach S[0-3]/);
    await expect.poll(path).toMatch(/(EMA\d+|close) [<>] EMA\d+[+−]?\d+\.\d\d %/);
    const text = async (): Promise<string> => flat(await page.textContent('main'));
    for (const words of [
      'Causal: no lookahead',
      'OX over-extension, trim from 0.65',
      'DX dip, buy from 0.60',
      'EDX decay',
      'TS strength, buy from 0.58 with boost',
      'Timeframes',
      'Universe',
      'Transitions',
      'Levels',
      'stale',
      '1 bar = 1 h',
    ]) {
      await expect.poll(text).toContain(words);
    }
    expect(await text()).not.toMatch(/NaN|undefined|Infinity|\[object/);
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('tells the reasons of the bar under the crosshair, by pointer and by key', async () => {
    const opened = await open(SPAN);
    const { page } = opened;
    await shown(page);
    const now = await why(page);
    const box = (await page.locator('.chart').boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3);
    await expect.poll(() => legend(page)).toMatch(/^2\d Feb|^\d+ Mar/);
    await expect.poll(() => why(page)).toContain(/^.* UTC/.exec(await legend(page))![0]);
    await page.mouse.move(4, 4);
    await expect.poll(() => why(page)).toBe(now);
    await page.locator('.chart').focus();
    await page.keyboard.press('Home');
    const spoken = async (): Promise<string> => flat(await page.getAttribute('.chart', 'aria-valuetext'));
    await expect.poll(spoken).toMatch(/^\d+ \w+ \d{4} \d\d:00 UTC, (S[0-4]|no state), close [\d,]+/);
    const first = await spoken();
    await page.keyboard.press('End');
    await expect.poll(spoken).not.toBe(first);
    const end = await spoken();
    await page.keyboard.press('Shift+ArrowLeft');
    await expect.poll(spoken).not.toBe(end);
    const [bar, state] = (await spoken()).split(', ');
    await expect.poll(() => why(page)).toContain(bar!);
    await expect.poll(async () => flat(await page.textContent('.why .state-chip'))).toBe(state);
    await page.keyboard.press('Enter');
    await page.waitForURL(/[?&]bar=\d+/);
    await page.getByRole('button', { name: 'Unpin' }).waitFor();
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('pins a bar on a click, and a link holds it', async () => {
    const opened = await open(SPAN);
    const { page } = opened;
    await shown(page);
    const now = await why(page);
    const box = (await page.locator('.chart').boundingBox())!;
    await page.mouse.click(box.x + box.width * 0.5, box.y + box.height * 0.3);
    await page.waitForURL(/[?&]bar=\d+/);
    await page.mouse.move(4, 4);
    await page.getByRole('button', { name: 'Unpin' }).waitFor();
    // the card of another bar stays until the answer about this one is there
    const pinnedAt = Number(parameter(page, 'bar'));
    const barName = `${new Date(pinnedAt).getUTCDate()} ${MONTHS[new Date(pinnedAt).getUTCMonth()]} 2024`;
    await expect.poll(() => why(page)).toContain(barName);
    const pinned = await why(page);
    expect(pinned).not.toBe(now);
    await page.reload();
    await page.getByRole('button', { name: 'Unpin' }).waitFor();
    await expect.poll(() => why(page)).toBe(pinned);
    await page.getByRole('button', { name: 'Unpin' }).click();
    await expect.poll(() => why(page)).toBe(now);
    await expect.poll(() => parameter(page, 'bar')).toBeNull();
    await close(opened);
  });

  it.each(['dark', 'light'] as const)(
    'draws states, averages and scores in the colours of %s',
    async (theme) => {
      const opened = await open(`${SPAN}&theme=${theme}&hmm=1`);
      const { page } = opened;
      await shown(page);
      // panel, EMA333, S3 edge of the strip, OX
      const wanted =
        theme === 'dark'
          ? [0x12171f, 0xb58cf5, 0x74d69e, 0xf2b13d]
          : [0xffffff, 0x7445c4, 0x0a7f45, 0x8f5a00];
      const colors = `(() => {
      const colors = new Set();
      for (const canvas of document.querySelectorAll('.chart canvas')) {
        if (!canvas.width || !canvas.height) continue;
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) colors.add(data[at] * 65536 + data[at + 1] * 256 + data[at + 2]);
      }
      return ${JSON.stringify(wanted)}.filter((color) => !colors.has(color)).concat(colors.has(0) ? ['black'] : []);
    })()`;
      await expect.poll(() => page.evaluate(colors)).toEqual([]);
      await expect.poll(() => page.locator('.pane-name').count()).toBe(3);
      await close(opened);
    },
  );

  it('keeps profile, layers and overlay in the address', async () => {
    const opened = await open(SPAN);
    const { page } = opened;
    await shown(page);
    await page.getByRole('button', { name: 'corrected' }).click();
    await page.waitForURL(/profile=corrected/);
    await page.locator('.pane-name', { hasText: 'buy from 0.60 with boost' }).waitFor();
    await page.getByRole('checkbox', { name: 'Levels' }).uncheck();
    await page.getByRole('checkbox', { name: 'HMM' }).check();
    await page.locator('.pane-name', { hasText: 'HMM probability' }).waitFor();
    await page.reload();
    await shown(page);
    await page.locator('.pane-name', { hasText: 'HMM probability' }).waitFor();
    await expect.poll(() => page.getByRole('checkbox', { name: 'Levels' }).isChecked()).toBe(false);
    await expect.poll(() => page.getAttribute('button:text-is("corrected")', 'aria-pressed')).toBe('true');
    await expect.poll(() => legend(page)).toMatch(/(Bear|Chop|Bull)( \d)? ([<>] )?\d+ %/);
    await page.goBack();
    await expect.poll(() => parameter(page, 'profile')).toBeNull();
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('shows a whole history in coarser rows, and its bars as a table', async () => {
    const opened = await open('as=chart');
    const { page } = opened;
    await shown(page);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await expect
      .poll(async () => flat(await page.textContent('.chart-note')))
      .toMatch(/^1 bar = (4 h|1 d), /);
    await expect
      .poll(() => page.getAttribute('.chart-controls button:text-is("All")', 'aria-pressed'))
      .toBe('true');
    await page.goto(`${home.url}/uptrend?as=table&from=${Date.UTC(2024, 2, 1)}&to=${Date.UTC(2024, 2, 3)}`);
    await page.locator('.chart-table tbody tr').first().waitFor();
    await expect.poll(() => page.locator('.chart-table tbody tr').count()).toBe(48);
    await expect
      .poll(async () => flat(await page.textContent('.chart-table thead')))
      .toContain('StateSignalsTSOXDXEDXEMA333');
    await close(opened);
  });

  it('sorts and filters the universe, and opens what is chosen', async () => {
    const opened = await open('tf=1d');
    const { page } = opened;
    const rows = page.locator('.scanner tbody tr');
    await rows.nth(2).waitFor();
    const names = async (): Promise<string[]> =>
      (await page.locator('.scanner tbody th a').allTextContents()).map(flat);
    await page.getByRole('button', { name: 'Series' }).click();
    await expect.poll(() => page.getAttribute('.scanner thead th', 'aria-sort')).toBe('ascending');
    const rising = await names();
    expect(rising).toEqual([...rising].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })));
    await page.getByRole('button', { name: 'Series' }).click();
    await expect.poll(names).toEqual([...rising].reverse());
    expect(await page.getAttribute('.scanner thead th', 'aria-sort')).toBe('descending');
    const state = flat(await rows.first().locator('.state-chip').textContent());
    await page.locator('.state-filter button', { hasText: state }).click();
    await page.waitForURL(new RegExp(`states=${state}`));
    const chips = (): Promise<string[]> => page.locator('.scanner tbody .state-chip').allTextContents();
    await expect.poll(async () => [...new Set(await chips())]).toEqual([state]);
    await page.locator('.state-filter button', { hasText: state }).click();
    await page.getByLabel('Find a series in the table').fill('spy');
    await expect.poll(names).toEqual(['SPY']);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('.scanner').getByRole('button', { name: 'CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('uptrend_1d_standard.csv');
    await page.getByRole('link', { name: 'SPY' }).click();
    await page.waitForURL((url) => url.searchParams.get('s') === SPY);
    await page.locator('.page-head .scope', { hasText: 'SPY 1d' }).waitFor();
    await shown(page);
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('runs on a prediction market, not warm, with levels and without volume', async () => {
    const opened = await open(`s=${OUTCOME}&tf=1d`);
    const { page } = opened;
    await shown(page);
    await expect.poll(() => why(page)).toContain('Not warm');
    await expect.poll(() => legend(page)).toMatch(/C 0\.\d+/);
    await expect.poll(() => page.textContent('.series > button')).toContain('577990…5060');
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it('looks back to a moment, and at what was known then', async () => {
    const opened = await open('at=2024-03-01T12:00Z');
    const { page } = opened;
    await shown(page);
    await expect.poll(() => why(page)).toMatch(/^As of ?Frozen/);
    await expect.poll(() => legend(page)).toContain('1 Mar 2024 11:00 UTC');
    await close(opened);
  });

  it('exports the rows in view and the picture', async () => {
    const opened = await open(`from=${Date.UTC(2024, 2, 1)}&to=${Date.UTC(2024, 2, 3)}`);
    const { page } = opened;
    await shown(page);
    await page.keyboard.press('e');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV, rows in view' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('uptrend_BTC-USDT_1h_standard.csv');
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    const lines = Buffer.concat(chunks).toString().trim().split('\n');
    expect(lines[0]).toBe(
      'timestamp,open,high,low,close,state,ema20,ema30,ema60,ema144,ema250,ema333,atr,ts,ox,dx,edx,signals',
    );
    expect(lines).toHaveLength(49);
    expect(lines[1]).toMatch(/^2024-03-01T00:00:00\.000Z,.*,S3,/);
    await page.keyboard.press('e');
    const [picture] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'PNG, the chart' }).click(),
    ]);
    expect(picture.suggestedFilename()).toBe('uptrend_BTC-USDT_1h_standard.png');
    await close(opened);
  });

  it('says what is missing, what failed, and offers to try again', async () => {
    const opened = await open('s=binance:spot:NOTHERE');
    const { page } = opened;
    await page.getByRole('heading', { name: /There is no series/ }).waitFor();
    await page.goto(`${home.url}/uptrend?s=${BTC}&tf=3m`);
    await page.getByRole('heading', { name: /has no 3m bars/ }).waitFor();
    await page.route('**/api/uptrend/series*', (route) => route.abort());
    await page.route('**/api/uptrend/explain*', (route) =>
      route.fulfill({ status: 500, json: { detail: 'the engine broke', code: 'internal' } }),
    );
    await page.goto(`${home.url}/uptrend`);
    await page.locator('.chart-card .failure').waitFor();
    await page.locator('.now .failure', { hasText: 'the engine broke' }).waitFor();
    await page.unroute('**/api/uptrend/series*');
    await page.unroute('**/api/uptrend/explain*');
    for (const place of ['.chart-card', '.now'])
      await page.locator(`${place} .failure button`).first().click();
    await shown(page);
    await close(opened);
  });

  it('puts a bar that arrives on the chart, and its state beside it', async () => {
    const opened = await open();
    const { page } = opened;
    await shown(page);
    const before = await legend(page);
    await home.appendBar();
    await expect.poll(() => legend(page), { timeout: 15_000 }).not.toBe(before);
    await expect.poll(() => legend(page), { timeout: 15_000 }).toMatch(/UTC ?S[0-4] ?C [\d,]+ ?ATR \d/);
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });
});
