/**
 * The API against requests made from its own OpenAPI document. Whatever comes in, the server answers below 500, stays
 * alive, and each answer fits the schema that the document promises for its status.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bodyOf, type OpenApi } from './openapi-document.js';
import { type FuzzRequest, requestsOf } from './openapi-requests.fixture.js';
import { HOST, type ServedHome, START, SYMBOL, serveHome, trainModel } from './served-home.fixture.js';

const IS_NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const REQUESTS = IS_NIGHTLY ? 25_000 : 2500;
const SEED = 20_241_121;
/** Asked at once. */
const TOGETHER = 8;
const UUID = '6b1f6a7e-8f0e-4a8e-9a3a-0d8f6b7c1a2b';

let home: ServedHome;
let document: OpenApi;
let requests: FuzzRequest[];
/** Schemas of answers by call and status, made once. */
const schemas = new Map<string, z.ZodType | undefined>();

beforeAll(async () => {
  home = await serveHome(400, { hasStore: true, limits: { reads: 1e9, changes: 1e9 } });
  const model_id = await trainModel(home.services);
  document = (await home.get('/openapi.json')).json();
  const day = (days: number): string => new Date(START + days * 86_400_000).toISOString();
  const known = {
    '/api/models': [model_id, 'none'],
    // what exists stays: other calls need it
    '/api/hmm/models': ['none'],
    '/api/jobs': [UUID],
    instrument: [SYMBOL, 'file:spot:NONE'],
    model_id: [model_id],
    symbol: [SYMBOL, 'BTC/USDT', 'BTCUSDT'],
    exchange: ['file'],
    timeframe: ['1h', '4h', '1d', '1m'],
    timeframes: ['1h', '1h,4h', '1d,1m'],
    overlay: ['hmm', model_id, 'none'],
    at: [day(1), day(6)],
    from: [day(1), day(5), '2024-01-03'],
    to: [day(10), day(16)],
    start_date: [day(1), day(5)],
    end_date: [day(10), day(16)],
    n_states: [1, 2],
    k_min: [1, 2],
    k_max: [2],
    restarts: [1],
    model: ['hmm'],
  };
  requests = fc.sample(
    requestsOf(document, known).filter((request) => !isTooMuch(request)),
    { numRuns: REQUESTS, seed: SEED },
  );
});
afterAll(() => home.close());

/** Trainings of more than a moment, and the end of the one model: allowed, but not here a thousand times. */
function isTooMuch({ method, path, isValid, url }: FuzzRequest): boolean {
  if (method === 'DELETE' && path === '/api/models/{id}' && !url.endsWith('/none')) return true;
  return path === '/api/hmm/train' && isValid && trainings++ % 5 !== 0;
}
let trainings = 0;

const shown = (text: string): string => text.slice(0, 300);

function schemaFor({ operation, path, method }: FuzzRequest, status: number): z.ZodType | undefined {
  const key = `${method} ${path} ${status}`;
  if (!schemas.has(key)) {
    const responses = operation.responses ?? {};
    const described = responses[status] ?? responses[`${Math.floor(status / 100)}XX`];
    const body = bodyOf(described?.content);
    schemas.set(key, body && z.fromJSONSchema(body as never));
  }
  return schemas.get(key);
}

async function ask(request: FuzzRequest): Promise<{ status: number; failure: string | undefined }> {
  const answer = await home.server.inject({
    method: request.method as 'GET',
    url: request.url,
    headers: { host: HOST, ...request.headers },
    ...(request.payload === undefined ? {} : { payload: request.payload }),
  });
  const status = answer.statusCode;
  if (status >= 500) return { status, failure: answer.body };
  if (request.method === 'HEAD' || request.method === 'OPTIONS') return { status, failure: undefined };
  if (!String(answer.headers['content-type']).startsWith('application/json')) {
    return { status, failure: `content type ${answer.headers['content-type']}` };
  }
  const json: unknown = answer.json();
  // another method than the document's leads nowhere, which the document does not describe
  const isOther = !Object.hasOwn(document.paths[request.path] ?? {}, request.method.toLowerCase());
  const schema = isOther ? undefined : schemaFor(request, status);
  if (status < 300 && schema === undefined) return { status, failure: 'no schema for this status' };
  const fits = schema?.safeParse(json);
  if (fits && !fits.success) return { status, failure: z.prettifyError(fits.error) };
  if (status >= 400) {
    const { detail, code } = json as Record<string, unknown>;
    if (typeof detail !== 'string' || typeof code !== 'string' || answer.body.includes(home.folder)) {
      return { status, failure: answer.body };
    }
  }
  return { status, failure: undefined };
}

describe(`${REQUESTS} requests made from the OpenAPI document`, () => {
  it('are all answered below 500, by what the document promises', async () => {
    const counts = new Map<string, number>();
    const failures: string[] = [];
    for (let from = 0; from < requests.length; from += TOGETHER) {
      const batch = requests.slice(from, from + TOGETHER);
      const answers = await Promise.all(batch.map(ask));
      answers.forEach(({ status, failure }, at) => {
        const { method, url, payload, isValid } = batch[at]!;
        const key = `${isValid ? 'valid' : 'spoilt'} ${status}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
        if (failure !== undefined) {
          failures.push(`${method} ${shown(url)} ${shown(payload ?? '')} ${status} ${shown(failure)}`);
        }
      });
    }
    if (process.env.TIDEWATCH_SHOW_COUNTS) console.log(Object.fromEntries([...counts].sort()));
    expect(failures.slice(0, 5)).toEqual([]);
    // the requests do reach what they are made for: many succeed, many are refused
    expect(counts.get('valid 200') ?? 0).toBeGreaterThan(REQUESTS / 10);
    expect(counts.get('spoilt 400') ?? 0).toBeGreaterThan(REQUESTS / 10);
    expect((await home.get('/healthz')).statusCode).toBe(200);
  }, 600_000);

  it('cover every call of the document', () => {
    const asked = new Set(requests.map(({ method, path }) => `${method.toLowerCase()} ${path}`));
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const method of Object.keys(operations)) expect(asked).toContain(`${method} ${path}`);
    }
  });
});
