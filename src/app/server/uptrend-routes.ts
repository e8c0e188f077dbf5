/** /api/uptrend: states, scores and levels of the uptrend engine on stored series (spec uptrend-engine §5, §8). */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { UptrendProfile } from '../../analysis/uptrend/profile.js';
import { parseTimeframe } from '../../market/timeframe.js';
import { resolveExchangeSymbol } from '../resolve-symbol.js';
import type { Services } from '../services.js';
import { failures } from './answer-schemas.js';
import { asItIs } from './as-it-is.js';
import { timeOf, windowOf } from './request-schemas.js';
import {
  uptrendAtQuery,
  uptrendExplainAnswer,
  uptrendLevelsAnswer,
  uptrendSeriesAnswer,
  uptrendSeriesQuery,
  uptrendTimelineAnswer,
  uptrendTimelineQuery,
} from './uptrend-schemas.js';
import type { UptrendView } from './uptrend-view.js';

interface SubjectQuery {
  readonly exchange?: string | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: string | undefined;
  readonly profile: UptrendProfile;
}

export function uptrendRoutes(server: FastifyInstance, services: Services, view: UptrendView): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  const { data, loaded } = services;
  const { lake, hmm } = loaded.config;

  const instrumentOf = async ({ exchange, symbol }: Pick<SubjectQuery, 'exchange' | 'symbol'>) =>
    (await resolveExchangeSymbol(exchange, symbol, lake.watched, data.lake)).id;
  const subjectOf = async (query: SubjectQuery) => ({
    instrument: await instrumentOf(query),
    timeframe: parseTimeframe(query.timeframe ?? hmm.timeframe),
    profile: query.profile,
  });

  routes.get(
    '/api/uptrend/series',
    {
      schema: {
        summary: 'Bars of a viewport with states, averages, scores and everything marked',
        description:
          'At most `max_points` rows: bars while they fit, else buckets. Averages and ATR are of the last bar of a ' +
          'row, scores the highest inside; `runs` and `markers` hold every stretch of one state and every mark, or ' +
          'their counts per row when there are too many. A bar that has not closed has no state. The first call for ' +
          'a long series walks all of it (some 150,000 bars a second).',
        tags: ['uptrend'],
        querystring: uptrendSeriesQuery,
        response: { 200: uptrendSeriesAnswer, ...failures },
      },
      serializerCompiler: asItIs,
    },
    async ({ query }) =>
      view.series({
        ...(await subjectOf(query)),
        ...windowOf({ start_date: query.from, end_date: query.to }, ['from', 'to']),
        last: query.last,
        points: query.max_points,
        overlay: query.overlay,
      }),
  );

  routes.get(
    '/api/uptrend/explain',
    {
      schema: {
        summary: 'Why the engine is in its state at a bar, and what is missing for the next one',
        tags: ['uptrend'],
        querystring: uptrendAtQuery,
        response: { 200: uptrendExplainAnswer, ...failures },
      },
      serializerCompiler: asItIs,
    },
    async ({ query }) => view.explain(await subjectOf(query), timeOf(query.at, 'at')),
  );

  routes.get(
    '/api/uptrend/levels',
    {
      schema: {
        summary: 'Support and resistance in force at a bar',
        tags: ['uptrend'],
        querystring: uptrendAtQuery,
        response: { 200: uptrendLevelsAnswer, ...failures },
      },
      serializerCompiler: asItIs,
    },
    async ({ query }) => view.levels(await subjectOf(query), timeOf(query.at, 'at')),
  );

  routes.get(
    '/api/uptrend/timeline',
    {
      schema: {
        summary: 'States of several timeframes over time',
        tags: ['uptrend'],
        querystring: uptrendTimelineQuery,
        response: { 200: uptrendTimelineAnswer, ...failures },
      },
      serializerCompiler: asItIs,
    },
    async ({ query }) => {
      const { profile, timeframes, from, to } = query;
      const instrument = await instrumentOf(query);
      const window = windowOf({ start_date: from, end_date: to }, ['from', 'to']);
      return view.timeline({ instrument, profile }, [...new Set(timeframes.map(parseTimeframe))], window);
    },
  );
}
