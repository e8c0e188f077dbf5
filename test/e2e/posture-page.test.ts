/** The page Posture in a real browser, over drivers that were filled from simulated venues. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { historyAnswer } from '../../src/app/drivers/driver-answers.js';
import type { PostureAnswer } from '../../src/app/server/api-types.js';
import { MARKUP_PROBLEMS, SMALL_TARGETS } from './accessible-markup.js';
import { launchBrowser } from './chromium.js';
import { weakWords } from './contrast.js';
import { type PostureHome, postureHome } from './posture-home.fixture.js';
import { openSettled, PHONE, sidewaysScroll, watchedPage, words } from './watched-page.js';

describe('the page Posture', () => {
  let home: PostureHome;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    [home, browser] = await Promise.all([postureHome(), launchBrowser()]);
    ({ page, complaints } = await watchedPage(browser));
  }, 120_000);

  afterEach(() => expect(complaints.splice(0)).toEqual([]));

  afterAll(async () => {
    await browser?.close();
    await home?.close();
  });

  const answer = async (path: string): Promise<PostureAnswer> =>
    (await (await fetch(`${home.url}/api/drivers/ae?${path}`)).json()) as PostureAnswer;
  const text = (selector: string): Promise<string> => words(page, selector);
  const openMid = (query = ''): Promise<void> =>
    openSettled(page, `${home.url}/posture?bucket=mid&order=4h${query}`);

  it('shows A and E of the API, and the parts that make them', async () => {
    await openMid();
    const told = await answer('bucket=mid&timeframe=4h');
    await expect.poll(() => text('.levers')).toContain(told.a.toFixed(3));
    await expect.poll(() => text('.levers')).toContain(told.e.toFixed(3));
    await expect
      .poll(() => page.locator('.channels tbody tr').count())
      .toBe(told.channels.filter(({ status }) => status === 'live').length);
    await expect.poll(() => text('.page-head')).toContain(`${told.channels_live} of 15 channels live`);
    await expect.poll(() => text('.drivers')).toMatch(/2[34] of 24 count/);
  });

  it('has a past with the states of the drivers below it', async () => {
    await openMid();
    await page.locator('.posture-history canvas').first().waitFor();
    await expect.poll(() => page.locator('.driver-strips li').count()).toBeGreaterThanOrEqual(12);
    await page.getByRole('button', { name: '7 d' }).click();
    await page.waitForURL(/days=7/);
  });

  it('paints the states of BTC behind its price, and names the one under the cursor', async () => {
    await openMid('&days=7');
    const told = historyAnswer.parse(
      await (await fetch(`${home.url}/api/drivers/history?bucket=mid&timeframe=4h&step=1h&limit=168`)).json(),
    );
    const { runs } = told.states.find(({ driver, timeframe }) => driver === 'BTC' && timeframe === '1h')!;
    const known = runs.filter(({ from }) => from + 3_600_000 <= told.ts.at(-1)!);
    await expect.poll(() => text('.lever-legend')).toContain(`bands: BTC 1h ${known.at(-1)!.state}`);
    const states = [...new Set(known.map(({ state }) => state.toLowerCase()))];
    expect(states.length).toBeGreaterThan(1);
    const unpainted = `(() => {
      const canvas = document.querySelector('.posture-history .time-plot canvas');
      if (!canvas || canvas.height < 7) return ['no chart'];
      // along the lower edge of the price, where no line runs
      const row = canvas.getContext('2d').getImageData(0, canvas.height - 6, canvas.width, 1).data;
      const colors = new Set();
      for (let at = 0; at < row.length; at += 4) colors.add(row.slice(at, at + 3).join(','));
      const token = (name) => {
        const hex = getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
        return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
      };
      const panel = token('panel');
      const tint = (state) => token(state).map((value, at) => Math.round(value * 0.14 + panel[at] * 0.86)).join(',');
      return ${JSON.stringify(states)}.filter((state) => !colors.has(tint(state)));
    })()`;
    await expect.poll(() => page.evaluate(unpainted)).toEqual([]);
  });

  it('tries another state of a driver without storing it, and the address keeps it', async () => {
    await openMid();
    await page.getByRole('button', { name: /^BTC 1h: / }).click();
    await page.getByRole('button', { name: 'S0 in BTC 1h' }).click();
    await page.waitForURL(/if=BTC:1h:S0/);
    await page.getByRole('heading', { name: /^What if/ }).waitFor();
    const asked = await fetch(`${home.url}/api/drivers/ae`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        bucket: 'mid',
        timeframe: '4h',
        overrides: [{ driver: 'BTC', timeframe: '1h', state: 'S0' }],
      }),
    });
    const { after } = (await asked.json()) as { after: PostureAnswer };
    await expect.poll(() => text('.levers')).toContain(after.a.toFixed(3));
    await page.reload();
    await page.getByRole('heading', { name: /^What if/ }).waitFor();
    await page.getByRole('button', { name: 'Clear what-if' }).click();
    await page.locator('.levers strong').first().waitFor();
    await expect.poll(() => page.url()).not.toContain('if=');
  });

  it('is worked from the keyboard: a cell, its what-if, the past', async () => {
    await openMid();
    const focused = (): Promise<string> =>
      page.evaluate(
        '(document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent)',
      );
    // the name says all that the cell shows
    const cell = page.getByRole('button', {
      name: /^BTC 1h: S[0-4], .*for \d+ \w+, ok, \d+ \w+ old from \w+$/,
    });
    await cell.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'S0 in BTC 1h' }).waitFor();
    await page.keyboard.press('Tab');
    await expect.poll(focused).toBe('S0 in BTC 1h');
    await page.keyboard.press('Escape');
    await expect.poll(focused).toMatch(/^BTC 1h: /);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'S0 in BTC 1h' }).waitFor();
    await page.keyboard.press('Tab');
    await expect.poll(focused).toBe('S0 in BTC 1h');
    await page.keyboard.press('Enter');
    await page.waitForURL(/if=BTC:1h:S0/);
    await expect.poll(focused).toMatch(/^BTC 1h: S0, tried, now S[0-4]$/);
    const past = page.getByRole('slider', { name: /^A and E over/ });
    await past.focus();
    await page.keyboard.press('End');
    const told = async (): Promise<string> => (await past.getAttribute('aria-valuetext')) ?? '';
    await expect
      .poll(told)
      .toMatch(/^\d+ \w+ \d{4} \d\d:00 UTC, A \d\.\d{3}, E \d\.\d{3}, coverage \d+.%, BTC /);
    const newest = await told();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(told).not.toBe(newest);
    await expect.poll(() => text('.lever-legend')).toContain((await told()).split(',')[0]!);
  });

  it('says what failed and what holds, and goes on when asked again', async () => {
    const refuse = (sentence: string) => ({ status: 500, json: { detail: sentence, code: 'internal' } });
    await page.route('**/api/drivers/health', (route) => route.fulfill(refuse('the store is away')));
    await page.route('**/api/drivers?*', (route) => route.fulfill({ json: { posture: [], cells: null } }));
    await openMid();
    await page.locator('.drivers-health .failure', { hasText: 'The store is away' }).waitFor();
    const drivers = page.getByRole('region', { name: 'Drivers' });
    await drivers.getByText('has a shape that this page does not know').waitFor();
    await expect.poll(() => page.locator('.channels tbody tr').count()).toBeGreaterThan(10);
    await page.unroute('**/api/drivers/health');
    await page.unroute('**/api/drivers?*');
    await drivers.getByRole('button', { name: 'Retry now' }).click();
    await page.locator('.driver-grid').waitFor();
    await expect.poll(() => page.locator('.failure').count()).toBe(0);
    complaints.length = 0;
  });

  it('can be read in both themes and on a phone without sideways scroll', async () => {
    for (const path of ['/posture', '/posture?theme=light']) {
      await openSettled(page, home.url + path);
      await page.locator('.driver-grid').waitFor();
      await page.locator('.levers strong').first().waitFor();
      await expect.poll(() => page.evaluate(weakWords('main')), { message: path }).toEqual([]);
      await expect.poll(() => page.evaluate(MARKUP_PROBLEMS), { message: path }).toEqual([]);
    }
    const phone = await watchedPage(browser, PHONE);
    await openSettled(phone.page, `${home.url}/posture`);
    await phone.page.locator('.driver-grid').waitFor();
    await expect.poll(() => sidewaysScroll(phone.page)).toBe(0);
    await phone.page.getByRole('button', { name: /^BTC 1h: / }).click();
    await phone.page.getByRole('button', { name: 'S0 in BTC 1h' }).waitFor();
    await expect.poll(() => phone.page.evaluate(SMALL_TARGETS)).toEqual([]);
    expect(phone.complaints).toEqual([]);
    await phone.page.context().close();
  });
});
