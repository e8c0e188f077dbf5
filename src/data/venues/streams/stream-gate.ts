/**
 * What a venue allows one address, kept by all sockets of this process together (pipelines spec §7): how often a socket
 * is opened, and, where it counts them over all sockets, how many messages are sent. Limits are 80 % of what is
 * documented, as those of pages are. Nobody waits here: who is refused asks again with its next tick.
 *
 * Known limit: a second process of the same address is not counted.
 */

/** At most so many in any stretch of this length. */
export interface PerTime {
  readonly most: number;
  readonly withinMs: number;
}

export interface StreamLimits {
  readonly connections: PerTime;
  /** Of all sockets together; undefined: only those of each socket are counted. */
  readonly messages?: PerTime;
}

/** Counts exactly: any stretch of the length, not minutes or seconds of the clock. */
export class SlidingWindow {
  private taken: number[] = [];

  constructor(private readonly limit: PerTime) {}

  has(now: number): boolean {
    const { most, withinMs } = this.limit;
    // a clock that was set back must not close it for longer than its length
    this.taken = this.taken.filter((at) => at > now - withinMs && at <= now);
    return this.taken.length < most;
  }

  take(now: number): void {
    this.taken.push(now);
  }
}

export class StreamGate {
  private readonly connections: SlidingWindow;
  private readonly messages: SlidingWindow | undefined;
  /** Who opens a second socket beside its old one: one at a time, for both count while they stand. */
  private replacing: object | undefined;

  constructor({ connections, messages }: StreamLimits) {
    this.connections = new SlidingWindow(connections);
    this.messages = messages && new SlidingWindow(messages);
  }

  /** @returns whether a socket may be opened now; it counts as opened then */
  open(now: number): boolean {
    if (!this.connections.has(now)) return false;
    this.connections.take(now);
    return true;
  }

  /** @returns whether a message may be sent now; it counts as sent then */
  send(now: number): boolean {
    if (this.messages === undefined) return true;
    if (!this.messages.has(now)) return false;
    this.messages.take(now);
    return true;
  }

  /** @returns whether this one may replace its socket; until it has ended that, nobody else may */
  beginReplacing(who: object, now: number): boolean {
    if (this.replacing !== undefined || !this.open(now)) return false;
    this.replacing = who;
    return true;
  }

  endReplacing(who: object): void {
    if (this.replacing === who) this.replacing = undefined;
  }
}
