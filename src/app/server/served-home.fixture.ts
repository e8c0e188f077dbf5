/** A home with bars and a server on it, for the tests of this folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LightMyRequestResponse as Answer, FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { copyStore } from '../../../test/embedded-store.js';
import { syntheticSeries } from '../../../test/synthetic-bars.js';
import { seriesBatch } from '../../data/lake/batch.js';
import { FixedClock } from '../../market/clock.js';
import { parseInstrument } from '../../market/instrument.js';
import type { Series } from '../../market/series.js';
import type { Services } from '../services.js';
import { openTidewatch } from '../tidewatch.js';
import { buildServer, type ServerOptions } from './server.js';

export const SYMBOL = 'file:spot:BTCUSDT';
export const HOST = '127.0.0.1:8080';
export const TOKEN = 'a-token-of-enough-characters';
export const START = Date.UTC(2024, 0, 1);
export const HOUR = 3_600_000;
export const silent = pino({ level: 'silent' });

export interface ServedHome {
  readonly folder: string;
  readonly services: Services;
  readonly server: FastifyInstance;
  readonly clock: FixedClock;
  get(url: string, headers?: Record<string, string>): Promise<Answer>;
  post(url: string, payload: object, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * @param hours of synthetic 1h bars; the clock stands at the close of the last one
 * @param options `hasStore`: with the operational store made already, for tests that come to need it
 */
export async function serveHome(
  hours: number,
  { hasStore = false, ...options }: Partial<ServerOptions> & { readonly hasStore?: boolean } = {},
): Promise<ServedHome> {
  const folder = mkdtempSync(join(tmpdir(), 'served-'));
  if (hasStore) await copyStore(join(folder, 'db', 'data'));
  const clock = new FixedClock(START + hours * HOUR);
  const services = await openTidewatch({ home: folder, clock });
  if (hours > 0) await appendBars(services, syntheticSeries(SYMBOL, '1h', hours, 3));
  const server = await buildServer(services, {
    host: '127.0.0.1',
    token: null,
    log: silent,
    dashboard: join(folder, 'no-dashboard'),
    ...options,
  });
  return {
    folder,
    services,
    server,
    clock,
    get: (url, headers = {}) => server.inject({ method: 'GET', url, headers: { host: HOST, ...headers } }),
    post: (url, payload, headers = {}) =>
      server.inject({ method: 'POST', url, payload, headers: { host: HOST, ...headers } }),
    async close() {
      await server.close();
      await services.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export async function appendBars(services: Services, series: Series): Promise<void> {
  await services.data.write((writer) => writer.append('bars', seriesBatch(series), { source: 'archive' }));
}

/** A model with two states on the 1h bars, without a job around the training. */
export async function trainModel({ regimes }: Services): Promise<string> {
  const { regime } = await regimes.train({
    instrument: parseInstrument(SYMBOL),
    timeframe: '1h',
    options: { profile: 'scaled', states: 2, seed: 1, restarts: 1, flavour: 'wilder' },
  });
  return regime.stored.id;
}
