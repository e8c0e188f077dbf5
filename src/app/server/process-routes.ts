/** /api/bootstrap, /api/alerts, /api/schedule and /metrics: how the running process is (operations spec §2, §6). */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Metrics } from '../../platform/metrics.js';
import type { StepReport } from '../process/bootstrap.js';
import type { Services } from '../services.js';
import { failures } from './answer-schemas.js';
import { alertsAnswer, alertsQuery, bootstrapAnswer, scheduleAnswer } from './process-schemas.js';

export function processRoutes(server: FastifyInstance, services: Services, metrics: Metrics): void {
  const { operations, process: state } = services;
  const routes = server.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/api/bootstrap',
    {
      schema: {
        summary: 'Report of the newest start of `tidewatch up`, check by check',
        tags: ['process'],
        response: { 200: bootstrapAnswer, ...failures },
      },
    },
    async () => {
      const report = state.bootstrap ?? (await operations.ask('bootstrap.newest', null));
      if (report === null) return { bootstrap: null };
      return { bootstrap: plain<unknown>({ ...report, steps: report.steps as readonly StepReport[] }) };
    },
  );

  routes.get(
    '/api/alerts',
    {
      schema: {
        summary: 'What is wrong now, or was; the open ones first',
        tags: ['process'],
        querystring: alertsQuery,
        response: { 200: alertsAnswer, ...failures },
      },
    },
    async ({ query }) =>
      plain(await operations.ask('alerts.list', { open: query.open === 'true', limit: query.limit })),
  );

  routes.get(
    '/api/schedule',
    {
      schema: {
        summary: 'Scheduled jobs, when they run next, how their newest windows ended',
        tags: ['process'],
        response: { 200: scheduleAnswer, ...failures },
      },
    },
    async () => plain(await operations.ask('schedule.list', null)),
  );

  // text, not JSON: not among the calls that the document describes
  server.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    const text = await metrics.text();
    return reply.type(metrics.contentType).send(text);
  });
}

/** Rows of the store and details of steps as the JSON that they are. */
function plain<T>(value: T): never {
  return JSON.parse(JSON.stringify(value)) as never;
}
