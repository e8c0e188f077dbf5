import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type DelayHistogram, EventLoopDelay } from './event-loop-delay.js';

/** Keeps what was recorded; its 99th percentile is the largest. */
class Recorded implements DelayHistogram {
  private values: number[] = [];
  enable = (): boolean => true;
  disable = (): boolean => true;
  reset = (): void => void this.values.splice(0);
  percentile = (): number => Math.max(0, ...this.values);
  record(ms: number): void {
    this.values.push(ms * 1e6);
  }
}

let histograms: Recorded[];
let delay: EventLoopDelay;

beforeEach(() => {
  vi.useFakeTimers();
  histograms = [];
  delay = new EventLoopDelay(() => {
    const made = new Recorded();
    histograms.push(made);
    return made;
  });
});
afterEach(() => {
  delay.stop();
  vi.useRealTimers();
});
const block = (ms: number): void => {
  for (const histogram of histograms) histogram.record(ms);
};

it('tells every reader the same, however often it is read', () => {
  block(400);
  expect([delay.p99, delay.p99, delay.p99]).toEqual([400, 400, 400]);
});

it('keeps a delay for half a minute at least, and not longer than a minute', () => {
  const held: number[] = [];
  for (let offset = 0; offset < 60; offset += 7) {
    vi.advanceTimersByTime(120_000 + offset * 1000);
    block(500);
    let seconds = 0;
    while (delay.p99 === 500 && seconds <= 90) {
      vi.advanceTimersByTime(1000);
      seconds += 1;
    }
    held.push(seconds);
  }
  expect(Math.min(...held)).toBeGreaterThanOrEqual(30);
  expect(Math.max(...held)).toBeLessThanOrEqual(60);
});
