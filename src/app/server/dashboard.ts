/**
 * The built dashboard (dist/web), where there is one. It is a single page: every address that is no file and no part
 * of the API is answered with it, and it finds its own way from there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { PACKAGE_ROOT } from '../../platform/package.js';
import { unknownRoute } from './error-answers.js';
import { PAGE_POLICY } from './security-headers.js';

export const DASHBOARD_FOLDER = join(PACKAGE_ROOT, 'dist', 'web');

const YEAR_SECONDS = 31_536_000;

/** The built page is there; a clone that was not built has none. */
export function hasDashboard(folder: string): boolean {
  return existsSync(join(folder, 'index.html'));
}

/** Serves the folder if it holds a dashboard; else every unknown address is an error. */
export async function installDashboard(server: FastifyInstance, folder: string): Promise<void> {
  const isThere = hasDashboard(folder);
  if (isThere) {
    await server.register(async (scope) => {
      await scope.register(fastifyStatic, {
        root: folder,
        // dot-files are no part of the build
        dotfiles: 'ignore',
        index: false,
        wildcard: false,
        cacheControl: false,
      });
      scope.addHook('onSend', async (request, reply) => {
        // names in assets/ carry a hash of their content
        const isHashed = request.url.startsWith('/assets/') && reply.statusCode < 300;
        reply.header('content-security-policy', PAGE_POLICY);
        reply.header('cache-control', isHashed ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache');
      });
    });
  }
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]!;
    if (!isThere || !opensPage(request, path)) throw unknownRoute(path);
    return reply
      .header('content-security-policy', PAGE_POLICY)
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(readFileSync(join(folder, 'index.html')));
  });
}

function opensPage({ method, headers }: FastifyRequest, path: string): boolean {
  const wantsPage = path === '/' || (headers.accept ?? '').includes('text/html');
  const isOwn = /^\/(api|docs|reports|openapi\.json|healthz|readyz|metrics)(\/|$)/.test(path);
  const isFile = /\.[A-Za-z0-9]+$/.test(path);
  return (method === 'GET' || method === 'HEAD') && wantsPage && !isOwn && !isFile;
}
