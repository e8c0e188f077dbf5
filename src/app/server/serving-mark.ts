/**
 * Where the server of a home listens, for commands that ask it: a small file that appears when it listens and goes when it
 * closes. A killed server leaves it; so a reader believes it only when what answers there began when the file says.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { writeFileAtomic } from '../../platform/atomic-file.js';
import { createHome, type Home } from '../../platform/home.js';
import type { Services } from '../services.js';

const mark = z.object({ url: z.url(), pid: z.int(), started_at: z.number() });
const status = z.object({ now: z.number(), uptime_ms: z.number() });

/** Between two readings of the clock at the start of one server. */
const SAME_START_MS = 2_000;
const ANSWER_MS = 3_000;

const pathOf = (home: Home): string => join(home.run, 'server.json');

/** Leaves a file with address and process in the home while the server listens. */
export function markServing(
  server: FastifyInstance,
  { home, clock }: Pick<Services, 'home' | 'clock'>,
): void {
  const started_at = clock.now();
  let isMarked = false;
  server.addHook('onListen', async () => {
    const bound = server.server.address();
    if (typeof bound !== 'object' || bound === null || isMarked) return;
    const shown = bound.address === '0.0.0.0' || bound.address === '::' ? '127.0.0.1' : bound.address;
    const url = `http://${shown.includes(':') ? `[${shown}]` : shown}:${bound.port}`;
    createHome(home);
    writeFileAtomic(pathOf(home), JSON.stringify({ url, pid: process.pid, started_at }), 0o600);
    isMarked = true;
  });
  server.addHook('onClose', async () => {
    if (isMarked && readMark(home)?.pid === process.pid) rmSync(pathOf(home), { force: true });
  });
}

function readMark(home: Home): z.infer<typeof mark> | undefined {
  try {
    return mark.parse(JSON.parse(readFileSync(pathOf(home), 'utf8')));
  } catch {
    return undefined; // no server, or a file that is not ours
  }
}

/** Address of the server that serves this home now. */
export async function servingUrl(home: Home): Promise<string | undefined> {
  const found = readMark(home);
  if (found === undefined) return undefined;
  try {
    const answer = await fetch(`${found.url}/api/status`, { signal: AbortSignal.timeout(ANSWER_MS) });
    const { now, uptime_ms } = status.parse(await answer.json());
    return Math.abs(now - uptime_ms - found.started_at) < SAME_START_MS ? found.url : undefined;
  } catch {
    return undefined; // nothing answers there, or something else does
  }
}
