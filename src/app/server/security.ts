/**
 * Who may call. The server listens on loopback unless told otherwise; even there a web page in the same browser must
 * not reach it. So a call must name an address of this server, which a rebound DNS name does not, and what a page of
 * another origin sends is refused, except that a link may open a page. Beyond loopback every changing call and the
 * stream need the bearer token; reading is open to whoever reaches the port.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { TidewatchError } from '../../errors.js';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);

/** An address or name of this machine alone. */
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

/** Refuses foreign hosts and origins always, and changes without the token where one is set. */
export function installSecurity(server: FastifyInstance, options: SecurityOptions): void {
  server.addHook('onRequest', async (request) => {
    const { host, origin } = request.headers;
    if (!isOurs(hostName(host), options.host)) {
      throw forbidden(`the host "${host ?? ''}" is not this server`);
    }
    if (origin !== undefined && hostOf(origin) !== host) {
      throw forbidden(`the origin ${origin} is not this server`);
    }
    if (isFromAnotherSite(request)) throw forbidden('a page of another site may not call this server');
    const changes = request.method !== 'GET' && request.method !== 'HEAD';
    if (changes && options.token !== null && !isToken(bearerOf(request), options.token)) {
      throw new TidewatchError('unauthorized', 'the token is missing or wrong', {
        hint: 'send Authorization: Bearer <token>',
      });
    }
  });
}

/** The token of the Authorization header; empty when there is none. */
export function bearerOf(request: FastifyRequest): string {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
}

/** Takes as long for a wrong token as for the right one, of whatever length. */
export function isToken(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/**
 * Does a Host header name this server? On loopback: an address of loopback. Beyond: an IP address, which no foreign
 * page can have as its own name, the name that is listened on, or this machine's.
 */
function isOurs(name: string | undefined, listening: string): boolean {
  if (name === undefined) return false;
  if (isLoopback(name)) return true;
  if (isLoopback(listening)) return false;
  const own = hostname().toLowerCase();
  return isIP(name) !== 0 || name === listening.toLowerCase() || name === own || name === `${own}.local`;
}

/** Browsers say where a request comes from; a link that opens a page is welcome, everything else is not. */
function isFromAnotherSite({ headers, method }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  const opensPage = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return !(method === 'GET' && opensPage);
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
