/**
 * Deleting a model has two addresses: beside the models of all families, and where HMM spec §9 has it. Its stored
 * regimes go with it.
 */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Services } from '../services.js';
import { deletedAnswer, failures } from './answer-schemas.js';
import { modelParameters } from './request-schemas.js';

/** @param url ends in `:id` */
export function deleteModelRoute(
  server: FastifyInstance,
  { regimes }: Pick<Services, 'regimes'>,
  url: string,
  described: { readonly summary: string; readonly tags: readonly string[] },
): void {
  server.withTypeProvider<ZodTypeProvider>().delete(
    url,
    {
      schema: {
        summary: described.summary,
        tags: described.tags,
        params: modelParameters,
        response: { 200: deletedAnswer, ...failures },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { rows } = await regimes.delete(id);
      return { status: 'deleted' as const, model_id: id, rows };
    },
  );
}
