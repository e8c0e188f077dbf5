/** /api/data-jobs: bars of a series as a job (HMM spec §9). */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { EXCHANGES } from '../../data/venues/open-venues.js';
import { TidewatchError } from '../../errors.js';
import type { Instrument } from '../../market/instrument.js';
import { parseTimeframe } from '../../market/timeframe.js';
import type { Job } from '../../platform/jobs/job.js';
import { fetchSymbols } from '../fetch/fetch-symbols.js';
import { DATA, type DataInput, dataKey, storedRange } from '../jobs/data-job.js';
import { jobJson } from '../jobs/job-json.js';
import { resolveExchangeSymbol } from '../resolve-symbol.js';
import type { Services } from '../services.js';
import { dataJobAnswer, failures } from './answer-schemas.js';
import { barsFile } from './bars-file.js';
import {
  dataJobAction,
  dataJobBody,
  dataJobFileQuery,
  dataJobQuery,
  jobParameters,
  windowOf,
} from './request-schemas.js';

export function dataJobRoutes(server: FastifyInstance, { data, jobs, loaded }: Services): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  const tags = ['data'];

  routes.post(
    '/api/data-jobs',
    {
      schema: {
        summary: 'Check the stored bars of a series and fetch what is lacking; answers at once',
        tags,
        body: dataJobBody,
        response: { 202: dataJobAnswer, ...failures },
      },
    },
    async (request, reply) => {
      const { exchange, symbol, timeframe, start_timestamp, end_timestamp, options } = request.body;
      const instrument = await wantedInstrument(exchange, symbol);
      const { from, to } = windowOf({ start_date: start_timestamp, end_date: end_timestamp });
      const input: DataInput = {
        instrument_id: instrument.id,
        timeframe: parseTimeframe(timeframe ?? loaded.config.hmm.timeframe),
        from: from ?? null,
        to: to ?? null,
        full_history: options.full_history,
      };
      return reply.status(202).send(answerOf(await jobs.start(DATA, dataKey(input), input)));
    },
  );

  routes.get(
    '/api/data-jobs',
    {
      schema: {
        summary: 'Data jobs, newest first',
        tags,
        querystring: dataJobQuery,
        response: { 200: z.array(dataJobAnswer), ...failures },
      },
    },
    async (request) => (await jobs.list({ kind: DATA, ...request.query })).map(answerOf),
  );

  routes.get(
    '/api/data-jobs/:id',
    {
      schema: {
        summary: 'State of a data job',
        tags,
        params: jobParameters,
        response: { 200: dataJobAnswer, ...failures },
      },
    },
    async (request) => answerOf(await find(request.params.id)),
  );

  routes.post(
    '/api/data-jobs/:id/actions',
    {
      schema: {
        summary: 'Check what is stored, run again, stop, or download',
        tags,
        params: jobParameters,
        body: dataJobAction,
        response: { 200: z.looseObject({ status: z.literal('ok') }), ...failures },
      },
    },
    async (request) => {
      const { id } = request.params;
      const job = await find(id);
      const input = job.input as DataInput;
      switch (request.body.action) {
        case 'validate':
          return { status: 'ok' as const, coverage: await storedRange(data.lake, input) };
        case 'resume':
          return { status: 'ok' as const, job: answerOf(await jobs.retry(id)) };
        case 'cancel':
          return { status: 'ok' as const, job: answerOf(await jobs.cancel(id)) };
        case 'download': {
          const { rows } = await storedRange(data.lake, input);
          const file = (format: string): string => `/api/data-jobs/${id}/file?format=${format}`;
          return { status: 'ok' as const, rows, files: { csv: file('csv'), parquet: file('parquet') } };
        }
      }
    },
  );

  routes.get(
    '/api/data-jobs/:id/file',
    {
      schema: {
        summary: 'The bars of a data job, as the lake holds them now, as a file',
        tags,
        params: jobParameters,
        querystring: dataJobFileQuery,
        produces: ['text/csv', 'application/vnd.apache.parquet'],
        response: { 200: z.unknown().describe('The file'), ...failures },
      },
    },
    async (request, reply) => {
      const { format } = request.query;
      const input = (await find(request.params.id)).input as DataInput;
      const { name, bytes, stream } = await barsFile(data.lake, input, format);
      return reply
        .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/vnd.apache.parquet')
        .header('content-length', bytes)
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(stream);
    },
  );

  /** What is stored or watched first; else the market that the exchange lists under this name. */
  async function wantedInstrument(
    exchange: string | undefined,
    symbol: string | undefined,
  ): Promise<Instrument> {
    const { watched } = loaded.config.lake;
    try {
      return await resolveExchangeSymbol(exchange, symbol, watched, data.lake);
    } catch (error) {
      const isUnknown = error instanceof TidewatchError && error.code === 'no_data';
      if (!isUnknown || !(EXCHANGES as readonly (string | undefined)[]).includes(exchange)) throw error;
      return (await fetchSymbols(symbol, exchange, watched, data.lake))[0]!;
    }
  }

  async function find(id: string): Promise<Job> {
    const job = await jobs.find(id);
    if (job.kind === DATA) return job;
    throw new TidewatchError('unknown_job', `job ${id} is a ${job.kind} job`, { details: { job_id: id } });
  }
}

function answerOf(job: Job): z.infer<typeof dataJobAnswer> {
  const { instrument_id, timeframe, from, to, full_history } = job.input as DataInput;
  const [exchange = '', ...rest] = instrument_id.split(':');
  return {
    ...jobJson(job),
    exchange,
    symbol: rest.at(-1) ?? '',
    timeframe,
    start_ts: from,
    end_ts: to,
    options: { full_history },
  };
}
