/** Every failure becomes `{detail, code}` with the status of the error catalogue. */
import type { FastifyError, FastifyInstance } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { TidewatchError } from '../../errors.js';

export interface ErrorAnswer {
  readonly detail: string;
  readonly code: string;
}

export function installErrorAnswers(server: FastifyInstance): void {
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const known = translate(error);
    if (known.code === 'internal') request.log.error({ err: error, url: request.url }, 'request failed');
    const detail = known.hint ? `${known.message} · ${known.hint}` : known.message;
    return reply.status(known.httpStatus).send({ detail, code: known.code } satisfies ErrorAnswer);
  });
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0];
    return reply.status(404).send({
      detail: `there is nothing at ${path} · see /openapi.json`,
      code: 'unknown_route',
    } satisfies ErrorAnswer);
  });
}

function translate(error: FastifyError): TidewatchError {
  if (error instanceof TidewatchError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const [first] = error.validation;
    const field = first?.instancePath.replace(/^\//, '').replaceAll('/', '.') ?? '';
    return new TidewatchError(
      'bad_parameter',
      `${field || 'the request'} is not valid · ${first?.message ?? ''}`,
      {
        details: { parameter: field },
      },
    );
  }
  const status = error.statusCode ?? 500;
  if (status === 413 || status === 414) return new TidewatchError('payload_too_large', error.message);
  if (status >= 400 && status < 500) return new TidewatchError('bad_parameter', error.message);
  return new TidewatchError('internal', 'internal error', {
    hint: 'see the log of the server',
    cause: error,
  });
}
