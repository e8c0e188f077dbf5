/**
 * The HTTP API and the reports on one port. Schema first: every route declares what it takes, and /openapi.json follows.
 * Reading is open to whoever reaches the port; changing needs the token where one is set (security.ts).
 */

import swagger from '@fastify/swagger';
import websocket from '@fastify/websocket';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Logger } from '../../platform/logging.js';
import { Metrics } from '../../platform/metrics.js';
import { VERSION } from '../../platform/package.js';
import { secretsOf } from '../../platform/secrets.js';
import type { Services } from '../services.js';
import { DASHBOARD_FOLDER, hasDashboard, installDashboard } from './dashboard.js';
import { dataJobRoutes } from './data-job-routes.js';
import { dataRoutes } from './data-routes.js';
import { docsRoutes } from './docs-routes.js';
import { driverRoutes } from './driver-routes.js';
import { installErrorAnswers, refuseAddress } from './error-answers.js';
import { healthRoutes } from './health-routes.js';
import { jobRoutes } from './job-routes.js';
import { LakeRevision } from './lake-revision.js';
import { LakeWatch } from './lake-watch.js';
import { LatestAnswers } from './latest-answers.js';
import { modelRoutes } from './model-routes.js';
import { monitorRoutes } from './monitor-routes.js';
import { processRoutes } from './process-routes.js';
import { DEFAULT_LIMITS, installRateLimits, type RateLimits } from './rate-limits.js';
import { makeRedact } from './redact.js';
import { RegimeKeeper } from './regime-keeper.js';
import { regimeRoutes } from './regime-routes.js';
import { reportRoutes } from './report-routes.js';
import { runRoutes } from './run-routes.js';
import { installSecurity, requireToken } from './security.js';
import { installSecurityHeaders } from './security-headers.js';
import { seriesRoutes } from './series-routes.js';
import { SeriesView } from './series-view.js';
import { markServing } from './serving-mark.js';
import { statusRoutes } from './status-routes.js';
import { installTextCheck } from './storable-text.js';
import { StoredBars } from './stored-bars.js';
import { installStream, MESSAGE_BYTES, type StreamOptions } from './stream.js';
import { streamsRoutes } from './streams-routes.js';
import { UptrendHeads } from './uptrend-heads.js';
import { UptrendHistoryStore } from './uptrend-history-store.js';
import { uptrendRoutes } from './uptrend-routes.js';
import { uptrendScanRoutes } from './uptrend-scan-routes.js';
import { UptrendView } from './uptrend-view.js';

export interface ServerOptions {
  readonly host: string;
  readonly token: string | null;
  readonly log: Logger;
  /** Folder of the built dashboard; that of the package when left out. */
  readonly dashboard?: string;
  readonly limits?: RateLimits;
  readonly stream?: Pick<StreamOptions, 'pollMs' | 'heartbeatMs'>;
  /** How often stored regimes are extended by new bars, ms; never when left out. */
  readonly extendMs?: number;
  /** Told of every answered request. */
  readonly onRequest?: (entry: RequestEntry) => void;
}

/** A line of the request log; `ts` is UTC ms. */
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
    frameworkErrors: refuseAddress,
    routerOptions: { maxParamLength: 256 },
  }) as unknown as FastifyInstance;
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.removeContentTypeParser('text/plain');
  // before the hooks that may refuse a call: only then is the connection of a refused upgrade closed
  await server.register(websocket, { options: { maxPayload: MESSAGE_BYTES } });
  const redact = makeRedact(services.home.path, [options.token, ...secretsOf(services.loaded)]);
  installErrorAnswers(server, redact);
  installSecurityHeaders(server);
  await installRateLimits(server, options.limits ?? DEFAULT_LIMITS);
  installSecurity(server, options);
  installTextCheck(server);
  markServing(server, services);
  const dashboard = options.dashboard ?? DASHBOARD_FOLDER;
  await installDashboard(server, dashboard);
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
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'Of changing calls, where a token is set' },
        },
      },
    },
    transform: jsonSchemaTransform,
  });
  const metrics = new Metrics(services.metrics, (error) =>
    options.log.warn({ err: error }, 'a number for /metrics could not be told'),
  );
  const unlisten = services.operations.onEnd((job) => metrics.observe(job));
  server.addHook('onClose', async () => void unlisten());
  const revision = new LakeRevision(services.data);
  const bars = new StoredBars(services, revision);
  const view = new SeriesView(services.data, services.regimes, revision, services.clock);
  const uptrends = new UptrendHistoryStore(services.data, revision, services.clock);
  const heads = new UptrendHeads(services.data, revision, services.clock);
  installStream(server, services, new LakeWatch(services, revision, heads), {
    ...options.stream,
    token: options.token,
    redact,
  });
  if (options.extendMs !== undefined)
    keepRegimes(server, new RegimeKeeper(services, revision), options.extendMs);
  await server.register(async (scope) => {
    healthRoutes(scope, services, bars);
    processRoutes(scope, services, metrics);
    regimeRoutes(scope, services, new LatestAnswers(services, revision));
    dataRoutes(scope, services, bars);
    jobRoutes(scope, services);
    monitorRoutes(scope, services);
    dataJobRoutes(scope, services);
    seriesRoutes(scope, services, view, bars);
    uptrendRoutes(scope, services, new UptrendView(uptrends, view, services.regimes, services.clock));
    uptrendScanRoutes(scope, services, bars, heads);
    driverRoutes(scope, services);
    modelRoutes(scope, services);
    runRoutes(scope, services);
    statusRoutes(scope, services, bars, options.token);
    streamsRoutes(scope, services);
    reportRoutes(scope, services.home, !hasDashboard(dashboard));
    docsRoutes(scope);
  });
  return server;
}

/** Extends on a timer, one extension at a time, until the server closes. */
function keepRegimes(server: FastifyInstance, keeper: RegimeKeeper, everyMs: number): void {
  let running: Promise<unknown> | undefined;
  const extend = (): void => {
    running ??= keeper
      .extend((error) => server.log.warn({ err: error }, 'the regimes of a model could not be extended'))
      .catch((error: unknown) => server.log.warn({ err: error }, 'the regimes could not be extended'))
      .finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(extend, everyMs).unref();
  server.addHook('onClose', async () => {
    clearInterval(timer);
    await running;
  });
}
