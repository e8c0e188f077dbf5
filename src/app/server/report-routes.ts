/**
 * The reports in <home>/reports: the newest at `/reports/latest`, each under its own name; and the page that a
 * majors-vs-alts run keeps in its own folder, under the name of the run.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import type { Home } from '../../platform/home.js';
import { reportPolicy } from './security-headers.js';

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}\.html$/;

/** @param atRoot the newest report answers at `/`, where no dashboard does */
export function reportRoutes(server: FastifyInstance, home: Home, atRoot: boolean): void {
  const folder = home.reports;
  const routes = server.withTypeProvider<ZodTypeProvider>();
  const newest = async (reply: FastifyReply): Promise<FastifyReply> => {
    const [name] = reportNames(folder);
    if (name !== undefined) return sendReport(reply, join(folder, name), name);
    throw new TidewatchError('unknown_run', 'there is no report yet', { hint: 'run: tidewatch start' });
  };
  if (atRoot) routes.get('/', { schema: { hide: true } }, async (_request, reply) => newest(reply));
  routes.get('/reports/latest', { schema: { hide: true } }, async (_request, reply) => newest(reply));
  routes.get(
    '/reports/:name',
    { schema: { hide: true, params: z.object({ name: z.string().regex(NAME) }) } },
    async (request, reply) => {
      const { name } = request.params;
      const kept = join(folder, name);
      return sendReport(reply, existsSync(kept) ? kept : ownPage(home, name.slice(0, -'.html'.length)), name);
    },
  );
}

const ownPage = (home: Home, runId: string): string => join(home.runs, runId, 'dashboard.html');

/** Where the report of a run is served; null when it has none. */
export function reportHref(home: Home, runId: string): string | null {
  const name = `${runId}.html`;
  const isThere =
    NAME.test(name) && (existsSync(join(home.reports, name)) || existsSync(ownPage(home, runId)));
  return isThere ? `/reports/${name}` : null;
}

/** Names of HTML reports, newest first. */
function reportNames(folder: string): string[] {
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

async function sendReport(reply: FastifyReply, path: string, name: string): Promise<FastifyReply> {
  let page: Buffer;
  try {
    page = await readFile(path);
  } catch (error) {
    throw new TidewatchError('unknown_run', `there is no report ${name}`, { cause: error });
  }
  return reply
    .header('content-security-policy', reportPolicy(page))
    .type('text/html; charset=utf-8')
    .send(page);
}
