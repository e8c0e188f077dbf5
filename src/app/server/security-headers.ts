/** Headers of every answer, and what each kind of page may load. */
import type { FastifyInstance } from 'fastify';

/** Data are no page: nothing may run, and no frame may show them. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** The dashboard and the pages of the server load only what comes from it, and no script or style in the page. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Bytes in which the head of a report names its own policy. */
const HEAD_BYTES = 4096;

/**
 * A report is one file with everything in it. The policy in its head names the hashes of its scripts; this one repeats
 * them, so that a page without such a head runs no script, and a report calls nobody, not even this server.
 */
export function reportPolicy(page: Buffer): string {
  const head = page.subarray(0, HEAD_BYTES).toString('latin1');
  const own = /<meta http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(head)?.[1] ?? '';
  const hashes = own.match(/sha256-[A-Za-z0-9+/]{43}=/g) ?? [];
  return [
    "default-src 'none'",
    `script-src ${hashes.length === 0 ? "'none'" : hashes.map((hash) => `'${hash}'`).join(' ')}`,
    "style-src 'unsafe-inline'",
    'img-src data: blob:',
    'font-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Of every answer. */
export const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/** Headers of every answer: data is never cached or framed and loads nothing. */
export function installSecurityHeaders(server: FastifyInstance): void {
  server.addHook('onRequest', (_request, reply, done) => {
    reply.headers(ALWAYS);
    reply.header('content-security-policy', DATA_POLICY);
    // everything served changes with the next bar or the next training, but for what says otherwise
    reply.header('cache-control', 'no-store');
    done();
  });
}
