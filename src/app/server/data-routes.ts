/** /api/data-coverage, /api/datasets: what is stored, from the data themselves (HMM spec §3.6). */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { DATASET_NAMES } from '../../data/lake/datasets.js';
import { coverageOf } from '../../data/lake/gaps.js';
import { noBars } from '../../data/lake/stored-series.js';
import { parseTimeframe } from '../../market/timeframe.js';
import { resolveExchangeSymbol } from '../resolve-symbol.js';
import type { Services } from '../services.js';
import { statusRow } from '../status-row.js';
import { coverageAnswer, datasetsAnswer, failures, gapsAnswer } from './answer-schemas.js';
import { seriesParameters, seriesQuery } from './request-schemas.js';
import type { StoredBars } from './stored-bars.js';

const LISTED_GAPS = 1000;

export function dataRoutes(server: FastifyInstance, { data, loaded }: Services, bars: StoredBars): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.get(
    '/api/data-coverage',
    {
      schema: {
        summary: 'Stored bars per instrument and timeframe',
        tags: ['data'],
        querystring: seriesQuery,
        response: { 200: coverageAnswer, ...failures },
      },
    },
    async (request) => {
      const { exchange, symbol, timeframe } = request.query;
      const wanted = timeframe === undefined ? undefined : parseTimeframe(timeframe);
      const instrument =
        symbol === undefined
          ? undefined
          : await resolveExchangeSymbol(exchange, symbol, loaded.config.lake.watched, data.lake);
      const status = await bars.status();
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

  routes.get(
    '/api/datasets',
    {
      schema: {
        summary: 'What the lake holds besides bars: rows, span, size and age per dataset and subject',
        description: 'Funding, open interest, liquidations and so on; bars are in `/api/data-coverage`.',
        tags: ['data'],
        response: { 200: datasetsAnswer, ...failures },
      },
    },
    async () => {
      const others = DATASET_NAMES.filter((name) => name !== 'bars');
      const found = await Promise.all(others.map((name) => data.lake.status(name)));
      return found.flat().map(statusRow);
    },
  );

  routes.get(
    '/api/data-coverage/:instrument/:timeframe',
    {
      schema: {
        summary: 'Missing bars of a stored series, told from the data and the calendar of the market',
        tags: ['data'],
        params: seriesParameters,
        response: { 200: gapsAnswer, ...failures },
      },
    },
    async (request) => {
      const { instrument, timeframe } = request.params;
      const [covered] = await coverageOf(data.lake, { instrument, timeframe });
      if (covered === undefined) throw noBars(instrument, timeframe);
      const longest = [...covered.gaps].sort((a, b) => b.missing - a.missing || a.from - b.from);
      return {
        instrument_id: instrument,
        timeframe,
        missing_bars: covered.missing,
        expected_bars: covered.rows + covered.missing,
        gaps: longest.slice(0, LISTED_GAPS).map(({ from, to, missing }) => ({ from, to, bars: missing })),
        total_gaps: covered.gaps.length,
      };
    },
  );
}
