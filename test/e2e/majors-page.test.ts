/** The page Majors vs alts in a real browser, over runs of the small research lake. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MonitorDayAnswer, MonitorRunsAnswer } from '../../src/app/server/api-types.js';
import { launchBrowser } from './chromium.js';
import { weakWords } from './contrast.js';
import { type MajorsHome, majorsHome } from './majors-home.fixture.js';
import { openSettled, sidewaysScroll, watchedPage, words } from './watched-page.js';

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
    }
    await page.setViewportSize({ width: 360, height: 740 });
    await page.locator('.time-plot canvas').first().waitFor();
    await expect.poll(() => sidewaysScroll(page)).toBe(0);
  });
});
