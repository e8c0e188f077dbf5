/**
 * All connections of one venue: topics laid out over as many as the venue's limits need, and the data of all of them
 * told as one stream. Topics come and go on open connections.
 */
import type { Random } from '../../../market/random.js';
import { StreamConnection } from '../../venues/streams/stream-connection.js';
import type { StreamDialect, Topic } from '../../venues/streams/stream-dialect.js';
import type { StreamGate } from '../../venues/streams/stream-gate.js';
import type { StreamStatus } from './live-event.js';

interface VenueStreamsParts {
  readonly venue: string;
  readonly dialect: StreamDialect;
  /** Takes the place of the dialect's host. */
  readonly host: string;
  readonly gate: StreamGate;
  readonly now: () => number;
  readonly random: Random;
  readonly events: ConstructorParameters<typeof StreamConnection>[0]['events'];
}

interface Placed {
  readonly path: string;
  readonly connection: StreamConnection;
}

export class VenueStreams {
  private readonly placed: Placed[] = [];
  private readonly homes = new Map<string, StreamConnection>();
  /** Instruments that share a topic. */
  private readonly sharers = new Map<string, Set<string>>();
  /** What the venue would refuse as too many, until others end. */
  private readonly beyond = new Map<string, Topic>();

  constructor(private readonly parts: VenueStreamsParts) {}

  add(topic: Topic): void {
    const sharers = this.sharers.get(topic.name) ?? new Set();
    this.sharers.set(topic.name, sharers.add(topic.instrument.id));
    if (this.homes.has(topic.name)) return;
    const { dialect, host, gate, now, random, events, venue } = this.parts;
    const { mostInAll } = dialect;
    if (mostInAll !== undefined && this.homes.size >= mostInAll) {
      this.beyond.set(topic.name, topic);
      events.refused(
        topic,
        `${venue} takes ${mostInAll} subscriptions · follow fewer, or set live.marks: false`,
      );
      return;
    }
    let place = this.placed.find(
      ({ path, connection }) => path === topic.path && connection.size < dialect.mostTopics,
    );
    if (!place) {
      const url = `${host.replace(/\/+$/, '')}${topic.path}`;
      place = {
        path: topic.path,
        connection: new StreamConnection({ url, dialect, gate, now, random, events }),
      };
      this.placed.push(place);
    }
    place.connection.add(topic);
    this.homes.set(topic.name, place.connection);
  }

  remove(topic: Topic): void {
    const connection = this.homes.get(topic.name);
    const sharers = this.sharers.get(topic.name);
    sharers?.delete(topic.instrument.id);
    if (sharers && sharers.size > 0) return;
    this.sharers.delete(topic.name);
    this.beyond.delete(topic.name);
    if (!connection) return;
    this.homes.delete(topic.name);
    connection.remove(topic);
    if (connection.size === 0) {
      connection.stop();
      this.placed.splice(
        this.placed.findIndex((each) => each.connection === connection),
        1,
      );
    }
    const [next] = this.beyond.values();
    if (next === undefined) return;
    this.beyond.delete(next.name);
    this.add(next);
  }

  /** What the pages showed after a connect: whether its silence before was the market's. */
  noteFill(topicName: string, hasMissed: boolean): void {
    const connection = this.homes.get(topicName);
    if (hasMissed) connection?.noteMissed();
    else connection?.noteQuiet();
  }

  restart(reason: string): void {
    for (const { connection } of this.placed) connection.restart(reason);
  }

  tick(): void {
    for (const { connection } of [...this.placed]) connection.tick();
  }

  stop(): void {
    for (const { connection } of this.placed) connection.stop();
  }

  status(): StreamStatus[] {
    const now = this.parts.now();
    return this.placed.map(({ connection }, index) => ({
      venue: this.parts.venue,
      connection: index,
      state: connection.state,
      topics: connection.size,
      lastDataAt: connection.lastDataAt,
      dataAgeMs: connection.lastDataAt === null ? null : now - connection.lastDataAt,
      reconnects: connection.reconnects,
      ...connection.counts,
      lastProblem: connection.lastProblem,
    }));
  }
}
