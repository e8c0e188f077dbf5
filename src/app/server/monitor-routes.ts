/** /api/monitor: runs of majors against alts, their columns, the book of a day, runs side by side, the last signal. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { TidewatchError } from '../../errors.js';
import { bookOfDay, bookWithin } from '../monitor/book-of-day.js';
import { overfittingOf } from '../monitor/compare-runs.js';
import type { MonitorBook } from '../monitor/monitor-book.js';
import { monitorRunConfig, readMonitorBook } from '../monitor/monitor-runs.js';
import type { RunManifest } from '../regime/run-store.js';
import type { Services } from '../services.js';
import { failures } from './answer-schemas.js';
import { asItIs } from './as-it-is.js';
import {
  monitorCompareAnswer,
  monitorCompareQuery,
  monitorDayAnswer,
  monitorDayQuery,
  monitorRangeQuery,
  monitorRunAnswer,
  monitorRunParameters,
  monitorRunsAnswer,
  monitorSeriesAnswer,
  monitorSignalAnswer,
} from './monitor-schemas.js';
import { reportHref } from './report-routes.js';
import { timeOf, windowOf } from './request-schemas.js';

/** Books kept in memory: some 2 MB each. */
const MOST_BOOKS = 12;
const COMPARED = { least: 2, most: 12 } as const;

interface Opened {
  readonly manifest: RunManifest;
  readonly book: MonitorBook;
}

export function monitorRoutes(server: FastifyInstance, { runs, home }: Services): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  const books = new Map<string, MonitorBook>();

  function open(manifest: RunManifest): Opened {
    // a run that is made again by a later version keeps its id but not its bytes
    const key = `${manifest.run_id} ${manifest.outputs?.['book.json']}`;
    const book = books.get(key) ?? readMonitorBook(runs, manifest);
    books.delete(key);
    books.set(key, book);
    if (books.size > MOST_BOOKS) books.delete(books.keys().next().value!);
    return { manifest, book };
  }

  const monitorRuns = (): RunManifest[] => runs.list().filter(({ kind }) => kind === 'majors_alts');

  function named(id: string): Opened {
    if (id !== 'latest') return open(runs.load(id));
    const [newest] = monitorRuns();
    if (newest !== undefined) return open(newest);
    throw new TidewatchError('unknown_run', 'there is no majors-vs-alts run yet', {
      hint: 'run: tidewatch monitor run',
    });
  }

  const headOf = ({ manifest, book }: Opened) => ({
    run_id: manifest.run_id,
    name: book.name,
    title: book.title,
    category: monitorRunConfig(manifest).category,
    profile: book.profile,
    created_at: manifest.created_at,
  });

  routes.get(
    '/api/monitor/runs',
    {
      schema: {
        summary: 'Majors-vs-alts runs, newest first; those that cannot be read are left out',
        tags: ['monitor'],
        response: { 200: monitorRunsAnswer, ...failures },
      },
    },
    async () =>
      monitorRuns().flatMap((manifest) => {
        try {
          const opened = open(manifest);
          const { data, daily, kpis, verdict } = opened.book;
          return [
            { ...headOf(opened), from: data.from, to: data.to, test_days: daily.ts.length, kpis, verdict },
          ];
        } catch (error) {
          if (error instanceof TidewatchError) return [];
          throw error;
        }
      }),
  );

  routes.get(
    '/api/monitor/runs/:id',
    {
      schema: {
        summary:
          'One run: figures with their intervals, returns by regime, what was missing; `latest` is the newest',
        tags: ['monitor'],
        params: monitorRunParameters,
        response: { 200: monitorRunAnswer, ...failures },
      },
    },
    async ({ params }) => {
      const opened = named(params.id);
      const { book } = opened;
      return {
        ...headOf(opened),
        regimes: book.regimes,
        data: book.data,
        rule: book.rule,
        kpis: book.kpis,
        intervals: book.intervals,
        regime_metrics: book.regime_metrics,
        regime_eval: book.regime_eval,
        funding_coverage: book.funding_coverage,
        verdict: book.verdict,
        warnings: book.warnings,
        report: reportHref(home, opened.manifest.run_id),
      };
    },
  );

  routes.get(
    '/api/monitor/runs/:id/series',
    {
      schema: {
        summary: 'Score, regimes, contributions of the features, equity, drawdown and daily result, by day',
        tags: ['monitor'],
        params: monitorRunParameters,
        querystring: monitorRangeQuery,
        response: { 200: monitorSeriesAnswer, ...failures },
      },
      serializerCompiler: asItIs,
    },
    async ({ params, query }) => {
      const { manifest, book } = named(params.id);
      const { from, to } = windowOf({ start_date: query.from, end_date: query.to }, ['from', 'to']);
      return {
        run_id: manifest.run_id,
        regimes: book.regimes,
        rule: book.rule,
        ...bookWithin(book, from, to),
      };
    },
  );

  routes.get(
    '/api/monitor/runs/:id/day',
    {
      schema: {
        summary: 'One day of a run: why this score, what the day earned and cost, the book that is held',
        tags: ['monitor'],
        params: monitorRunParameters,
        querystring: monitorDayQuery,
        response: { 200: monitorDayAnswer, ...failures },
      },
    },
    async ({ params, query }) => {
      const { manifest, book } = named(params.id);
      return { run_id: manifest.run_id, ...bookOfDay(book, timeOf(query.at, 'at')) };
    },
  );

  routes.get(
    '/api/monitor/compare',
    {
      schema: {
        summary: 'Runs side by side: figures, intervals, equity, and how likely their best is overfitted',
        tags: ['monitor'],
        querystring: monitorCompareQuery,
        response: { 200: monitorCompareAnswer, ...failures },
      },
    },
    async ({ query }) => {
      const ids = [...new Set(query.runs)];
      if (ids.length < COMPARED.least || ids.length > COMPARED.most) {
        throw new TidewatchError('bad_parameter', `${ids.length} runs cannot be compared`, {
          hint: `give ${COMPARED.least} to ${COMPARED.most} different ids with commas between`,
        });
      }
      const opened = ids.map(named);
      return {
        runs: opened.map((each) => ({
          ...headOf(each),
          kpis: each.book.kpis,
          intervals: each.book.intervals,
          verdict: each.book.verdict,
          ts: each.book.daily.ts,
          equity: each.book.daily.equity,
        })),
        overfitting: overfittingOf(opened.map(({ book }) => book)),
      };
    },
  );

  routes.get(
    '/api/monitor/runs/:id/signal',
    {
      schema: {
        summary: 'The signal of the last day of a run: target weights as if entering flat',
        tags: ['monitor'],
        params: monitorRunParameters,
        response: { 200: monitorSignalAnswer, ...failures },
      },
    },
    async ({ params }) => {
      const { manifest } = named(params.id);
      const path = join(runs.folderOf(manifest.run_id), 'signals_today.json');
      const parsed = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as object) : {};
      return {
        run_id: manifest.run_id,
        signal: 'regime' in parsed ? monitorSignalAnswer.shape.signal.parse(parsed) : null,
      };
    },
  );
}
