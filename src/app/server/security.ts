/**
 * Who may call. The server listens on loopback unless told otherwise; even there a web page in the same browser must
 * not reach it, so a call must name an address of this server (a rebound DNS name does not) and a page of another
 * origin is refused. Beyond loopback every changing call needs the bearer token.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { TidewatchError } from '../../errors.js';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);

export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host) || /^127(\.\d{1,3}){3}$/.test(host);
}

export interface SecurityOptions {
  readonly host: string;
  readonly token: string | null;
}

/** @throws TidewatchError `missing_secret` when the host is not loopback and there is no token */
export function requireToken({ host, token }: SecurityOptions): void {
  if (isLoopback(host) || token !== null) return;
  throw new TidewatchError(
    'missing_secret',
    `listening on ${host} needs a token · others can reach this address`,
    {
      hint: 'set TIDEWATCH_API_TOKEN to at least 16 characters, or listen on 127.0.0.1',
      details: { host },
    },
  );
}

export function installSecurity(server: FastifyInstance, options: SecurityOptions): void {
  const loopback = isLoopback(options.host);
  server.addHook('onRequest', async (request) => {
    const name = hostName(request.headers.host);
    if (loopback && (name === undefined || !isLoopback(name))) {
      throw forbidden(`the host "${request.headers.host ?? ''}" is not this server`);
    }
    const { origin } = request.headers;
    if (origin !== undefined && hostOf(origin) !== request.headers.host) {
      throw forbidden(`the origin ${origin} is not this server`);
    }
    const changes = request.method !== 'GET' && request.method !== 'HEAD';
    if (changes && options.token !== null && !carriesToken(request, options.token)) {
      throw new TidewatchError('unauthorized', 'the token is missing or wrong', {
        hint: 'send Authorization: Bearer <token>',
      });
    }
  });
  server.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
    reply.header('x-frame-options', 'DENY');
    // Everything served changes with the next bar or the next training.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
}

function forbidden(message: string): TidewatchError {
  return new TidewatchError('forbidden_origin', message, {
    hint: 'call http://127.0.0.1 with the port shown at start',
  });
}

function hostName(header: string | undefined): string | undefined {
  return header
    ?.replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined; // "null" of a sandboxed page or a file
  }
}

function carriesToken(request: FastifyRequest, token: string): boolean {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
