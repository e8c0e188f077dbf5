/** Opening the port: one that was asked for must be free, the default moves to the next free one. */
import type { FastifyInstance } from 'fastify';
import { TidewatchError } from '../../errors.js';

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** True when a person named the port: then a taken one is an error. */
  readonly asked: boolean;
}

export interface Listening {
  readonly port: number;
  readonly url: string;
  /** True when the default was taken. */
  readonly moved: boolean;
}

const TRIES = 50;

/** @throws TidewatchError `port_in_use`, `bad_parameter` when the address does not exist here */
export async function listen(
  server: FastifyInstance,
  { host, port, asked }: ListenOptions,
): Promise<Listening> {
  for (let candidate = port; ; candidate += 1) {
    try {
      await server.listen({ host, port: candidate });
      const bound = server.server.address();
      const actual = typeof bound === 'object' && bound !== null ? bound.port : candidate;
      const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
      return {
        port: actual,
        url: `http://${shown.includes(':') ? `[${shown}]` : shown}:${actual}`,
        moved: candidate !== port,
      };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EADDRINUSE' && !asked && candidate - port < TRIES && candidate < 65_535) continue;
      if (code === 'EADDRINUSE') {
        throw new TidewatchError('port_in_use', `port ${candidate} on ${host} is taken`, {
          hint: 'stop the other program or choose another --port',
          details: { host, port: candidate },
        });
      }
      if (code === 'EACCES') {
        throw new TidewatchError(
          'port_in_use',
          `port ${candidate} on ${host} may not be opened · permission denied`,
          {
            hint: 'choose a --port above 1023',
            details: { host, port: candidate },
          },
        );
      }
      if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
        throw new TidewatchError('bad_parameter', `${host} is no address of this machine`, {
          hint: 'use --host 127.0.0.1',
          details: { host },
        });
      }
      throw error;
    }
  }
}
