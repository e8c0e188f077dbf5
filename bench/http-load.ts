/**
 * A load generator for one address: so many connections, each asking again as soon as it was answered. Written on
 * sockets, because a full HTTP client would cost more than the server that it measures.
 */
import { connect, type Socket } from 'node:net';

export interface LoadResult {
  readonly requests: number;
  /** Answers with another status than 200. */
  readonly refused: number;
  readonly seconds: number;
  /** Of each answer, ms, ascending. */
  readonly latency: Float64Array;
  readonly bytes: number;
}

export interface Load {
  readonly port: number;
  /** Asked in turn. */
  readonly paths: readonly string[];
  readonly connections: number;
  /** Ends after so many answers. */
  readonly requests?: number;
  /** Ends when it resolves. */
  readonly until?: Promise<unknown>;
  /** Pause of each connection between an answer and its next request, ms. */
  readonly pauseMs?: number;
}

export async function runLoad(load: Load): Promise<LoadResult> {
  const { port, connections, requests = Number.POSITIVE_INFINITY } = load;
  const latency: number[] = [];
  let started = 0;
  let refused = 0;
  let bytes = 0;
  let isOver = false;
  void load.until?.then(() => {
    isOver = true;
  });
  const began = performance.now();

  const one = (): Promise<void> =>
    new Promise((done, failed) => {
      const socket: Socket = connect(port, '127.0.0.1');
      let buffer = '';
      let asked = 0;
      const ask = (): void => {
        if (isOver || started >= requests) {
          socket.end();
          done();
          return;
        }
        const path = load.paths[started % load.paths.length]!;
        started += 1;
        asked = performance.now();
        socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
      };
      socket.setNoDelay(true);
      socket.setEncoding('latin1');
      socket.on('connect', ask);
      socket.on('error', failed);
      socket.on('data', (chunk: string) => {
        buffer += chunk;
        const head = buffer.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(buffer)?.[1] ?? 0);
        if (buffer.length < head + 4 + length) return;
        if (!buffer.startsWith('HTTP/1.1 200')) refused += 1;
        bytes += buffer.length;
        buffer = '';
        latency.push(performance.now() - asked);
        if (load.pauseMs === undefined) ask();
        else setTimeout(ask, load.pauseMs);
      });
    });

  await Promise.all(Array.from({ length: connections }, one));
  return {
    requests: latency.length,
    refused,
    seconds: (performance.now() - began) / 1000,
    latency: Float64Array.from(latency).sort(),
    bytes,
  };
}

export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
