/**
 * /api/runs: what was computed, from which data, with which configuration and seed. A run is a folder with a manifest;
 * the other files in it are its tables, served as they are.
 */
import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { TidewatchError } from '../../errors.js';
import type { Services } from '../services.js';
import { failures, runAnswer, runsAnswer } from './answer-schemas.js';
import { reportHref } from './report-routes.js';
import { runParameters, TABLE_NAME, tableParameters } from './request-schemas.js';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
};

export function runRoutes(server: FastifyInstance, { runs, home }: Services): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/api/runs',
    { schema: { summary: 'Runs, newest first', tags: ['runs'], response: { 200: runsAnswer, ...failures } } },
    async () => runs.list().map((manifest) => ({ manifest, report: reportHref(home, manifest.run_id) })),
  );

  routes.get(
    '/api/runs/:id',
    {
      schema: {
        summary: 'One run: its manifest, its tables, its report',
        tags: ['runs'],
        params: runParameters,
        response: { 200: runAnswer, ...failures },
      },
    },
    async (request) => {
      const { id } = request.params;
      const manifest = runs.load(id);
      return { manifest, report: reportHref(home, id), tables: tablesOf(join(home.runs, id), id) };
    },
  );

  routes.get(
    '/api/runs/:id/tables/:name',
    {
      schema: {
        summary: 'A table of a run as it is stored: JSON, CSV or Parquet',
        tags: ['runs'],
        params: tableParameters,
        response: failures,
      },
    },
    async (request, reply) => {
      const { id, name } = request.params;
      runs.load(id);
      const known = tablesOf(join(home.runs, id), id).some((table) => table.name === name);
      if (!known) {
        throw new TidewatchError('unknown_run', `the run ${id} has no table ${name}`, {
          hint: `see /api/runs/${id}`,
          details: { run_id: id },
        });
      }
      const table = await readFile(join(home.runs, id, name));
      return reply
        .serializer((payload: Buffer) => payload as unknown as string)
        .type(MEDIA_TYPES[name.slice(name.lastIndexOf('.') + 1)]!)
        .send(table as never);
    },
  );
}

/** Plain files of the run's folder with a name and a type that are served. */
function tablesOf(folder: string, id: string): { name: string; bytes: number; href: string }[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && TABLE_NAME.test(entry.name) && entry.name !== 'manifest.json')
    .map(({ name }) => ({
      name,
      bytes: statSync(join(folder, name)).size,
      href: `/api/runs/${id}/tables/${name}`,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
