/**
 * The HTTP API and the reports on one port. Schema first: every route declares what it takes, and /openapi.json follows.
 * Reading is open to whoever reaches the port; changing needs the token where one is set (security.ts).
 */
import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Logger } from '../../platform/logging.js';
import { VERSION } from '../../platform/package.js';
import type { Services } from '../services.js';
import { dataRoutes } from './data-routes.js';
import { installErrorAnswers } from './error-answers.js';
import { healthRoutes } from './health-routes.js';
import { LakeRevision } from './lake-revision.js';
import { modelRoutes } from './model-routes.js';
import { regimeRoutes } from './regime-routes.js';
import { reportRoutes } from './report-routes.js';
import { runRoutes } from './run-routes.js';
import { installSecurity, requireToken } from './security.js';
import { seriesRoutes } from './series-routes.js';
import { SeriesView } from './series-view.js';
import { statusRoutes } from './status-routes.js';

export interface ServerOptions {
  readonly host: string;
  readonly token: string | null;
  readonly log: Logger;
  /** Told of every answered request. */
  readonly onRequest?: (entry: RequestEntry) => void;
}

export interface RequestEntry {
  readonly ts: number;
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly duration_ms: number;
}

const BODY_LIMIT = 1_000_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** @throws TidewatchError `missing_secret` when the host is not loopback and no token is set */
export async function buildServer(services: Services, options: ServerOptions): Promise<FastifyInstance> {
  requireToken(options);
  const server = Fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Ctrl-C must not wait for browsers that keep their connections open.
    forceCloseConnections: true,
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { maxParamLength: 256 },
  }) as unknown as FastifyInstance;
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.removeContentTypeParser('text/plain');
  installSecurity(server, options);
  installErrorAnswers(server);
  server.addHook('onResponse', async (request, reply) => {
    const entry: RequestEntry = {
      ts: services.clock.now(),
      method: request.method,
      url: request.url,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 10) / 10,
    };
    options.log.info(entry, `${entry.method} ${entry.url} ${entry.status}`);
    options.onRequest?.(entry);
  });
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tidewatch',
        description: 'Market regimes. Times are UTC epoch milliseconds; errors are {detail, code}.',
        version: VERSION,
      },
    },
    transform: jsonSchemaTransform,
  });
  const revision = new LakeRevision(services.data);
  const view = new SeriesView(services.data, services.regimes, revision, services.clock);
  await server.register(async (scope) => {
    healthRoutes(scope, services);
    regimeRoutes(scope, services);
    dataRoutes(scope, services);
    seriesRoutes(scope, services, view);
    modelRoutes(scope, services);
    runRoutes(scope, services);
    statusRoutes(scope, services, options.token);
    reportRoutes(scope, services.home.reports);
    scope.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger());
  });
  return server;
}
