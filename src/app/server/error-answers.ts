/** Every failure becomes `{detail, code}` with the status of the error catalogue, without paths and secrets. */
import type { FastifyError, FastifyInstance } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { TidewatchError } from '../../errors.js';

export interface ErrorAnswer {
  readonly detail: string;
  readonly code: string;
}

export function installErrorAnswers(server: FastifyInstance, redact: (text: string) => string): void {
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const known = toTidewatchError(error);
    const detail = known.hint ? `${known.message} · ${known.hint}` : known.message;
    if (known.httpStatus >= 500)
      request.log.error({ err: error, url: request.url, detail }, 'request failed');
    const answer: ErrorAnswer = { detail: redact(detail), code: known.code };
    return reply
      .status(known.httpStatus)
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(answer));
  });
}

/** @param path of the request */
export function unknownRoute(path: string): TidewatchError {
  return new TidewatchError('unknown_route', `there is nothing at ${path}`, { hint: 'see /openapi.json' });
}

export function toTidewatchError(error: FastifyError): TidewatchError {
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
