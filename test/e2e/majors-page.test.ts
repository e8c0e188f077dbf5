/** The page Majors vs alts in a real browser, over runs of the small research lake. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MonitorDayAnswer, MonitorRunsAnswer } from '../../src/app/server/api-types.js';
import { launchBrowser } from './chromium.js';
import { weakWords } from './contrast.js';
import { type MajorsHome, majorsHome } from './majors-home.fixture.js';
import { sidewaysScroll, watchedPage } from './watched-page.js';

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

  afterAll(async () => {
    await browser?.close();
    await home?.close();
  });

  const run = (name: string) => runs.find((each) => each.name === name)!;
  const text = async (selector: string): Promise<string> =>
    ((await page.textContent(selector)) ?? '').replaceAll('\u00a0', ' ').replaceAll('\u2212', '-');

  it('shows score, equity and the figures of a run with their intervals', async () => {
    await page.goto(`${home.url}/majors?run=${run('beta').run_id}&at=${HELD}`);
    await page.locator('.time-plot canvas').first().waitFor();
    // neutral to the last digit: no pane for what is left
    expect(await page.locator('.time-plot canvas').count()).toBe(5);
    const shown = await text('.majors-row');
    expect(shown).toContain(run('beta').kpis.sharpe!.toFixed(2));
    expect(shown).toContain('nothing to see here');
    expect(await text('.page-head')).toContain('beta neutral · 8 test windows');
  });

  it('shows the book of the day that is held, and steps to the next', async () => {
    await page.locator('.book tbody tr').first().waitFor();
    const path = `/api/monitor/runs/${run('beta').run_id}/day?at=${HELD}`;
    const day = (await (await fetch(home.url + path)).json()) as MonitorDayAnswer;
    expect(await page.locator('.book tbody tr').count()).toBe(day.book.length);
    expect(day.book.length).toBeGreaterThan(10);
    expect(await text('.signal')).toContain(`score +${day.score!.toFixed(2)}`);
    expect(await page.locator('.why-score li').count()).toBe(Object.keys(day.contributions).length);
    await page.getByRole('button', { name: 'The day after' }).click();
    await page.waitForURL(/at=2025-08-06/);
    await expect.poll(() => text('.signal')).toContain('6 Aug 2025');
  });

  it('links to the self-contained report of the run', async () => {
    const link = page.getByRole('link', { name: 'Report' });
    const answer = await page.request.get(home.url + (await link.getAttribute('href')));
    expect(answer.status()).toBe(200);
    expect(await answer.text()).toContain(`run ${run('beta').run_id}`);
  });

  it('draws the equity of another run beside, and says how much the choice is worth', async () => {
    await page.getByRole('button', { name: 'Draw dollar beside' }).click();
    await page.waitForURL(new RegExp(`with=${run('dollar').run_id}`));
    await expect.poll(() => text('.majors-main')).toContain('of the splits');
    expect(await text('.legend')).toContain('dollar');
    await page.getByRole('button', { name: 'Draw dollar beside' }).click();
    await expect.poll(() => text('.legend')).not.toContain('dollar');
  });

  it('holds the day that is clicked in the chart', async () => {
    const canvas = page.locator('.time-plot canvas').first();
    await canvas.scrollIntoViewIfNeeded();
    const box = (await canvas.boundingBox())!;
    await page.mouse.click(box.x + box.width * 0.5, box.y + 60);
    await page.waitForURL(/at=2025-0[1-5]/);
  });

  it('shows another run when it is chosen', async () => {
    await page.getByRole('button', { name: /^dollar/ }).click();
    await page.waitForURL(new RegExp(`run=${run('dollar').run_id}`));
    await expect.poll(() => text('.page-head')).toContain('dollar neutral');
    await expect.poll(() => text('.majors-row')).toContain(run('dollar').kpis.sharpe!.toFixed(2));
  });

  it('can be read in both themes and on a phone without sideways scroll', async () => {
    for (const path of ['/majors', '/majors?theme=light']) {
      await page.goto(home.url + path);
      await page.locator('.why-score li').first().waitFor();
      expect(await page.evaluate(weakWords('main'))).toEqual([]);
    }
    await page.setViewportSize({ width: 360, height: 740 });
    await page.locator('.time-plot canvas').first().waitFor();
    await expect.poll(() => sidewaysScroll(page)).toBe(0);
    expect(complaints).toEqual([]);
  });
});
