/**
 * One open socket of a venue: subscriptions sent at the venue's pace and asked again while they are not confirmed, pings,
 * frames counted and read. It ends once, with a reason; opening anew is the connection's matter.
 */
import { WebSocket } from 'ws';
import type { StreamDialect, StreamReader, Topic } from './stream-dialect.js';
import { SlidingWindow, type StreamGate } from './stream-gate.js';

/** Longest wait for the socket to open. */
const OPENING_MS = 10_000;
const PING_EVERY_MS = 20_000;
/** Nothing at all, not even answers to pings: the far side is gone (pipelines spec §3: twice the ping's interval). */
const SILENCE_MS = 2 * PING_EVERY_MS;
/** Longest wait for a subscription to be confirmed or served before it is asked for again. */
const CONFIRM_MS = 10_000;
const MOST_ASKS = 4;
const FIRST_REFUSAL_PAUSE_MS = 5_000;
const LONGEST_REFUSAL_PAUSE_MS = 60_000;
const NORMAL_CLOSE = 1000;
/** What was sent in a second may arrive in a little less. */
const SECOND_MS = 1_100;

export interface StreamCounts {
  frames: number;
  badFrames: number;
}

export interface SessionEvents {
  /** Data of the frames. */
  readonly data: Pick<StreamReader, 'bar' | 'trade' | 'mark' | 'liquidation'>;
  /** From now on the venue sends what belongs to the topic. */
  served(topic: Topic): void;
  /**
   * The session is over.
   * @param wasSilent the socket seemed well, but no data came
   */
  ended(reason: string, wasSilent: boolean): void;
  /** @param topics what is not served; empty where the venue does not say */
  refused(reason: string, topics: readonly Topic[]): void;
}

interface SessionParts {
  readonly url: string;
  readonly dialect: StreamDialect;
  readonly gate: StreamGate;
  readonly now: () => number;
  readonly counts: StreamCounts;
  readonly events: SessionEvents;
}

interface Subscription {
  readonly topic: Topic;
  state: 'wanted' | 'asked' | 'served';
  asks: number;
  refusals: number;
  askedAt: number;
  notBefore: number;
  messageId: string;
}

export class StreamSession {
  readonly startedAt: number;
  openedAt: number | undefined;
  lastDataAt: number | undefined;
  private readonly socket: WebSocket;
  private readonly subscriptions = new Map<string, Subscription>();
  /** Subscriptions by kind and symbol: data show that they are served. */
  private readonly bySubject = new Map<string, Subscription>();
  private lastFrameAt: number;
  private lastPingAt: number;
  private messages = 0;
  private readonly pace: SlidingWindow;
  /** What the venue is to end. */
  private readonly leaving = new Map<string, Topic>();
  private isOver = false;
  private isDue = true;
  private readonly reader: StreamReader;
  private ended: SessionEvents['ended'];

  constructor(
    private readonly parts: SessionParts,
    topics: Iterable<Topic>,
  ) {
    const { dialect, now } = parts;
    this.ended = parts.events.ended;
    this.startedAt = now();
    this.lastFrameAt = this.startedAt;
    this.lastPingAt = this.startedAt;
    this.pace = new SlidingWindow({ most: dialect.messagesPerSecond, withinMs: SECOND_MS });
    for (const topic of topics) this.add(topic);
    this.reader = this.makeReader();
    this.socket = new WebSocket(parts.url, { perMessageDeflate: false, maxPayload: 16 * 1_048_576 });
    this.socket.on('open', () => this.opened());
    this.socket.on('message', (data, isBinary) => this.receive(data, isBinary));
    this.socket.on('pong', () => {
      this.lastFrameAt = now();
    });
    this.socket.on('error', (error) => this.end(error.message));
    this.socket.on('close', (code) => this.end(`closed by the venue (${code})`));
  }

  get isOpen(): boolean {
    return this.openedAt !== undefined && !this.isOver;
  }

  /** True when the venue serves everything that was asked for. */
  get isComplete(): boolean {
    for (const { state } of this.subscriptions.values()) if (state !== 'served') return false;
    return this.isOpen;
  }

  add(topic: Topic): void {
    if (this.subscriptions.has(topic.name)) return;
    this.leaving.delete(topic.name);
    const subscription: Subscription = {
      topic,
      state: 'wanted',
      asks: 0,
      refusals: 0,
      askedAt: 0,
      notBefore: 0,
      messageId: '',
    };
    this.subscriptions.set(topic.name, subscription);
    this.bySubject.set(`${topic.kind} ${topic.symbol}`, subscription);
    this.isDue = true;
  }

  remove(topic: Topic): void {
    const subscription = this.subscriptions.get(topic.name);
    if (!subscription) return;
    this.subscriptions.delete(topic.name);
    this.bySubject.delete(`${topic.kind} ${topic.symbol}`);
    if (!this.isOpen || subscription.state === 'wanted') return;
    this.leaving.set(topic.name, topic);
    this.isDue = true;
  }

  /** @param patience age of the newest data at which the stream counts as dead, ms */
  tick(now: number, patience: number): void {
    if (this.isOver) return;
    if (this.openedAt === undefined) {
      if (now - this.startedAt > OPENING_MS) this.end('not opened in 10 s');
      return;
    }
    const dataAge = now - (this.lastDataAt ?? this.openedAt);
    if (dataAge > patience) this.end(`no data for ${Math.round(dataAge / 1000)} s`, true);
    else if (now - this.lastFrameAt > SILENCE_MS) this.end('no answer to pings');
    if (this.isOver) return;
    if (now - this.lastPingAt >= PING_EVERY_MS) {
      this.lastPingAt = now;
      const { ping } = this.parts.dialect;
      if (ping === undefined) this.socket.ping();
      else if (this.parts.gate.send(now)) this.send(ping);
    }
    this.pump(now);
  }

  /** Whom to tell of the end from now on. */
  adopt(ended: SessionEvents['ended']): this {
    this.ended = ended;
    return this;
  }

  /** Ends without telling anybody. */
  close(): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.socket.readyState === WebSocket.OPEN) this.socket.close(NORMAL_CLOSE);
    else this.socket.terminate();
  }

  private end(reason: string, wasSilent = false): void {
    if (this.isOver) return;
    this.isOver = true;
    this.socket.terminate();
    this.ended(reason, wasSilent);
  }

  private opened(): void {
    if (this.isOver) return;
    const now = this.parts.now();
    this.openedAt = now;
    this.lastFrameAt = now;
    this.lastPingAt = now;
    this.pump(now);
  }

  /** Sends what is wanted, as fast as the venue allows. */
  private pump(now: number): void {
    const { dialect } = this.parts;
    for (const subscription of this.subscriptions.values()) {
      if (subscription.state !== 'asked' || now - subscription.askedAt <= CONFIRM_MS) continue;
      if (subscription.asks >= MOST_ASKS) {
        this.end(`${subscription.topic.name} is not served`);
        return;
      }
      subscription.state = 'wanted';
      this.isDue = true;
    }
    if (!this.isDue) return;
    this.leave(now);
    const wanted = [...this.subscriptions.values()].filter(({ state }) => state === 'wanted');
    const ready = wanted
      .filter(({ notBefore }) => notBefore <= now)
      .sort((a, b) => a.topic.kind.localeCompare(b.topic.kind));
    this.isDue = wanted.length > 0 || this.leaving.size > 0;
    for (let at = 0; at < ready.length && this.mayOrder(now); ) {
      // what was refused before goes alone: one bad name must not cost the others
      const size = ready[at]!.refusals > 0 ? 1 : dialect.topicsPerMessage;
      const { kind } = ready[at]!.topic;
      // a message is about one kind
      let end = at + 1;
      while (end < ready.length && end < at + size && ready[end]!.topic.kind === kind) end += 1;
      const batch = ready.slice(at, end);
      at += batch.length;
      const id = this.nextId();
      for (const subscription of batch) {
        subscription.state = 'asked';
        subscription.asks += 1;
        subscription.askedAt = now;
        subscription.messageId = String(id);
      }
      this.send(
        dialect.subscribe(
          batch.map(({ topic }) => topic),
          id,
        ),
      );
    }
  }

  private leave(now: number): void {
    const { dialect } = this.parts;
    while (this.leaving.size > 0 && this.mayOrder(now)) {
      const [first] = this.leaving.values();
      const batch = [...this.leaving.values()]
        .filter(({ kind }) => kind === first!.kind)
        .slice(0, dialect.topicsPerMessage);
      for (const { name } of batch) this.leaving.delete(name);
      this.send(dialect.unsubscribe(batch, this.nextId()));
    }
  }

  /** Whether one more message fits into what the venue allows this socket, and all of them; it counts as sent then. */
  private mayOrder(now: number): boolean {
    if (!this.pace.has(now) || !this.parts.gate.send(now)) return false;
    this.pace.take(now);
    return true;
  }

  private receive(data: unknown, isBinary: boolean): void {
    if (this.isOver) return;
    const { counts, dialect, now } = this.parts;
    counts.frames += 1;
    this.lastFrameAt = now();
    try {
      if (isBinary) throw new RangeError('a binary frame');
      dialect.read(String(data), this.reader);
    } catch {
      // what the venue did not document is its own fault; a number in the status tells it
      counts.badFrames += 1;
    }
  }

  private makeReader(): StreamReader {
    const { events, now } = this.parts;
    const seen = (kind: Topic['kind'], symbol: string): void => {
      this.lastDataAt = now();
      const subscription = this.bySubject.get(`${kind} ${symbol}`);
      if (subscription && subscription.state !== 'served') this.serve(subscription);
    };
    return {
      bar(bar) {
        seen('bars', bar.symbol);
        events.data.bar(bar);
      },
      trade(trade) {
        seen('trades', trade.symbol);
        events.data.trade(trade);
      },
      mark(mark) {
        seen('mark', mark.symbol);
        events.data.mark(mark);
      },
      liquidation(liquidation) {
        seen('liquidations', liquidation.symbol);
        events.data.liquidation(liquidation);
      },
      confirmed: ({ id, name }) => {
        const named = name === undefined ? undefined : this.subscriptions.get(name);
        const meant = named ? [named] : [...this.subscriptions.values()].filter((s) => s.messageId === id);
        for (const subscription of meant) if (subscription.state !== 'served') this.serve(subscription);
      },
      refused: (reason, by) => this.refuse(reason, by),
    };
  }

  private serve(subscription: Subscription): void {
    subscription.state = 'served';
    subscription.refusals = 0;
    this.parts.events.served(subscription.topic);
  }

  private refuse(reason: string, { id, name }: { id?: string; name?: string }): void {
    const now = this.parts.now();
    const refused: Topic[] = [];
    for (const subscription of this.subscriptions.values()) {
      if (subscription.state !== 'asked') continue;
      if (id !== undefined && subscription.messageId !== id) continue;
      if (name !== undefined && subscription.topic.name !== name) continue;
      subscription.state = 'wanted';
      subscription.asks = 0;
      const pause = FIRST_REFUSAL_PAUSE_MS * 2 ** subscription.refusals;
      subscription.notBefore = now + Math.min(LONGEST_REFUSAL_PAUSE_MS, pause);
      subscription.refusals += 1;
      refused.push(subscription.topic);
    }
    // without a name, a message about all of them may mean any
    const isNamed = id !== undefined || name !== undefined;
    this.parts.events.refused(reason, isNamed && refused.length === 1 ? refused : []);
    this.isDue = true;
  }

  private nextId(): number {
    this.messages += 1;
    return this.messages;
  }

  private send(message: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(message);
  }
}
