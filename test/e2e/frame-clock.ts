/** Script time per frame inside a page: animation callbacks and pointer, wheel and socket handlers, added up. */
import type { Page } from 'playwright-core';

/** Runs before the page's own scripts. */
const CLOCK = `(() => {
  const clock = (window.frameClock = { frames: [], messages: [], spent: 0 });
  const timed = (work) => function (...args) {
    const start = performance.now();
    try { return work.apply(this, args); } finally { clock.spent += performance.now() - start; }
  };
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (work) => request(timed(work));
  const listen = EventTarget.prototype.addEventListener;
  const forget = EventTarget.prototype.removeEventListener;
  const wrapped = new WeakMap();
  EventTarget.prototype.addEventListener = function (type, handler, options) {
    if (typeof handler !== 'function' || !/^(mouse|pointer|touch|wheel|message)/.test(type)) return listen.call(this, type, handler, options);
    let wrap = wrapped.get(handler);
    if (!wrap) {
      const inner = timed(handler);
      wrap = type === 'message'
        ? function (event) {
            const before = clock.spent;
            inner.call(this, event);
            if (String(event.data).includes('"type":"bars"')) clock.messages.push(clock.spent - before);
          }
        : inner;
      wrapped.set(handler, wrap);
    }
    return listen.call(this, type, wrap, options);
  };
  EventTarget.prototype.removeEventListener = function (type, handler, options) {
    return forget.call(this, type, (handler && wrapped.get(handler)) ?? handler, options);
  };
  const tick = () => {
    clock.frames.push(clock.spent);
    clock.spent = 0;
    request(tick);
  };
  request(tick);
})()`;

export async function installFrameClock(page: Page): Promise<void> {
  await page.addInitScript(CLOCK);
}

export interface FrameTimes {
  /** ms of script in each frame that had any. */
  readonly frames: readonly number[];
  /** ms of the handler of each pushed bar. */
  readonly messages: readonly number[];
}

/** What was counted since the last call. */
export async function takeFrames(page: Page): Promise<FrameTimes> {
  return page.evaluate<FrameTimes>(`(() => {
    const { frames, messages } = window.frameClock;
    window.frameClock.frames = [];
    window.frameClock.messages = [];
    return { frames: frames.filter((spent) => spent > 0.05), messages };
  })()`);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
