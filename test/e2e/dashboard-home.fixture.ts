/** A home with the newest real BTC 1h bars, two models and a comparison, and the server that shows the dashboard. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { runComparison } from '../../src/app/regime/comparison-run.js';
import { appendBars } from '../../src/app/server/served-home.fixture.js';
import { buildServer } from '../../src/app/server/server.js';
import type { Services } from '../../src/app/services.js';
import { openTidewatch } from '../../src/app/tidewatch.js';
import { parseInstrument } from '../../src/market/instrument.js';
import { slice } from '../../src/market/series.js';
import { copyStore } from '../embedded-store.js';
import { sampleSeries } from './sample-report.fixture.js';

/** Enough to reach back over the outage of 24 March 2023. */
const BARS = 11_000;
const HOLDS_BACK = 3;

export interface DashboardHome {
  readonly services: Services;
  readonly url: string;
  /** Close of the newest bar that is there from the start. */
  readonly lastClose: number;
  /** Stores the next of the bars that were held back. */
  appendBar(): Promise<void>;
  stop(): Promise<void>;
  /** Serves again on the same port. */
  serve(): Promise<void>;
  close(): Promise<void>;
}

export async function dashboardHome(): Promise<DashboardHome> {
  const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
  await copyStore(join(folder, 'db', 'data'));
  const services = await openTidewatch({ home: folder });
  const all = await sampleSeries();
  const first = all.length - BARS;
  let end = all.length - HOLDS_BACK;
  await appendBars(services, slice(all, first, end));
  const instrument = parseInstrument(all.instrument);
  for (const states of [2, 3]) {
    await services.regimes.train({
      instrument,
      timeframe: '1h',
      options: { profile: 'scaled', states, seed: 42, flavour: 'wilder', restarts: 2 },
    });
  }
  const plan = (family: string) => ({
    candidate: { family, states: 2, restarts: 1, seed: 42 },
    schedule: { window: 'expanding' as const, train: 6_000, refit: 2_000 },
    decoding: {},
    rule: 'long_flat' as const,
    costBps: 10,
    draws: 50,
  });
  await runComparison(
    services,
    ['hmm', 'kmeans'].map((family) => ({
      name: `${family}:2`,
      request: { instrument, timeframe: '1h' as const, set: 'hmm', plan: plan(family) },
    })),
    { workers: 2 },
    () => {},
  );

  let server: FastifyInstance | undefined;
  let port = 0;
  const serve = async (): Promise<void> => {
    server = await buildServer(services, {
      host: '127.0.0.1',
      token: null,
      log: pino({ level: 'silent' }),
      stream: { pollMs: 100, heartbeatMs: 30_000 },
    });
    await server.listen({ host: '127.0.0.1', port });
    const address = server.server.address();
    port = typeof address === 'object' && address !== null ? address.port : port;
  };
  const stop = async (): Promise<void> => {
    await server?.close();
    server = undefined;
  };
  await serve();
  return {
    services,
    url: `http://127.0.0.1:${port}`,
    lastClose: all.close[end - 1]!,
    async appendBar() {
      await appendBars(services, slice(all, end, end + 1));
      end += 1;
    },
    stop,
    serve,
    async close() {
      await stop();
      await services.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
