/** /openapi.json, and the same for reading at /docs. */
import type { FastifyInstance } from 'fastify';
import { DOCS_STYLE, docsPage } from './docs-page.js';
import type { OpenApi } from './openapi-document.js';
import { PAGE_POLICY } from './security-headers.js';

export function docsRoutes(server: FastifyInstance): void {
  let page: string | undefined;
  server.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger());
  server.get('/docs', { schema: { hide: true } }, async (_request, reply) => {
    page ??= docsPage(server.swagger() as unknown as OpenApi);
    return reply.header('content-security-policy', PAGE_POLICY).type('text/html; charset=utf-8').send(page);
  });
  server.get('/docs/style.css', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(DOCS_STYLE),
  );
}
