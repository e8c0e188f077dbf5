/**
 * How much one caller may ask for. Generous: the limits keep a runaway script or a guesser of tokens from taking the
 * machine, not a dashboard from working. A caller on this machine may read as much as it likes.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { TidewatchError } from '../../errors.js';
import { isLoopback } from './security.js';

export interface RateLimits {
  /** Reading calls a minute of one address beyond this machine. */
  readonly reads: number;
  /** Changing calls a minute of one address. */
  readonly changes: number;
}

export const DEFAULT_LIMITS: RateLimits = { reads: 3000, changes: 120 };

const MINUTE_MS = 60_000;
/** Addresses remembered. */
const CALLERS = 10_000;

/** To be installed before the token is looked at, so that guessing it is slow. */
export async function installRateLimits(server: FastifyInstance, limits: RateLimits): Promise<void> {
  await server.register(rateLimit, { global: false, cache: CALLERS });
  const count = server.createRateLimit({
    timeWindow: MINUTE_MS,
    max: (request: FastifyRequest) => (isChange(request) ? limits.changes : limits.reads),
    keyGenerator: (request: FastifyRequest) => `${request.ip} ${isChange(request) ? 'change' : 'read'}`,
  });
  server.addHook('onRequest', async (request, reply) => {
    // a WebSocket that is opened inside this process has no address
    const address = request.ip as string | undefined;
    const isLocal = address === undefined || isLoopback(address.replace(/^::ffff:/, ''));
    if (!isChange(request) && isLocal) return;
    const answer = await count(request);
    if (answer.isAllowed || !answer.isExceeded) return;
    const seconds = Math.ceil(answer.ttl / 1000);
    reply.header('retry-after', seconds);
    throw new TidewatchError('rate_limited', 'too many calls from this address in one minute', {
      hint: `try again in ${seconds} s`,
    });
  });
}

function isChange({ method }: FastifyRequest): boolean {
  return method !== 'GET' && method !== 'HEAD';
}
