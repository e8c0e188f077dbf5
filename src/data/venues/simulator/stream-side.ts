/**
 * The WebSocket side: who listens to what, the frames that each step of the clock brings, and the faults of streams.
 *
 * At every quarter of a minute each subscription gets what happened since: updates of the open bar, the closed bar,
 * trades, marks, liquidations. Real venues push faster; the order of events is theirs.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { Random } from '../../../market/random.js';
import type { Bar } from './bar.js';
import type { FaultLayer } from './faults/fault-catalogue.js';
import type { FaultDirector, Firing, Target } from './faults/fault-director.js';
import { altered, withWrongType } from './faults/row-faults.js';
import type { Channel, StreamDialect } from './protocol.js';
import { type SimulatedVenue, wrongSymbol } from './simulated-venue.js';
import { STEP } from './virtual-time.js';

/** Real ms that a client has to read what was sent before the clock goes on without it. */
const BARRIER_MS = 2_000;
const GOING_AWAY = 1001;
const MOST_ATTEMPTS = 100_000;

interface Connection {
  readonly number: number;
  readonly socket: WebSocket;
  readonly venue: SimulatedVenue;
  readonly dialect: StreamDialect;
  readonly path: string;
  readonly channels: Channel[];
  /** Virtual time until which nothing is sent. */
  silentUntil: number;
  isHalfOpen: boolean;
  /** Cut after the next data frame: a disconnect storm goes on. */
  isDoomed: boolean;
  /** A frame that was held back. */
  held: string | undefined;
}

export interface StreamSideOptions {
  readonly venues: ReadonlyMap<string, SimulatedVenue>;
  readonly director: FaultDirector;
  now(): number;
}

export class StreamSide {
  private readonly server = new WebSocketServer({ noServer: true, autoPong: false });
  private readonly connections = new Set<Connection>();
  private readonly storms = new Map<SimulatedVenue, number>();
  private opened = 0;
  /** Virtual time of each attempt, the newest ones. */
  readonly attempts: number[] = [];

  constructor(private readonly options: StreamSideOptions) {}

  /** Connections that are open now. */
  get open(): number {
    return this.connections.size;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://simulator');
    const [, prefix = ''] = pathname.split('/');
    const venue = this.options.venues.get(prefix);
    const dialect = venue?.protocol.stream;
    socket.on('error', () => {});
    if (!venue || !dialect) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      return;
    }
    this.opened += 1;
    this.attempts.push(this.options.now());
    if (this.attempts.length > MOST_ATTEMPTS) this.attempts.shift();
    const number = this.opened;
    for (const fault of this.faults(['connect'], venue, `connection ${number}`)) {
      fault.record();
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
      return;
    }
    this.server.handleUpgrade(request, socket, head, (client) => {
      const scene = venue.scene(this.options.now());
      const path = pathname.slice(prefix.length + 1);
      const storm = this.storms.get(venue) ?? 0;
      if (storm > 0) this.storms.set(venue, storm - 1);
      const connection: Connection = {
        number,
        socket: client,
        venue,
        dialect,
        path,
        channels: [...dialect.open(path, searchParams, scene)],
        silentUntil: Number.NEGATIVE_INFINITY,
        isHalfOpen: false,
        isDoomed: storm > 0,
        held: undefined,
      };
      this.connections.add(connection);
      client.on('close', () => this.connections.delete(connection));
      client.on('error', () => client.terminate());
      client.on('ping', (data) => {
        if (!connection.isHalfOpen) client.pong(data);
      });
      client.on('message', (data) => this.receive(connection, data));
    });
  }

  /** Sends what the step that ends at `now` brought; resolves when the clients have read it. */
  async step(now: number): Promise<void> {
    const before = [...this.connections];
    for (const connection of before) {
      this.disturb(connection, now);
      if (!this.connections.has(connection) || connection.isHalfOpen || now < connection.silentUntil)
        continue;
      for (const channel of connection.channels) {
        for (const frame of this.frames(connection, channel, now)) this.send(connection, frame, channel, now);
      }
    }
    await Promise.all(before.map((connection) => this.read(connection)));
  }

  close(): void {
    for (const { socket } of this.connections) socket.terminate();
    this.server.close();
  }

  private receive(connection: Connection, data: RawData): void {
    if (connection.isHalfOpen) return;
    const { dialect, socket, venue, path, channels } = connection;
    const text = data.toString();
    const scene = venue.scene(this.options.now());
    let received: ReturnType<StreamDialect['receive']>;
    try {
      received = dialect.receive(text, scene, { path });
    } catch {
      // what cannot be read is refused in the venue's words where it has some, else answered by nothing
      return;
    }
    if (received.subscribe.length > 0) {
      for (const fault of this.faults(['subscribe'], venue, `subscribe ${text}`)) {
        fault.record();
        if (fault.kind === 'subscribe_refused') socket.send(dialect.refuse(text));
        return;
      }
    }
    for (const reply of received.replies) socket.send(reply);
    for (const name of received.unsubscribe) {
      for (let i = channels.length - 1; i >= 0; i--) if (channels[i]!.name === name) channels.splice(i, 1);
    }
    for (const channel of received.subscribe) {
      if (channels.some(({ name, market }) => name === channel.name && market === channel.market)) continue;
      channels.push(channel);
      const snapshot = dialect.snapshot?.(channel, scene);
      if (snapshot !== undefined && this.options.now() >= connection.silentUntil) socket.send(snapshot);
    }
  }

  /** Faults that meet a connection as such, once per step. */
  private disturb(connection: Connection, now: number): void {
    const { venue, socket, number } = connection;
    for (const fault of this.faults(['tick'], venue, `connection ${number} ${now}`, now)) {
      fault.record();
      if (fault.kind === 'stream_stall') connection.silentUntil = now + fault.ms;
      else if (fault.kind === 'half_open') connection.isHalfOpen = true;
      else if (fault.kind === 'stream_closed') this.drop(connection, () => socket.close(GOING_AWAY));
      else {
        if (fault.kind === 'disconnect_storm') this.storms.set(venue, fault.rows);
        this.drop(connection, () => socket.terminate());
      }
      return;
    }
  }

  private drop(connection: Connection, how: () => void): void {
    this.connections.delete(connection);
    how();
  }

  private frames({ dialect, venue, path }: Connection, channel: Channel, now: number): readonly Frame[] {
    const { market, kind } = channel;
    const at = venue.scene(now).serverTime;
    const event = (text: string) => ({ text, kind: 'event' as const });
    switch (kind) {
      case 'trades':
        return dialect.trades(channel, market.trades(now - STEP, now), at, path).map(event);
      case 'mark':
        return [event(dialect.mark(channel, at, path))];
      case 'liquidations':
        return market
          .liquidations(now - STEP, now)
          .map((each) => event(dialect.liquidation(channel, each, at, path)));
      case 'bars':
        return this.bars(venue, channel, now).map((bar) => ({
          text: dialect.bar(channel, bar, at, path),
          kind: bar.final ? ('final' as const) : ('update' as const),
          asFinal: () => dialect.bar(channel, { ...bar, final: true }, at, path),
        }));
    }
  }

  /** The bars that a step shows: the one that closed, those put right by now, and the one that is open. */
  private bars(venue: SimulatedVenue, { market, interval }: Channel, now: number): readonly Bar[] {
    const table = market.table(interval);
    if (!table) return [];
    const symbol = venue.protocol.symbolOf(market);
    const shown: Bar[] = [];
    const closed = market.closedCount(table, now);
    for (let at = closed - 1; at >= 0 && table.time[at]! + interval > now - 3_600_000; at--) {
      const closes = table.time[at]! + interval;
      const delay = venue.delays.of(symbol, interval, closes);
      const bar = market.bar(table, at);
      if (delay?.until === now) shown.unshift(bar);
      if (closes === now) {
        if (!delay) shown.push(bar);
        else if (delay.kind === 'corrected_bar') shown.push(altered(bar) as Bar);
      } else if (!this.options.director.has('bar')) break;
    }
    const open = market.forming(table, now);
    if (open) shown.push(open);
    return shown;
  }

  private send(connection: Connection, frame: Frame, channel: Channel, now: number): void {
    const { socket, venue, dialect } = connection;
    const { text, kind } = frame;
    const symbol = venue.protocol.symbolOf(channel.market);
    const before: (string | Buffer)[] = [];
    const frames: string[] = [text];
    const identity = `${connection.number} ${channel.name} ${symbol} ${kind} ${now}`;
    for (const fault of this.faults(['frame'], venue, identity, now, symbol)) {
      const random = new Random(fault.seed);
      const damaged = FRAME_DAMAGE[fault.kind]?.({ ...frame, random, dialect, channel, venue, before });
      if (fault.kind === 'late_frame' && connection.held === undefined) {
        connection.held = text;
        frames.length = 0;
      } else if (damaged) {
        frames.splice(0, 1, ...damaged);
      } else continue;
      fault.record();
      break;
    }
    if (frames.length > 0 && connection.held !== undefined && connection.held !== text) {
      frames.push(connection.held);
      connection.held = undefined;
    }
    for (const frame of [...before, ...frames]) socket.send(frame);
    if (connection.isDoomed && frames.length > 0) this.drop(connection, () => socket.terminate());
  }

  private *faults(
    layers: readonly FaultLayer[],
    venue: SimulatedVenue,
    identity: string,
    now = this.options.now(),
    symbol?: string,
  ): Generator<Firing> {
    const target: Target = {
      venue: venue.protocol.id,
      endpoint: 'stream',
      identity,
      now,
      ...(symbol === undefined ? {} : { symbol }),
    };
    yield* this.options.director.candidates(layers, target);
  }

  /** Resolves when the client has read what was sent to it: it answers a ping only after that. */
  private read({ socket }: Connection): Promise<void> {
    return new Promise((resolve) => {
      if (socket.readyState !== socket.OPEN) return resolve();
      const timer = setTimeout(done, BARRIER_MS);
      function done(): void {
        clearTimeout(timer);
        socket.off('pong', done);
        socket.off('close', done);
        resolve();
      }
      socket.on('pong', done);
      socket.on('close', done);
      socket.ping();
    });
  }
}

/** One message on its way out. */
interface Frame {
  readonly text: string;
  readonly kind: 'update' | 'final' | 'event';
  /** The same bar said to be closed. */
  asFinal?(): string;
}

interface FrameDamage extends Frame {
  readonly random: Random;
  readonly dialect: StreamDialect;
  readonly channel: Channel;
  readonly venue: SimulatedVenue;
  /** Frames to send first. */
  readonly before: (string | Buffer)[];
}

/** The frames that go out instead of one; undefined when the fault has nothing to act on. */
const FRAME_DAMAGE: Partial<Record<string, (damage: FrameDamage) => readonly string[] | undefined>> = {
  dropped_frame: () => [],
  duplicate_frame: ({ text }) => [text, text],
  garbage_frame({ text, before }) {
    before.push('<<< not json >>>');
    return [text];
  },
  binary_frame({ text, before, random }) {
    before.push(Buffer.from(Array.from({ length: 32 }, () => random.below(256))));
    return [text];
  },
  truncated_frame: ({ text }) => [text.slice(0, Math.floor(text.length / 2))],
  wrong_symbol_frame({ text, channel, dialect, venue }) {
    const nameOf = dialect.symbolOf ?? venue.protocol.symbolOf;
    const wrong = wrongSymbol(text, nameOf(channel.market), venue.markets.map(nameOf));
    return wrong === undefined ? undefined : [wrong];
  },
  wrong_type_frame: ({ text, random }) => [withWrongType(text, random)],
  false_final: ({ kind, dialect, asFinal }) =>
    kind === 'update' && dialect.marksFinal && asFinal ? [asFinal()] : undefined,
  missing_final: ({ kind }) => (kind === 'final' ? [] : undefined),
};
