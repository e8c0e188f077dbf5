/** /api/status and /api/feature-sets: what a client asks first. Tells nothing of paths, configuration or secrets. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { TIMEFRAMES } from '../../market/timeframe.js';
import { VERSION } from '../../platform/package.js';
import type { Services } from '../services.js';
import { failures, featureSetsAnswer, statusAnswer } from './answer-schemas.js';
import type { StoredBars } from './stored-bars.js';

export function statusRoutes(
  server: FastifyInstance,
  services: Services,
  bars: StoredBars,
  token: string | null,
): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  const { models, runs, features, loaded, clock } = services;
  const started = clock.now();

  routes.get(
    '/api/status',
    {
      schema: {
        summary: 'Version, what is stored, what is taken when nothing is said',
        tags: ['health'],
        response: { 200: statusAnswer, ...failures },
      },
    },
    async () => {
      const stored = await bars.status();
      return {
        version: VERSION,
        now: clock.now(),
        uptime_ms: clock.now() - started,
        token_required: token !== null,
        instruments: new Set(stored.map(({ subject }) => subject)).size,
        models: models.list().models.length,
        runs: runs.list().length,
        newest_bar_ts: stored.length === 0 ? null : Math.max(...stored.map(({ lastTs }) => lastTs)),
        timeframes: [...TIMEFRAMES],
        default_instrument: loaded.config.lake.watched[0]!,
        default_timeframe: loaded.config.hmm.timeframe,
      };
    },
  );

  routes.get(
    '/api/feature-sets',
    {
      schema: {
        summary: 'Feature sets that a model can be trained on',
        tags: ['models'],
        response: { 200: featureSetsAnswer, ...failures },
      },
    },
    async () =>
      features.names.map((name) => {
        const { columns, warmUp } = features.get(name, { timeframe: loaded.config.hmm.timeframe });
        return { name, columns: columns.map((column) => ({ name: column })), warm_up: finite(warmUp) };
      }),
  );
}

/** Sums from the first bar on need all of history. */
function finite(bars: number): number | null {
  return Number.isFinite(bars) ? Math.ceil(bars) : null;
}
