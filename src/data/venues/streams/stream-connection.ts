/**
 * A connection that does not stay away: one socket after the other for the same topics (pipelines spec §3). It is dead
 * when its data are too old, whatever the socket says; pauses between attempts grow (backoff.ts) and start anew after a
 * minute of health. A socket that grows old is replaced before the venue cuts it, the new one first.
 *
 * Time comes by `tick`, so that tests and machines that slept see the same rules.
 */
import type { Random } from '../../../market/random.js';
import { backoffMs } from './backoff.js';
import type { StreamDialect, Topic } from './stream-dialect.js';
import type { StreamGate } from './stream-gate.js';
import { type SessionEvents, type StreamCounts, StreamSession } from './stream-session.js';

/** No data for this long: the stream is dead. */
const PATIENCE_MS = 30_000;
/** Where nothing is traded, silence is no fault. */
const LONGEST_PATIENCE_MS = 240_000;
const HEALTHY_MS = 60_000;
/** Venues cut after 24 h. */
const OLD_MS = 23 * 3_600_000;

export interface ConnectionEvents {
  readonly data: SessionEvents['data'];
  /** From now on the venue sends what belongs to the topic; what came before may be missing. */
  served(topic: Topic): void;
  /** The venue does not serve the topic, and says why. It is asked again. */
  refused(topic: Topic, reason: string): void;
  /** Nothing comes for these until they are served again. */
  lost(topics: readonly Topic[], reason: string): void;
}

interface ConnectionParts {
  readonly url: string;
  readonly dialect: StreamDialect;
  /** Shared by all connections to the venue. */
  readonly gate: StreamGate;
  readonly now: () => number;
  readonly random: Random;
  readonly events: ConnectionEvents;
}

export class StreamConnection {
  reconnects = 0;
  lastProblem: string | null = null;
  readonly counts: StreamCounts = { frames: 0, badFrames: 0 };
  private readonly topics = new Map<string, Topic>();
  private session: StreamSession | undefined;
  private successor: StreamSession | undefined;
  private failures = 0;
  private retryAt = Number.NEGATIVE_INFINITY;
  private patience = PATIENCE_MS;
  /** A silence ended the last socket, and nobody has said yet whether it was the market's. */
  private hasOpenSilence = false;
  private newestData: number | null = null;
  private isStopped = false;

  constructor(private readonly parts: ConnectionParts) {}

  get size(): number {
    return this.topics.size;
  }

  has(name: string): boolean {
    return this.topics.has(name);
  }

  get state(): 'connecting' | 'open' | 'waiting' {
    if (this.session === undefined) return 'waiting';
    return this.session.isOpen ? 'open' : 'connecting';
  }

  /** Our clock at the newest data; null before the first. */
  get lastDataAt(): number | null {
    return this.session?.lastDataAt ?? this.newestData;
  }

  add(topic: Topic): void {
    if (this.topics.has(topic.name)) return;
    this.topics.set(topic.name, topic);
    this.session?.add(topic);
    this.successor?.add(topic);
  }

  remove(topic: Topic): void {
    this.topics.delete(topic.name);
    this.session?.remove(topic);
    this.successor?.remove(topic);
  }

  /** Nothing was missed while it was silent: the market was quiet. The next silence may last twice as long. */
  noteQuiet(): void {
    if (!this.hasOpenSilence) return;
    this.hasOpenSilence = false;
    this.patience = Math.min(LONGEST_PATIENCE_MS, this.patience * 2);
  }

  noteMissed(): void {
    this.hasOpenSilence = false;
    this.patience = PATIENCE_MS;
  }

  /** Cuts the socket: the machine slept, what it says is old. */
  restart(reason: string): void {
    if (this.session) this.fail(reason);
    this.retryAt = this.parts.now();
  }

  tick(): void {
    if (this.isStopped) return;
    const now = this.parts.now();
    if (this.session === undefined) {
      const isDue = this.topics.size > 0 && now >= this.retryAt;
      if (isDue && this.parts.gate.open(now)) this.session = this.open(this.failed);
      return;
    }
    const { session } = this;
    session.tick(now, this.patience);
    if (this.session !== session) return;
    if (session.openedAt === undefined) return;
    if (now - session.openedAt >= HEALTHY_MS) this.failures = 0;
    this.succeed(session, now);
  }

  stop(): void {
    this.isStopped = true;
    this.session?.close();
    this.session = undefined;
    this.endSuccessor();
  }

  private readonly failed: SessionEvents['ended'] = (reason, wasSilent) => {
    this.hasOpenSilence = wasSilent;
    this.fail(reason);
  };

  private open(ended: SessionEvents['ended']): StreamSession {
    const { url, dialect, gate, now, events } = this.parts;
    const sessionEvents: SessionEvents = {
      data: events.data,
      served: (topic) => events.served(topic),
      ended,
      refused: (reason, refused) => {
        this.lastProblem = reason;
        for (const topic of refused) events.refused(topic, reason);
      },
    };
    const parts = { url, dialect, gate, now, counts: this.counts, events: sessionEvents };
    return new StreamSession(parts, this.topics.values());
  }

  /** A new socket beside an old one; the old one ends when the new one serves everything. */
  private succeed(session: StreamSession, now: number): void {
    if (this.successor === undefined) {
      if (now - session.startedAt < OLD_MS || now < this.retryAt) return;
      if (!this.parts.gate.beginReplacing(this, now)) return;
      this.successor = this.open((reason) => {
        this.endSuccessor();
        this.lastProblem = reason;
        this.retryAt = now + HEALTHY_MS;
      });
      return;
    }
    const { successor } = this;
    successor.tick(now, this.patience);
    if (this.successor !== successor || !successor.isComplete) return;
    this.successor = undefined;
    this.parts.gate.endReplacing(this);
    this.session = successor.adopt(this.failed);
    session.close();
  }

  private endSuccessor(): void {
    this.successor?.close();
    this.successor = undefined;
    this.parts.gate.endReplacing(this);
  }

  private fail(reason: string): void {
    const { session } = this;
    this.session = undefined;
    this.newestData = session?.lastDataAt ?? this.newestData;
    session?.close();
    this.endSuccessor();
    this.lastProblem = reason;
    this.reconnects += 1;
    this.retryAt = this.parts.now() + backoffMs(this.failures, this.parts.random);
    this.failures += 1;
    this.parts.events.lost([...this.topics.values()], reason);
  }
}
