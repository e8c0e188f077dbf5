/** /api/streams: how the live data are, connection by connection and series by series. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { streamsAnswer } from '../live/streams-schema.js';
import type { Services } from '../services.js';
import { failures } from './answer-schemas.js';

export function streamsRoutes(server: FastifyInstance, { streams }: Services): void {
  server.withTypeProvider<ZodTypeProvider>().get(
    '/api/streams',
    {
      schema: {
        summary: 'Live data of this process: connections, age of their data, gaps filled, clock skew',
        description:
          'What the watchdog looks at is the age of the data, not the connection: a venue that is connected and ' +
          'silent is cut and connected anew. `running` is false where this process follows no stream.',
        tags: ['health'],
        response: { 200: streamsAnswer, ...failures },
      },
    },
    async () => streams.status(),
  );
}
