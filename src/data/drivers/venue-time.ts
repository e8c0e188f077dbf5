/**
 * What time it is for the drivers: our clock, or that of the venues where the two are far apart, because a clock that
 * jumped closes no bar and dates no sample. Every collecting tells how far the venues' clocks are from ours; a process that
 * starts asks once before it says what time it is.
 */
import type { Clock } from '../../market/clock.js';
import { parseInstrument } from '../../market/instrument.js';
import { EXCHANGES, type Venues } from '../venues/open-venues.js';

/** A venue's clock may lag that of a book's last change by some seconds; a jump is minutes. */
export const MOST_SKEW_MS = 30_000;

export class VenueTime implements Clock {
  /** The venues' clock minus ours, as it was last found. */
  private skewMs = 0;
  private isKnown = false;

  /** @param instruments whose venues are asked what time it is, the first that answers counts */
  constructor(
    private readonly clock: Clock,
    private readonly venues: Venues,
    private readonly instruments: readonly string[],
  ) {}

  /** UTC ms. */
  now(): number {
    return this.told(this.clock.now());
  }

  /** A time of our clock as the venues would have told it. */
  told(time: number): number {
    return Math.abs(this.skewMs) > MOST_SKEW_MS ? time + this.skewMs : time;
  }

  /** How far ours is ahead of the venues', where that is too far to go by it; else 0. */
  get aheadMs(): number {
    return Math.abs(this.skewMs) > MOST_SKEW_MS ? -this.skewMs : 0;
  }

  /** Whether venues that are so far from our clock agree with it, and did so before. */
  agrees(skews: readonly number[]): boolean {
    return skews.length > 0 && [...skews, this.skewMs].every((skew) => Math.abs(skew) <= MOST_SKEW_MS);
  }

  /** Goes by the middle one from now on; nothing was learnt from none. */
  take(skews: readonly number[]): void {
    if (skews.length === 0) return;
    this.skewMs = [...skews].sort((a, b) => a - b)[skews.length >> 1]!;
    this.isKnown = true;
  }

  /** Asks a venue what time it is, unless that is known. */
  async learn(signal?: AbortSignal): Promise<void> {
    if (this.isKnown) return;
    const names = new Set(this.instruments.filter(isAsked).map((id) => parseInstrument(id).venue));
    for (const name of names) {
      try {
        this.take([(await this.venues.of(name).serverTime(signal)) - this.clock.now()]);
        return;
      } catch {
        // the next one may answer; where none does, our own clock counts
        signal?.throwIfAborted();
      }
    }
  }
}

/** Imported series belong to no venue: they are read, not fetched. */
export function isAsked(instrument: string): boolean {
  return (EXCHANGES as readonly string[]).includes(parseInstrument(instrument).venue);
}
