/** Serving until Ctrl-C, for `start` and `serve`. */
import { spawn } from 'node:child_process';
import { EXIT, TidewatchError } from '../../errors.js';
import { listen } from '../server/listen.js';
import { buildServer, type RequestEntry } from '../server/server.js';
import type { Services } from '../services.js';
import type { CommandContext } from './command-context.js';

/** How soon stored regimes know of a new bar, at the latest. */
const EXTEND_MS = 1000;

export interface Serving {
  readonly url: string;
  /** Ends when the interrupt comes; closes the server. */
  untilInterrupted(): Promise<void>;
}

/** @throws TidewatchError `port_in_use`, `missing_secret`, `bad_parameter` */
export async function openServer(
  context: CommandContext,
  services: Services,
  onRequest?: (entry: RequestEntry) => void,
): Promise<Serving> {
  const log = await context.log('http');
  services.operations.onFailure = (error, job) =>
    log.error(
      { err: error, job_id: job?.id },
      job ? `${job.kind} of ${job.key} failed` : 'the job queue failed',
    );
  await services.operations.claim().catch((error: unknown) => {
    if (!(error instanceof TidewatchError) || error.code !== 'home_in_use') throw error;
    // two servers may read one home; jobs are run by the one that owns it
    const { message, details } = error;
    context.warn({
      code: error.code,
      message: `${message}, which runs the jobs of this server too`,
      ...details,
    });
  });
  const http = await openHttp(context, services, onRequest);
  // jobs that a killed process left go on; a call that needs the store waits for it
  services.operations.open().catch((error: unknown) => {
    log.error({ err: error }, 'the operational store did not open');
    context.warn({
      code: error instanceof TidewatchError ? error.code : 'internal',
      message: error instanceof Error ? error.message : String(error),
    });
  });
  if (context.config.live.enabled === true) {
    await services.streams.start({
      crashed: (error) => {
        log.error({ err: error }, 'the streams failed');
        context.warn({
          code: error instanceof TidewatchError ? error.code : 'internal',
          message: `the streams failed · ${error instanceof Error ? error.message : String(error)}`,
        });
      },
      troubled: (problem, error) => log.warn({ err: error }, `streams · ${problem}`),
    });
  }
  return {
    url: http.url,
    async untilInterrupted() {
      if (!context.signal.aborted) {
        await new Promise<void>((done) =>
          context.signal.addEventListener('abort', () => done(), { once: true }),
        );
      }
      await services.streams.stop();
      await http.close();
    },
  };
}

export interface Http {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * API and dashboard on the port of the configuration.
 * @throws TidewatchError `port_in_use`, `missing_secret`, `bad_parameter`
 */
export async function openHttp(
  context: CommandContext,
  services: Services,
  onRequest?: (entry: RequestEntry) => void,
): Promise<Http> {
  const { host, port, token } = context.config.http;
  const log = await context.log('http');
  const server = await buildServer(services, {
    host,
    token,
    log,
    extendMs: EXTEND_MS,
    ...(onRequest === undefined ? {} : { onRequest }),
  });
  const asked = context.loaded.values.find(({ key }) => key === 'http.port')?.source !== 'default';
  const listening = await listen(server, { host, port, asked });
  if (listening.moved) {
    context.warn({
      code: 'port_moved',
      message: `port ${port} is taken, serving on ${listening.port}`,
      port: listening.port,
    });
  }
  return { url: listening.url, close: () => server.close() };
}

/** Opens the browser where there is one; that it cannot be opened is no error. */
export function openBrowser(url: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', url]
        : ['xdg-open', url];
  const child = spawn(command!, args, { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

export const SERVED = { data: null, exit: EXIT.ok, printed: true } as const;
