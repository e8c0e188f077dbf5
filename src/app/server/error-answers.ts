/** Every failure becomes `{detail, code}` with the status of the error catalogue, without paths and secrets. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { TidewatchError } from '../../errors.js';
import { ALWAYS } from './security-headers.js';

export interface ErrorAnswer {
  readonly detail: string;
  readonly code: string;
}

type Redact = (text: string) => string;

/**
 * Answers with the status of the catalogue (HMM spec §9); from 500 on the whole error is logged, and `redact`
 * goes over what is told.
 */
export function installErrorAnswers(server: FastifyInstance, redact: Redact): void {
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const known = toTidewatchError(error);
    if (known.httpStatus >= 500) {
      request.log.error({ err: error, url: request.url }, 'request failed');
    }
    return reply
      .status(known.httpStatus)
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(answerOf(known, redact)));
  });
}

function answerOf({ hint, message, code }: TidewatchError, redact: Redact): ErrorAnswer {
  return { detail: redact(hint ? `${message} · ${hint}` : message), code };
}

/** For addresses that are refused before there is a route: too long, or no address at all. No hook sees them. */
export function refuseAddress(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const known = toTidewatchError(error);
  const answer = answerOf(known, () =>
    known.code === 'payload_too_large' ? 'a part of the address is too long' : 'the address is malformed',
  );
  void reply
    .headers(ALWAYS)
    .status(known.httpStatus)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(answer));
}

/** @param path of the request */
export function unknownRoute(path: string): TidewatchError {
  return new TidewatchError('unknown_route', `there is nothing at ${path}`, { hint: 'see /openapi.json' });
}

function toTidewatchError(error: FastifyError): TidewatchError {
  if (error instanceof TidewatchError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const [first] = error.validation;
    const field = first?.instancePath.replace(/^\//, '').replaceAll('/', '.') ?? '';
    return new TidewatchError(
      'bad_parameter',
      `${field || 'the request'} is not valid · ${first?.message ?? ''}`,
      { hint: 'see the call in /openapi.json', details: { parameter: field } },
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
