/** The page Majors vs alts in a real browser, over runs of the small research lake. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MonitorDayAnswer, MonitorRunsAnswer } from '../../src/app/server/api-types.js';
import { MARKUP_PROBLEMS, SMALL_TARGETS } from './accessible-markup.js';
import { launchBrowser } from './chromium.js';
import { weakWords } from './contrast.js';
import { type MajorsHome, majorsHome } from './majors-home.fixture.js';
import { openSettled, PHONE, sidewaysScroll, watchedPage, words } from './watched-page.js';

/** A day on which the beta-neutral run held a book. */
const HELD = '2025-08-05';

describe('the page Majors vs alts', () => {
  let home: MajorsHome;
  let browser: Browser;
  let page: Page;
  let runs: MonitorRunsAnswer;
  let complaints: string[];

  beforeAll(async () => {
    [home, browser] = await Promise.all([majorsHome(), launchBrowser()]);
    runs = (await (await fetch(`${home.url}/api/monitor/runs`)).json()) as MonitorRunsAnswer;
    ({ page, complaints } = await watchedPage(browser));
  }, 120_000);

  afterEach(() => expect(complaints.splice(0)).toEqual([]));

  afterAll(async () => {
    await browser?.close();
    await home?.close();
  });

  const run = (name: string) => runs.find((each) => each.name === name)!;
  const text = (selector: string): Promise<string> => words(page, selector);
  const openRun = (name: string): Promise<void> =>
    openSettled(page, `${home.url}/majors?run=${run(name).run_id}&at=${HELD}`);

  it('shows score, equity and the figures of a run with their intervals', async () => {
    await openRun('beta');
    // neutral to the last digit: no pane for what is left
    await expect.poll(() => page.locator('.time-plot canvas').count()).toBe(5);
    await expect.poll(() => text('.majors-row')).toContain(run('beta').kpis.sharpe!.toFixed(2));
    await expect.poll(() => text('.majors-row')).toContain('nothing to see here');
    await expect.poll(() => text('.page-head')).toContain('beta neutral · 8 test windows');
  });

  it('shows the book of the day that is held, and steps to the next', async () => {
    await openRun('beta');
    const path = `/api/monitor/runs/${run('beta').run_id}/day?at=${HELD}`;
    const day = (await (await fetch(home.url + path)).json()) as MonitorDayAnswer;
    expect(day.book.length).toBeGreaterThan(10);
    await expect.poll(() => page.locator('.book tbody tr').count()).toBe(day.book.length);
    await expect.poll(() => text('.signal')).toContain(`score +${day.score!.toFixed(2)}`);
    await expect
      .poll(() => page.locator('.why-score li').count())
      .toBe(Object.keys(day.contributions).length);
    await page.getByRole('button', { name: 'The day after' }).click();
    await page.waitForURL(/at=2025-08-06/);
    await expect.poll(() => text('.signal')).toContain('6 Aug 2025');
  });

  it('links to the self-contained report of the run', async () => {
    await openRun('beta');
    const link = page.getByRole('link', { name: 'Report' });
    const answer = await page.request.get(home.url + (await link.getAttribute('href')));
    expect(answer.status()).toBe(200);
    expect(await answer.text()).toContain(`run ${run('beta').run_id}`);
  });

  it('draws the equity of another run beside, and says how much the choice is worth', async () => {
    await openRun('beta');
    await page.getByRole('button', { name: 'Draw dollar beside' }).click();
    await page.waitForURL(new RegExp(`with=${run('dollar').run_id}`));
    await expect.poll(() => text('.majors-main')).toContain('of the splits');
    await expect.poll(() => text('.legend')).toContain('dollar');
    await page.getByRole('button', { name: 'Draw dollar beside' }).click();
    await expect.poll(() => text('.legend')).not.toContain('dollar');
  });

  it('holds the day that is clicked in the chart', async () => {
    await openRun('beta');
    const canvas = page.locator('.time-plot canvas').first();
    await canvas.scrollIntoViewIfNeeded();
    const box = (await canvas.boundingBox())!;
    await page.mouse.click(box.x + box.width * 0.5, box.y + 60);
    await page.waitForURL(/at=2025-0[1-5]/);
  });

  it('moves day by day from the keyboard, and holds one', async () => {
    await openRun('beta');
    const chart = page.getByRole('slider', { name: /^Score, equity, drawdown/ });
    await chart.focus();
    await page.keyboard.press('End');
    const told = async (): Promise<string> => (await chart.getAttribute('aria-valuetext')) ?? '';
    await expect.poll(told).toMatch(/^\d+ \w+ \d{4}, score [+−]?\d\.\d\d, equity (—|0\.\d{3}), drawdown /);
    const newest = await told();
    await page.keyboard.press('Shift+ArrowLeft');
    await expect.poll(told).not.toBe(newest);
    await expect.poll(() => text('.signal')).toContain((await told()).split(',')[0]!);
    await page.keyboard.press('Enter');
    await page.waitForURL(/at=2026-/);
  });

  it('says that a day cannot be read, keeps the one before, and goes on when asked again', async () => {
    await openRun('beta');
    await expect.poll(() => text('.signal')).toContain('5 Aug 2025');
    await page.route('**/day*', (route) =>
      route.fulfill({ status: 500, json: { detail: 'the book cannot be read', code: 'internal' } }),
    );
    await page.getByRole('button', { name: 'The day after' }).click();
    const failure = page.locator('.majors-side .failure');
    await failure.getByText('The book cannot be read').waitFor();
    await failure.getByText('Below stands 5 Aug 2025').waitFor();
    await page.unroute('**/day*');
    await failure.getByRole('button', { name: 'Retry now' }).click();
    await expect.poll(() => text('.signal')).toContain('6 Aug 2025');
    await expect.poll(() => failure.count()).toBe(0);
    complaints.length = 0;
  });

  it('shows another run when it is chosen', async () => {
    await openRun('beta');
    await page.getByRole('button', { name: /^dollar/ }).click();
    await page.waitForURL(new RegExp(`run=${run('dollar').run_id}`));
    await expect.poll(() => text('.page-head')).toContain('dollar neutral');
    await expect.poll(() => text('.majors-row')).toContain(run('dollar').kpis.sharpe!.toFixed(2));
  });

  it('can be read in both themes and on a phone without sideways scroll', async () => {
    for (const path of ['/majors', '/majors?theme=light']) {
      await openSettled(page, home.url + path);
      await page.locator('.why-score li').first().waitFor();
      await expect.poll(() => page.evaluate(weakWords('main')), { message: path }).toEqual([]);
      await expect.poll(() => page.evaluate(MARKUP_PROBLEMS), { message: path }).toEqual([]);
    }
    const phone = await watchedPage(browser, PHONE);
    await openSettled(phone.page, `${home.url}/majors`);
    await phone.page.locator('.time-plot canvas').first().waitFor();
    await expect.poll(() => sidewaysScroll(phone.page)).toBe(0);
    await expect.poll(() => phone.page.evaluate(SMALL_TARGETS)).toEqual([]);
    expect(phone.complaints).toEqual([]);
    await phone.page.context().close();
  });
});
