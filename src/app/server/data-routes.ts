/** /api/data-coverage: what is stored, from the data themselves (HMM spec §3.6). */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { parseTimeframe } from '../../market/timeframe.js';
import { resolveExchangeSymbol } from '../resolve-symbol.js';
import type { Services } from '../services.js';
import { seriesQuery } from './request-schemas.js';

export function dataRoutes(server: FastifyInstance, { data, loaded }: Services): void {
  server.withTypeProvider<ZodTypeProvider>().get(
    '/api/data-coverage',
    {
      schema: {
        summary: 'Stored bars per instrument and timeframe',
        tags: ['data'],
        querystring: seriesQuery,
      },
    },
    async (request) => {
      const { exchange, symbol, timeframe } = request.query;
      const wanted = timeframe === undefined ? undefined : parseTimeframe(timeframe);
      const instrument =
        symbol === undefined
          ? undefined
          : await resolveExchangeSymbol(exchange, symbol, loaded.config.lake.watched, data.lake);
      const status = await data.lake.status('bars');
      return status
        .filter((row) => instrument === undefined || row.subject === instrument.id)
        .filter((row) => exchange === undefined || row.venue === exchange)
        .filter((row) => wanted === undefined || row.timeframe === wanted)
        .map((row) => ({
          instrument_id: row.subject,
          exchange: row.venue,
          timeframe: row.timeframe,
          first_ts: row.firstTs,
          last_ts: row.lastTs,
          rows: row.rows,
          bytes: row.bytes,
          age_ms: row.ageMs,
        }));
    },
  );
}
