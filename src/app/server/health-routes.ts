/** /healthz, /readyz, /api/health (operations spec §6). */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { VERSION } from '../../platform/package.js';
import type { Services } from '../services.js';
import { aliveAnswer, failures, healthAnswer, readyAnswer } from './answer-schemas.js';
import { freshness, type HealthItem, HealthMonitor } from './health.js';
import { healthSamples } from './health-metrics.js';
import { barLag, jobFailures } from './operations-health.js';
import type { StoredBars } from './stored-bars.js';

const STORE_AWAY: HealthItem = { name: 'store', light: 'red', value: 0, unit: 'answers' };

export function healthRoutes(server: FastifyInstance, services: Services, bars: StoredBars): void {
  const { data, home, clock } = services;
  const { process: state, loaded } = services;
  const monitor = new HealthMonitor(home.path);
  const itemsNow = async (): Promise<readonly HealthItem[]> => [
    ...(await monitor.items()),
    ...(state.role === null
      ? []
      : [
          ...(await jobFailures(services).catch(() => [STORE_AWAY])),
          ...barLag(await bars.status(), loaded.config.lake.watched, clock.now()),
        ]),
    ...(await state.health()),
  ];
  services.metrics.add(async () => healthSamples(services, await itemsNow()));
  const started = clock.now();
  server.addHook('onClose', async () => monitor.stop());

  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.get(
    '/healthz',
    {
      schema: {
        summary: 'The process is alive, and its lease is held',
        tags: ['health'],
        response: { 200: aliveAnswer, 503: aliveAnswer, ...failures },
      },
    },
    async (_request, reply) => {
      const { lease } = state;
      const isLost = lease === 'lost';
      return reply.status(isLost ? 503 : 200).send({ status: isLost ? 'lease_lost' : 'ok', lease });
    },
  );

  routes.get(
    '/readyz',
    {
      schema: {
        summary: 'Data can be read and answered from',
        tags: ['health'],
        response: { 200: readyAnswer, 503: readyAnswer, ...failures },
      },
    },
    async (request, reply) => {
      const reasons: string[] = [...state.blocking];
      try {
        if ((await data.lake.activeFiles('bars')).length === 0) reasons.push('the lake holds no bars');
      } catch (error) {
        request.log.error({ err: error }, 'the lake cannot be read');
        reasons.push('the lake cannot be read · see the log of the server');
      }
      return reply
        .status(reasons.length === 0 ? 200 : 503)
        .send({ status: reasons.length === 0 ? 'ready' : 'not_ready', reasons });
    },
  );

  routes.get(
    '/api/health',
    {
      schema: {
        summary: 'State of the parts, newest bars',
        tags: ['health'],
        response: { 200: healthAnswer, ...failures },
      },
    },
    async () => {
      const items = [...(await itemsNow())];
      const worst = (['red', 'amber', 'green'] as const).find((light) =>
        items.some((item) => item.light === light),
      );
      return {
        status: worst ?? 'green',
        version: VERSION,
        as_of: clock.now(),
        uptime_ms: clock.now() - started,
        items,
        parts: state.supervisors.map((supervisor) => plain(supervisor.status())),
        series: freshness(await bars.status()),
      };
    },
  );
}

function plain<T>(value: T): never {
  return JSON.parse(JSON.stringify(value)) as never;
}
