/**
 * What may be asked of one host per minute, shared by all jobs of the process: buckets of weight that fill up evenly, at
 * 80 % of what the venue documents (pipelines spec §7), and one gate for all of them, closed while the venue says wait.
 * A bucket holds a quarter of its flow, so that no minute sees more than the documented limit, the first one included.
 *
 * First come, first served: a caller waits behind those before it, so that a cheap call cannot starve a dear one.
 */
import type { Timer } from './timer.js';

export interface BucketLimit {
  /** Weight that flows in within `perMs`; a quarter of it may be used at once. */
  readonly weight: number;
  readonly perMs: number;
}

export interface Block {
  readonly venue: string;
  /** Why nothing is asked: `rate limit`, `banned`, `rate budget used up`, or how the venue failed. */
  readonly reason: string;
  /** UTC ms. */
  readonly until: number;
}

/** Waits shorter than this are pacing, not news. */
const TELL_FROM_MS = 2_000;

interface Bucket {
  readonly limit: BucketLimit;
  readonly capacity: number;
  level: number;
  filledAt: number;
  turn: Promise<void>;
  readonly spent: MinuteCount;
}

const MINUTE = 60_000;

/** What was added within the last minute, of two counted minutes: exact where it flows evenly. */
class MinuteCount {
  private minute = 0;
  private now = 0;
  private before = 0;

  add(amount: number, time: number): void {
    this.turn(time);
    this.now += amount;
  }

  lastMinute(time: number): number {
    this.turn(time);
    return this.now + this.before * (1 - (time % MINUTE) / MINUTE);
  }

  /** When `lastMinute` is zero if nothing more is added; the past when it is now. */
  forgottenAt(time: number): number {
    this.turn(time);
    return (this.minute + (this.now > 0 ? 2 : this.before > 0 ? 1 : 0)) * MINUTE;
  }

  private turn(time: number): void {
    const minute = Math.floor(time / MINUTE);
    if (minute === this.minute) return;
    this.before = minute === this.minute + 1 ? this.now : 0;
    this.now = 0;
    this.minute = minute;
  }
}

export class RateBudget {
  private readonly buckets = new Map<string, Bucket>();
  private closedUntil = 0;
  private closedBecause = '';
  private waited = 0;
  private failingUntil = 0;
  private readonly listeners = new Set<(block: Block) => void>();

  /** @param limits by name of the group of endpoints; `default` is needed */
  constructor(
    private readonly venue: string,
    limits: Readonly<Record<string, BucketLimit>>,
    private readonly timer: Timer,
  ) {
    for (const [name, limit] of Object.entries(limits)) {
      const capacity = Math.max(1, limit.weight / 4);
      this.buckets.set(name, {
        limit,
        capacity,
        level: capacity,
        filledAt: timer.now(),
        turn: Promise.resolve(),
        spent: new MinuteCount(),
      });
    }
  }

  /** Told whenever calls begin to wait for longer than a moment. @returns a function that ends the listening */
  onBlocked(listener: (block: Block) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves when a call of this weight may go out. */
  async take(group: string, weight: number, signal?: AbortSignal): Promise<void> {
    const bucket = this.buckets.get(group) ?? this.buckets.get('default')!;
    const asked = this.timer.now();
    const turn = bucket.turn
      .then(() => this.takeTurn(bucket, weight, signal))
      .finally(() => {
        this.waited += Math.max(0, this.timer.now() - asked);
      });
    bucket.turn = turn.catch(() => undefined);
    return turn;
  }

  /** Nothing is asked before that time; a later one wins over an earlier one. */
  close(until: number, reason: string): void {
    if (until <= this.closedUntil) return;
    this.closedUntil = until;
    this.closedBecause = reason;
    if (until - this.timer.now() >= TELL_FROM_MS) this.tell({ venue: this.venue, reason, until });
  }

  /** A call failed and is tried again then; others go on. Said once for all calls that wait. */
  noteFailing(until: number, reason: string): void {
    const now = this.timer.now();
    if (until - now < TELL_FROM_MS || now < this.failingUntil) return;
    this.failingUntil = until;
    this.tell({ venue: this.venue, reason, until });
  }

  /** The venue counts too, and its count is the one that bans: the bucket holds no more than the venue leaves. */
  noteUsed(group: string, used: number): void {
    const bucket = this.buckets.get(group) ?? this.buckets.get('default')!;
    this.fill(bucket);
    bucket.level = Math.min(bucket.level, Math.max(0, bucket.limit.weight - used));
  }

  private async takeTurn(bucket: Bucket, weight: number, signal?: AbortSignal): Promise<void> {
    const cost = Math.min(weight, bucket.capacity);
    let told = false;
    for (;;) {
      signal?.throwIfAborted();
      const now = this.timer.now();
      if (now < this.closedUntil) {
        await this.timer.sleep(this.closedUntil - now, signal);
        continue;
      }
      this.fill(bucket);
      if (bucket.level >= cost) break;
      const wait = Math.ceil(((cost - bucket.level) * bucket.limit.perMs) / bucket.limit.weight);
      if (!told && wait >= TELL_FROM_MS) {
        told = true;
        this.tell({ venue: this.venue, reason: 'rate budget used up', until: now + wait });
      }
      await this.timer.sleep(wait, signal);
    }
    bucket.level -= cost;
    bucket.spent.add(cost, this.timer.now());
  }

  private fill(bucket: Bucket): void {
    const now = this.timer.now();
    const { weight, perMs } = bucket.limit;
    bucket.level = Math.min(bucket.capacity, bucket.level + ((now - bucket.filledAt) * weight) / perMs);
    bucket.filledAt = now;
  }

  private tell(block: Block): void {
    for (const listener of this.listeners) listener(block);
  }

  /** Milliseconds that calls have waited for their turn, all together. */
  get waitedMs(): number {
    return this.waited;
  }

  /**
   * Share, 0 to 1, of what a minute may take that the last minute took, of the group that took most of its own. A minute
   * may take what flows in and what a full bucket holds: with both, the documented limit of the venue.
   */
  get usedShare(): number {
    const now = this.timer.now();
    const shares = [...this.buckets.values()].map(
      ({ spent, limit, capacity }) =>
        spent.lastMinute(now) / ((limit.weight * MINUTE) / limit.perMs + capacity),
    );
    return Math.max(...shares);
  }

  /** When the last minute will have taken nothing if nothing more is asked, epoch ms; null when that is now. */
  get freeAt(): number | null {
    const now = this.timer.now();
    const times = [...this.buckets.values()].map(({ spent }) => spent.forgottenAt(now));
    const last = Math.max(...times);
    return last > now ? last : null;
  }

  /** Why and until when nothing is asked, at this moment. */
  get closed(): Block | null {
    if (this.timer.now() >= this.closedUntil) return null;
    return { venue: this.venue, reason: this.closedBecause, until: this.closedUntil };
  }
}
