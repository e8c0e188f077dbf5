/**
 * A venue's patience: weight per window on the virtual clock, 429 over the budget, a ban for who goes on asking while
 * told to wait, and doubled bans for those who do it again (at most a day).
 */
import type { LimitPolicy } from './protocol.js';

/** Requests that are tolerated after a 429 inside one window before the ban. */
const TOLERATED = 10;
const LONGEST_BAN = 86_400_000;

export class RateLimiter {
  private windowStart = Number.NEGATIVE_INFINITY;
  private used = 0;
  private ignored = 0;
  private bans = 0;
  private bannedUntil = Number.NEGATIVE_INFINITY;

  constructor(private readonly policy: LimitPolicy) {}

  /** Weight used in the running window. */
  usedAt(now: number): number {
    this.roll(now);
    return this.used;
  }

  /** Virtual time until which every request is refused; undefined when there is no ban. */
  banAt(now: number): number | undefined {
    return now < this.bannedUntil ? this.bannedUntil : undefined;
  }

  ban(now: number, ms: number): number {
    this.bannedUntil = now + ms;
    return this.bannedUntil;
  }

  /** Seconds to wait when the budget is gone, 0 when it is not; a client that keeps asking is banned. */
  refuse(now: number): number {
    this.roll(now);
    if (this.used < this.policy.budget) return 0;
    this.ignored += 1;
    if (this.ignored > TOLERATED) {
      this.bans += 1;
      this.ban(now, Math.min(LONGEST_BAN, this.policy.banMs * 2 ** (this.bans - 1)));
    }
    return Math.max(1, Math.ceil((this.windowStart + this.policy.windowMs - now) / 1000));
  }

  charge(now: number, weight: number): number {
    this.roll(now);
    this.used += weight;
    return this.used;
  }

  private roll(now: number): void {
    const start = Math.floor(now / this.policy.windowMs) * this.policy.windowMs;
    if (start === this.windowStart) return;
    this.windowStart = start;
    this.used = 0;
    this.ignored = 0;
  }
}
