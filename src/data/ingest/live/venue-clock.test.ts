import { describe, expect, it } from 'vitest';
import type { Venue } from '../../venues/venue.js';
import { VenueClock } from './venue-clock.js';

/** A venue that tells its time when it is let to, and a timer whose sleepers are woken by hand. */
function setup() {
  let tell: (time: number) => void = () => undefined;
  let refuse: (error: Error) => void = () => undefined;
  let wake: () => void = () => undefined;
  const answer = new Promise<number>((resolve, reject) => {
    tell = resolve;
    refuse = reject;
  });
  const timer = {
    now: () => 1_000_000,
    sleep: (_: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        wake = resolve;
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const venue = { id: 'binance', serverTime: () => answer } as unknown as Venue;
  const clock = new VenueClock(venue, timer, timer);
  return { clock, tell: (time: number) => tell(time), refuse: (e: Error) => refuse(e), wake: () => wake() };
}

describe('the clock of a venue', () => {
  it('is waited for before its first answer, so that no forming minute passes for closed', async () => {
    const { clock, tell } = setup();
    clock.tick();
    const known = clock.knownSkew();
    tell(920_000);
    expect(await known).toBe(-80_000);
    expect(await clock.knownSkew()).toBe(-80_000);
  });

  it('is not waited for where it cannot be asked, or does not answer for long', async () => {
    const failing = setup();
    failing.clock.tick();
    failing.refuse(new Error('503'));
    expect(await failing.clock.knownSkew()).toBe(0);
    const silent = setup();
    silent.clock.tick();
    const known = silent.clock.knownSkew();
    silent.wake();
    expect(await known).toBe(0);
  });
});
