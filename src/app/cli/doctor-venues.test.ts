import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../platform/config-schema.js';
import { configSchema } from '../../platform/config-schema.js';
import { doctorExit } from './doctor.js';
import { checkVenues, venuesNamed } from './doctor-venues.js';

const NOW = 1_700_000_000_123;
let server: Server | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});

/** What doctor says of a venue that gives this answer; the clock of this machine stands still. */
async function check(answer: { readonly status: number; readonly time?: number } | 'refused') {
  server = createServer((_request, response) => {
    if (answer === 'refused') return void response.socket?.destroy();
    response.statusCode = answer.status;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ serverTime: answer.time ?? NOW }));
  });
  await new Promise<void>((done) => server!.listen(0, '127.0.0.1', () => done()));
  const base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = configSchema.parse({ venues: { binance: { base_url } } }).venues as Config['venues'];
  const [only] = await checkVenues(['binance'], settings, { now: () => NOW }, new AbortController().signal);
  return only!;
}

describe('doctor --venue', () => {
  it.each([
    [400, 'ok', 0],
    [-2_000, 'warn', 1],
    [9_000, 'fail', 3],
  ] as const)('judges a clock that is %d ms off: %s', async (off, status, exit) => {
    const told = await check({ status: 200, time: NOW + off });
    expect(told).toMatchObject({ status, reachable: true, skew_ms: off, skew_error_ms: 0 });
    expect(told.limits).toEqual([{ group: 'default', weight: 4800, per_ms: 60_000 }]);
    expect(doctorExit([told])).toBe(exit);
  });

  it('allows for a venue that counts in seconds', async () => {
    const told = await check({ status: 200, time: 1_700_000_001_000 });
    expect(told).toMatchObject({ status: 'ok', skew_error_ms: 500 });
  });

  it.each(['refused', { status: 503 }, { status: 451 }, { status: 429 }] as const)(
    'fails with exit 4 where the venue does not answer as it should: %o',
    async (answer) => {
      const told = await check(answer);
      expect(told).toMatchObject({ status: 'fail', reachable: false, skew_ms: null });
      expect(told.message).toContain('binance');
      expect(doctorExit([told])).toBe(4);
    },
  );

  it('takes one exchange, all of them, and no other name', () => {
    expect(venuesNamed('okx')).toEqual(['okx']);
    expect(venuesNamed('all')).toContain('kraken');
    expect(() => venuesNamed('nowhere')).toThrow('unknown --venue');
  });
});

describe('the exit of doctor', () => {
  it('is that of the gravest finding: here before there', () => {
    const local = { name: 'home', status: 'fail', message: '' } as const;
    const away = { name: 'venue okx', status: 'fail', message: '', reachable: false } as const;
    const warning = { name: 'port', status: 'warn', message: '' } as const;
    expect(doctorExit([local, away, warning])).toBe(3);
    expect(doctorExit([away, warning])).toBe(4);
    expect(doctorExit([warning])).toBe(1);
    expect(doctorExit([])).toBe(0);
  });
});
