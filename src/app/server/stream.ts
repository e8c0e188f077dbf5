/** `/api/stream`: a WebSocket that tells of new bars, regimes and the progress of jobs as they come. */
import '@fastify/websocket';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { TidewatchError } from '../../errors.js';
import { VERSION } from '../../platform/package.js';
import type { Services } from '../services.js';
import type { LakeWatch } from './lake-watch.js';
import { bearerOf, isToken } from './security.js';
import { keyOf, StreamClient } from './stream-client.js';
import type { ServerMessage } from './stream-messages.js';

export interface StreamOptions {
  readonly token: string | null;
  readonly redact: (text: string) => string;
  /** How often the lake is looked at, and how often an idle connection is told that it lives. */
  readonly pollMs?: number;
  readonly heartbeatMs?: number;
}

const POLL_MS = 500;
/** Bars of a feed: closed ones are told within this, so that those of one minute go together. */
const CLOSED_MS = 20;
/** How often a forming bar is told. */
const FORMING_MS = 250;
const HEARTBEAT_MS = 15_000;
const MOST_CLIENTS = 64;
/** Of one message of a client. */
export const MESSAGE_BYTES = 16_384;
/** A client that needs a token and has not sent one by then is let go. */
const AUTH_MS = 5000;
const JOBS = keyOf({ topic: 'jobs' });

/** `/api/stream`: what clients follow, told from one look at the lake for all of them. */
export function installStream(
  server: FastifyInstance,
  services: Services,
  watch: LakeWatch,
  { token, redact, pollMs = POLL_MS, heartbeatMs = HEARTBEAT_MS }: StreamOptions,
): void {
  const { clock, jobs } = services;
  const clients = new Set<StreamClient>();

  const tell = (key: string, message: ServerMessage): void => {
    const text = JSON.stringify(message);
    for (const client of clients) if (client.listensTo(key)) client.sendText(text);
  };

  let isPolling = false;
  let isAskedAgain = false;
  const poll = async (): Promise<void> => {
    if (clients.size === 0) return;
    if (isPolling) {
      isAskedAgain = true;
      return;
    }
    isPolling = true;
    isAskedAgain = false;
    try {
      watch.keep((key) => [...clients].some((client) => client.listensTo(key)));
      await watch.poll(tell, (error) => server.log.warn({ err: error }, 'a watched series failed'));
    } finally {
      isPolling = false;
      if (isAskedAgain) soon(CLOSED_MS);
    }
  };
  let soonest = Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  /** Polls in so many ms at the latest. */
  const soon = (ms: number): void => {
    const at = performance.now() + ms;
    if (at >= soonest || clients.size === 0) return;
    soonest = at;
    clearTimeout(timer);
    timer = setTimeout(() => {
      soonest = Number.POSITIVE_INFINITY;
      void poll();
    }, ms).unref();
  };
  const stopWaiting = services.data.lake.fresh.onChange((_, hasClosed) =>
    soon(hasClosed ? CLOSED_MS : FORMING_MS),
  );
  const timers = [
    setInterval(() => void poll(), pollMs),
    setInterval(() => {
      for (const client of clients) client.beat();
    }, heartbeatMs),
  ];
  for (const timer of timers) timer.unref();
  const stopListening = jobs.onProgress(({ id, kind, key, status, progress, updated_at }) =>
    tell(JOBS, { type: 'job', job_id: id, kind, key, status, progress, updated_at }),
  );
  // a follower that does not read does not answer the closing of its connection either
  server.addHook('preClose', async () => {
    for (const client of clients) client.leave();
  });
  server.addHook('onClose', async () => {
    for (const each of timers) clearInterval(each);
    clearTimeout(timer);
    stopListening();
    stopWaiting();
  });

  server.route({
    method: 'GET',
    url: '/api/stream',
    schema: { hide: true },
    handler: () => {
      throw new TidewatchError('bad_parameter', 'this address speaks WebSocket only', {
        hint: 'open it with a WebSocket client; the messages are described at /docs',
      });
    },
    wsHandler: (socket, request) => {
      const client = new StreamClient({
        socket,
        // none where a socket of this process is injected
        connection: request.raw.socket as Duplex | undefined,
        authorized: token === null || isToken(bearerOf(request), token),
        accepts: (given) => token === null || isToken(given, token),
        now: () => clock.now(),
        check: (topic) => watch.add(keyOf(topic), topic),
        redact,
      });
      if (clients.size >= MOST_CLIENTS) {
        client.close('too_many_clients', `more than ${MOST_CLIENTS} clients`);
        return;
      }
      clients.add(client);
      socket.on('close', () => clients.delete(client));
      client.send({
        type: 'hello',
        version: VERSION,
        heartbeat_ms: heartbeatMs,
        token_required: token !== null,
      });
      if (!client.isAuthorized) {
        setTimeout(() => {
          if (!client.isAuthorized) client.close('unauthorized', 'no token came');
        }, AUTH_MS).unref();
      }
    },
  });
}
