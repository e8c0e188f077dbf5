/**
 * One listener of the stream. What it sends is checked; what it does not take fast enough ends the connection with a
 * reason instead of filling memory: a client that comes back asks for the state again, so nothing is lost.
 */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { TidewatchError } from '../../errors.js';
import {
  CLOSE_CODES,
  type ClientMessage,
  clientMessage,
  type ServerMessage,
  type Topic,
} from './stream-messages.js';

/** Bytes that may wait for a client. */
const MOST_WAITING = 4_000_000;
/** How long a server that ends waits for the answer to its closing. */
const LEAVE_MS = 500;
const MOST_TOPICS = 100;
/** Messages that a client may send in ten seconds. */
const MOST_MESSAGES = 100;
const WINDOW_MS = 10_000;
/** Messages that were refused before the connection ends. */
const MOST_MISTAKES = 10;

export interface StreamClientParts {
  readonly socket: WebSocket;
  /** Under the socket, where there is one: what is said in one turn of the event loop goes out as one write. */
  readonly connection: Pick<Duplex, 'cork' | 'uncork'> | undefined;
  /** True for the right token. */
  readonly accepts: (token: string) => boolean;
  /** False until a token has been accepted, where one is needed. */
  readonly authorized: boolean;
  readonly now: () => number;
  /** @throws TidewatchError when the topic does not exist */
  readonly check: (topic: Topic) => Promise<void>;
  readonly redact: (text: string) => string;
}

export const keyOf = (topic: Topic): string => JSON.stringify(Object.entries(topic).sort());

export class StreamClient {
  private readonly topics = new Map<string, Topic>();
  private authorized: boolean;
  private alive = true;
  private mistakes = 0;
  private received = 0;
  private windowEnd = 0;
  private turn: Promise<void> = Promise.resolve();
  private isGathering = false;

  constructor(private readonly parts: StreamClientParts) {
    this.authorized = parts.authorized;
    const { socket } = parts;
    socket.on('message', (data, isBinary) => {
      this.turn = this.turn.then(() => this.receive(isBinary ? '' : String(data)));
    });
    socket.on('pong', () => {
      this.alive = true;
    });
    socket.on('error', () => socket.terminate());
  }

  get isAuthorized(): boolean {
    return this.authorized;
  }

  listensTo(key: string): boolean {
    return this.topics.has(key);
  }

  subscriptions(): Iterable<[string, Topic]> {
    return this.topics;
  }

  send(message: ServerMessage): void {
    this.sendText(JSON.stringify(message));
  }

  /** The same text goes to every listener. */
  sendText(text: string): void {
    const { socket } = this.parts;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MOST_WAITING) {
      this.close('slow_client', 'too slow: more than 4 MB was waiting');
      return;
    }
    this.gather();
    socket.send(text);
  }

  /** Hundreds of bars close in one second: a write to the system costs more than the message in it. */
  private gather(): void {
    const { connection } = this.parts;
    if (this.isGathering || connection === undefined) return;
    this.isGathering = true;
    connection.cork();
    setImmediate(() => {
      this.isGathering = false;
      connection.uncork();
    });
  }

  /** Ends a connection that did not answer the last ping; asks again. */
  beat(): void {
    const { socket } = this.parts;
    if (!this.alive) {
      this.close('no_heartbeat', 'no answer to the last ping');
      return;
    }
    this.alive = false;
    socket.ping();
    this.send({ type: 'heartbeat', now: this.parts.now() });
  }

  /** The server ends: its closing goes out, an answer is waited for a moment. */
  leave(): void {
    const { socket } = this.parts;
    setTimeout(() => socket.terminate(), LEAVE_MS).unref();
  }

  close(code: keyof typeof CLOSE_CODES, reason: string): void {
    const { socket } = this.parts;
    socket.close(CLOSE_CODES[code], reason);
    // a client that does not read does not answer the closing either
    setTimeout(() => socket.terminate(), 1000).unref();
  }

  private async receive(text: string): Promise<void> {
    const now = performance.now();
    if (now > this.windowEnd) {
      this.windowEnd = now + WINDOW_MS;
      this.received = 0;
    }
    this.received += 1;
    if (this.received > MOST_MESSAGES) {
      this.close('bad_messages', 'too many messages');
      return;
    }
    try {
      await this.obey(parse(text));
    } catch (error) {
      const known =
        error instanceof TidewatchError ? error : new TidewatchError('internal', 'internal error');
      this.mistakes += 1;
      this.send({ type: 'error', code: known.code, detail: this.parts.redact(known.message) });
      if (known.code === 'unauthorized') this.close('unauthorized', 'the token is missing or wrong');
      else if (this.mistakes >= MOST_MISTAKES) this.close('bad_messages', 'too many refused messages');
    }
  }

  private async obey(message: ClientMessage): Promise<void> {
    if (message.type === 'auth') {
      if (!this.parts.accepts(message.token)) throw unauthorized();
      this.authorized = true;
      this.send({ type: 'authorized' });
      return;
    }
    if (!this.authorized) throw unauthorized();
    if (message.type === 'ping') {
      this.send({ type: 'pong', now: this.parts.now() });
      return;
    }
    for (const topic of message.topics) {
      if (message.type === 'unsubscribe') this.topics.delete(keyOf(topic));
      else {
        await this.parts.check(topic);
        if (this.topics.size >= MOST_TOPICS) {
          throw new TidewatchError('bad_parameter', `a client may listen to ${MOST_TOPICS} topics`);
        }
        this.topics.set(keyOf(topic), topic);
      }
    }
    this.send({ type: 'subscribed', topics: [...this.topics.values()] });
  }
}

function parse(text: string): ClientMessage {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new TidewatchError('bad_parameter', 'the message is not JSON');
  }
  const parsed = clientMessage.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new TidewatchError('bad_parameter', `${issue.path.join('.') || 'the message'} · ${issue.message}`);
}

function unauthorized(): TidewatchError {
  return new TidewatchError('unauthorized', 'the token is missing or wrong');
}
