/**
 * What `watch` asks: the server that serves the home, or one in this process that listens nowhere. Both answer the same
 * calls, so the view is the same beside a running server and alone.
 */
import { pino } from 'pino';
import WebSocket from 'ws';
import { TidewatchError } from '../../errors.js';
import type { HealthAnswer } from '../server/api-types.js';
import { buildServer } from '../server/server.js';
import { type ServerMessage, serverMessage, type Topic } from '../server/stream-messages.js';
import type { Services } from '../services.js';

export interface WatchSource {
  /** It can be asked for A and E. */
  readonly keepsDrivers: boolean;
  /** Bars that closed before this are history that it fills, no news; UTC ms. */
  readonly since: number;
  /** Undefined where there is nothing to tell: no data, no model, too few bars. */
  get<T>(path: string): Promise<T | undefined>;
  /** @param lost called when the connection ends by itself */
  listen(topics: readonly Topic[], hear: (message: ServerMessage) => void, lost: () => void): Promise<void>;
  close(): Promise<void>;
}

/** Answers that mean that there is nothing yet. */
const NOTHING: ReadonlySet<unknown> = new Set([
  'no_data',
  'unknown_model',
  'too_few_rows',
  'not_causal',
  // of a market whose coin has no known market cap there is no bucket to tell A and E of
  'invalid_instrument',
]);

function answered<T>(path: string, status: number, body: unknown): T | undefined {
  if (status === 200) return body as T;
  const { code, detail } = body as { code?: unknown; detail?: unknown };
  if (NOTHING.has(code)) return undefined;
  throw new TidewatchError('internal', `the server answered ${status} to ${path} · ${detail}`, {
    hint: 'see the log of the server',
    details: { status, code },
  });
}

/** Asks the server at an address. */
export async function remoteSource(url: string, token: string | null): Promise<WatchSource> {
  let socket: WebSocket | undefined;
  const get = async <T>(path: string): Promise<T | undefined> => {
    const answer = await fetch(`${url}${path}`);
    return answered<T>(path, answer.status, await answer.json());
  };
  const health = await get<HealthAnswer>('/api/health');
  return {
    // `serve` has no parts, and who asked it for A and E would make it open the store for nothing
    keepsDrivers: (health?.parts.length ?? 0) > 0,
    since: Number.NEGATIVE_INFINITY,
    get,
    async listen(topics, hear, lost) {
      const headers = token === null ? {} : { authorization: `Bearer ${token}` };
      socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/stream`, { headers });
      const made = socket;
      await new Promise((open, failed) => {
        made.once('open', open);
        made.once('error', failed);
      });
      attach(made, topics, hear, lost);
    },
    async close() {
      socket?.removeAllListeners();
      socket?.terminate();
    },
  };
}

/** Answers from this process. */
export async function localSource(services: Services): Promise<WatchSource> {
  const log = pino({ level: 'silent' });
  const server = await buildServer(services, { host: '127.0.0.1', token: null, log });
  await server.ready();
  let socket: WebSocket | undefined;
  return {
    // the store of the drivers belongs to the process that keeps them: alone it is left closed
    keepsDrivers: false,
    since: services.clock.now(),
    async get<T>(path: string) {
      const answer = await server.inject({ method: 'GET', url: path, headers: { host: '127.0.0.1' } });
      return answered<T>(path, answer.statusCode, answer.json());
    },
    async listen(topics, hear, lost) {
      socket = await server.injectWS('/api/stream', { headers: { host: '127.0.0.1' } });
      attach(socket, topics, hear, lost);
    },
    async close() {
      socket?.removeAllListeners();
      socket?.terminate();
      await server.close();
    },
  };
}

function attach(
  socket: WebSocket,
  topics: readonly Topic[],
  hear: (message: ServerMessage) => void,
  lost: () => void,
): void {
  socket.on('message', (data) => hear(serverMessage.parse(JSON.parse(String(data)))));
  socket.on('error', () => socket.terminate());
  socket.once('close', lost);
  socket.send(JSON.stringify({ type: 'subscribe', topics }));
}
