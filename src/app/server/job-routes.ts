/** /api/jobs: long work, its state, and stopping it. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { jobJson } from '../jobs/job-json.js';
import type { Services } from '../services.js';
import { failures, jobAnswer } from './answer-schemas.js';
import { jobAction, jobParameters, jobsQuery } from './request-schemas.js';

export function jobRoutes(server: FastifyInstance, { jobs }: Services): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/api/jobs',
    {
      schema: {
        summary: 'Jobs, newest first',
        tags: ['jobs'],
        querystring: jobsQuery,
        response: { 200: z.array(jobAnswer), ...failures },
      },
    },
    async (request) => (await jobs.list(request.query)).map(jobJson),
  );

  for (const [url, summary] of [
    ['/api/jobs/:id', 'State of a job'],
    ['/api/hmm/jobs/:id', 'State of a training job'],
  ] as const) {
    routes.get(
      url,
      {
        schema: {
          summary,
          tags: ['jobs'],
          params: jobParameters,
          response: { 200: jobAnswer, ...failures },
        },
      },
      async (request) => jobJson(await jobs.find(request.params.id)),
    );
  }

  routes.post(
    '/api/jobs/:id/actions',
    {
      schema: {
        summary: 'Cancel a job, or run a failed or cancelled one again',
        tags: ['jobs'],
        params: jobParameters,
        body: jobAction,
        response: { 200: z.object({ status: z.literal('ok'), job: jobAnswer }), ...failures },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { action } = request.body;
      const job = action === 'cancel' ? await jobs.cancel(id) : await jobs.retry(id);
      return { status: 'ok' as const, job: jobJson(job) };
    },
  );
}
