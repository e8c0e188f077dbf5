/**
 * Refuses text that no database can hold: a NUL character, and half of a surrogate pair. PostgreSQL answers either with
 * an error of its own, in a text as in JSON; to the caller it is a bad parameter.
 */
import type { FastifyInstance } from 'fastify';
import { TidewatchError } from '../../errors.js';

const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** Refuses texts with characters that the database cannot hold, wherever they are in a request. */
export function installTextCheck(server: FastifyInstance): void {
  server.addHook('preValidation', async ({ query, params, body }) => {
    if (![query, params, body].some(holdsUnstorable)) return;
    throw new TidewatchError('bad_parameter', 'a text of the request holds a character that is none', {
      hint: 'leave NUL characters and lone surrogates out',
    });
  });
}

/** Names count as well: they become keys of stored JSON. A body is as deep as its parser allows, so no recursion. */
function holdsUnstorable(value: unknown): boolean {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'string') {
      if (UNSTORABLE.test(next)) return true;
    } else if (typeof next === 'object' && next !== null) {
      for (const [name, each] of Object.entries(next)) open.push(name, each);
    }
  }
  return false;
}
