/** The reports in <home>/reports: the newest at `/`, each under its own name. */
import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}\.html$/;

export function reportRoutes(server: FastifyInstance, folder: string): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.get('/', { schema: { hide: true } }, async (_request, reply) => {
    const [newest] = reportNames(folder);
    if (newest === undefined) {
      throw new TidewatchError('unknown_run', 'there is no report yet', { hint: 'run: tidewatch start' });
    }
    return sendReport(reply, folder, newest);
  });
  routes.get(
    '/reports/:name',
    { schema: { hide: true, params: z.object({ name: z.string().regex(NAME) }) } },
    async (request, reply) => sendReport(reply, folder, request.params.name),
  );
}

/** Names of HTML reports, newest first. */
export function reportNames(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => NAME.test(name))
    .map((name) => ({ name, time: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.time - a.time || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

async function sendReport(reply: FastifyReply, folder: string, name: string): Promise<FastifyReply> {
  let page: Buffer;
  try {
    page = await readFile(join(folder, name));
  } catch (error) {
    throw new TidewatchError('unknown_run', `there is no report ${name}`, { cause: error });
  }
  // The page brings its own policy for scripts; the header adds what a page cannot say of itself.
  return reply
    .header('content-security-policy', "frame-ancestors 'none'")
    .type('text/html; charset=utf-8')
    .send(page);
}
