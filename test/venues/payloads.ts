/** Answers of venues from test/venues/payloads, given out in their order. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SkippingTimer } from '../../src/data/venues/timer.fixture.js';
import type { Exchange, VenueRequest } from '../../src/data/venues/venue-http.js';

const file = z.object({
  exchanges: z.array(
    z.object({
      request: z.object({ method: z.string(), path: z.string() }),
      status: z.number(),
      headers: z.record(z.string(), z.string()).default({}),
      body: z.unknown().optional(),
      bodyText: z.string().optional(),
    }),
  ),
});

export type Payload = z.infer<typeof file>['exchanges'][number];

export function payloads(name: string): readonly Payload[] {
  return file.parse(JSON.parse(readFileSync(`test/venues/payloads/${name}.json`, 'utf8'))).exchanges;
}

/** A venue that answers what the list says, call by call, and remembers what it was asked. */
export class ScriptedVenue {
  readonly asked: VenueRequest[] = [];
  readonly timer: SkippingTimer;
  /** When each call came, on the timer. */
  readonly times: number[] = [];

  constructor(
    private readonly script: readonly (Payload | 'no answer')[],
    now: number,
  ) {
    this.timer = new SkippingTimer(now);
  }

  readonly exchange: Exchange = async (request) => {
    const answer = this.script[this.asked.length];
    this.asked.push(request);
    this.times.push(this.timer.now());
    if (answer === undefined) throw new Error(`call ${this.asked.length} was not expected: ${request.url}`);
    if (answer === 'no answer') throw new TypeError('fetch failed');
    const headers = new Headers(answer.headers);
    const text = answer.bodyText ?? JSON.stringify(answer.body);
    return { status: answer.status, header: (name) => headers.get(name), body: Buffer.from(text) };
  };
}
