/** /api/drivers: the 24 cells, A and E with everything behind them, their past, what is wrong. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import {
  driversAnswer,
  driversHealthAnswer,
  driversQuery,
  historyAnswer,
  historyQuery,
  postureAnswer,
  postureQuery,
  whatIfAnswer,
  whatIfBody,
} from '../drivers/driver-answers.js';
import type { Services } from '../services.js';
import { failures } from './answer-schemas.js';
import { asItIs } from './as-it-is.js';

const gridQuery = driversQuery.extend({ timeframe: postureQuery.shape.timeframe });

export function driverRoutes(server: FastifyInstance, { operations }: Services): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.get(
    '/api/drivers',
    {
      schema: {
        summary: 'State, flags, age and source of the 24 driver cells, with A and E of every bucket',
        description: 'Eight drivers on three timeframes. A cell that is missing, late or stale says why.',
        tags: ['drivers'],
        querystring: gridQuery,
        response: { 200: driversAnswer, ...failures },
      },
    },
    ({ query }) => operations.ask('drivers.summary', query),
  );
  routes.get(
    '/api/drivers/ae',
    {
      schema: {
        summary:
          'Add appetite and exit assertiveness of a bucket or token, with the 15 channels that made them',
        description:
          'Neutral is 0.5. Channels that are not live contribute nothing and weights are not renormalised; ' +
          '`coverage` says how much of the weight is live.',
        tags: ['drivers'],
        querystring: postureQuery,
        response: { 200: postureAnswer, ...failures },
      },
    },
    ({ query }) => operations.ask('drivers.levers', query),
  );
  routes.post(
    '/api/drivers/ae',
    {
      schema: {
        summary: 'What A and E would be if channels said something else; nothing is stored',
        tags: ['drivers'],
        body: whatIfBody,
        response: { 200: whatIfAnswer, ...failures },
      },
    },
    ({ body }) => operations.ask('drivers.what_if', body),
  );
  routes.get(
    '/api/drivers/history',
    {
      schema: {
        summary: 'A and E as they stood at the close of each bar, with price and the states of the channels',
        description:
          'Every channel with the newest bar that had closed by then; intent and strength of buckets are not in it.',
        tags: ['drivers'],
        querystring: historyQuery,
        response: { 200: historyAnswer, ...failures },
      },
      serializerCompiler: asItIs,
    },
    ({ query }) => operations.ask('drivers.history', query),
  );
  routes.get(
    '/api/drivers/health',
    {
      schema: {
        summary: 'Ages, gaps and partial bars of the driver cells, and what is wrong',
        tags: ['drivers'],
        response: { 200: driversHealthAnswer, ...failures },
      },
    },
    () => operations.ask('drivers.health', null),
  );
}
