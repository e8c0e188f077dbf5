/**
 * The HTTP side: one server for all venues, each below its own prefix (`/binanceusdm/fapi/v1/klines`). Carries out what
 * only a socket can do: late, slow, half and missing answers.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Ask } from './protocol.js';
import { type RequestLog, withoutKeys } from './request-log.js';
import type { Reply, SimulatedVenue } from './simulated-venue.js';

const PIECES = 10;
const MOST_BODY = 1_000_000;

export interface HttpSideOptions {
  readonly venues: ReadonlyMap<string, SimulatedVenue>;
  readonly log: RequestLog;
  /** Real ms before any answer. */
  readonly latencyMs: number;
  now(): number;
}

/** A server that is not listening yet; a client that goes away harms nothing. */
export function createHttpSide(options: HttpSideOptions): Server {
  return createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
    // the client may be gone by the time we write
    response.on('error', () => {});
    void handle(options, request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(`the simulator failed: ${error instanceof Error ? error.message : String(error)}`);
    });
  });
}

async function handle(
  { venues, log, latencyMs, now }: HttpSideOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://simulator');
  const [, prefix = '', ...rest] = pathname.split('/');
  const venue = venues.get(prefix);
  if (!venue) {
    response.writeHead(404, { 'content-type': 'text/plain' });
    response.end(
      `no venue "${prefix}" here; the first part of the path is one of ${[...venues.keys()].join(' ')}`,
    );
    return;
  }
  const method = request.method ?? 'GET';
  const text = method === 'POST' ? await bodyOf(request) : '';
  const ask: Ask = {
    method,
    path: `/${rest.join('/')}`,
    query: searchParams,
    body: parsed(text),
    header: (name) => request.headers[name]?.toString(),
  };
  const asked = method === 'POST' ? text : withoutKeys(searchParams);
  const at = now();
  const reply = venue.reply(ask, `${method} ${ask.path} ${asked}`, at);
  const { endpoint, symbol, rows, fault } = reply;
  const isUnanswered = fault?.kind === 'no_answer' || fault?.kind === 'reset_before_headers';
  log.add({
    venue: venue.protocol.id,
    endpoint,
    method,
    path: ask.path,
    asked,
    ...(symbol === undefined ? {} : { symbol }),
    at,
    status: isUnanswered ? 0 : reply.status,
    rows,
    ...(fault ? { fault: fault.kind } : {}),
  });
  const date = new Date(venue.scene(at).serverTime).toUTCString();
  if (latencyMs > 0) await realTime(latencyMs);
  await send(reply, date, response);
}

async function send(reply: Reply, date: string, response: ServerResponse): Promise<void> {
  const { status, headers, fault } = reply;
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  const begin = (): void => {
    response.writeHead(status, { date, ...headers, 'content-length': body.length });
  };
  switch (fault?.kind) {
    case 'no_answer':
      return;
    case 'reset_before_headers':
      response.socket?.resetAndDestroy();
      return;
    case 'reset_mid_body':
      begin();
      // at least the headers must be out, and never the whole body
      response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.resetAndDestroy());
      return;
    case 'slow_body': {
      begin();
      const size = Math.max(1, Math.ceil(body.length / PIECES));
      for (let from = 0; from < body.length && !response.destroyed; from += size) {
        response.write(body.subarray(from, from + size));
        await realTime(fault.ms / PIECES);
      }
      response.end();
      return;
    }
    case 'delayed_answer':
      await realTime(fault.ms);
      break;
  }
  begin();
  response.end(body);
}

const realTime = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MOST_BODY) break;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
