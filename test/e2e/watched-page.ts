/** A page of the dashboard in a context of its own, with what its console should not have said. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

/** The smallest screen that the dashboard is made for. */
export const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } as const;

export interface WatchedPage {
  readonly page: Page;
  /** Errors and warnings of the console, refusals of the security policy among them, and uncaught exceptions. */
  readonly complaints: string[];
  /** Addresses asked for, in order. */
  readonly requests: string[];
}

/** @param options of the context; 1440 × 900 pixels in English and UTC unless said */
export async function watchedPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const desk = { viewport: { width: 1440, height: 900 }, locale: 'en-GB', timezoneId: 'UTC' };
  const page = await (await browser.newContext({ ...desk, ...options })).newPage();
  page.setDefaultTimeout(30_000);
  const watched: WatchedPage = { page, complaints: [], requests: [] };
  page.on('pageerror', (error) => watched.complaints.push(String(error)));
  page.on('request', (request) => watched.requests.push(request.url()));
  page.on('console', (message) => {
    // reading the pixels of a canvas back is the test's own
    if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Canvas2D'))
      watched.complaints.push(message.text());
  });
  return watched;
}

/** Opens a page anew and waits until nothing in it still loads. */
export async function openSettled(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator('main h1').waitFor();
  await expect.poll(() => page.locator('main .skeleton, main .chart-wait').count(), { message: url }).toBe(0);
}

/** Text of the first match, with plain spaces and minus signs. To be polled: what is shown follows an action later. */
export async function words(page: Page, selector: string): Promise<string> {
  const text = (await page.locator(selector).first().textContent()) ?? '';
  return text.replace(/\s+/g, ' ').replaceAll('\u2212', '-').trim();
}

/** How far the page can be scrolled sideways, px: to be polled, for charts follow a new size one frame later. */
export async function sidewaysScroll(page: Page): Promise<number> {
  const { scrollWidth, clientWidth } = await page.evaluate<{ scrollWidth: number; clientWidth: number }>(
    '({ scrollWidth: document.documentElement.scrollWidth, clientWidth: document.documentElement.clientWidth })',
  );
  return scrollWidth - clientWidth;
}
