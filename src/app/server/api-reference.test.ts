import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiReference } from './api-reference.fixture.js';
import { inWords, type OpenApi } from './openapi-document.js';
import { type ServedHome, serveHome } from './served-home.fixture.js';

let home: ServedHome;
let document: OpenApi;

beforeAll(async () => {
  home = await serveHome(0);
  document = (await home.get('/openapi.json')).json();
});
afterAll(() => home.close());

describe('docs/reference/api.md', () => {
  it('is what the server says of itself', async () => {
    await expect(apiReference(document)).toMatchFileSnapshot('../../../docs/reference/api.md');
  });
});

describe('the OpenAPI document', () => {
  it('describes every call: a summary, an answer, the errors', () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, { summary, tags, responses }] of Object.entries(operations)) {
        const name = `${method} ${path}`;
        expect(summary, name).toBeTruthy();
        expect(tags, name).toHaveLength(1);
        expect(Object.keys(responses ?? {}), name).toEqual(expect.arrayContaining(['4XX', '5XX']));
      }
    }
  });

  it('says types in few words', () => {
    expect(inWords({ type: 'integer', minimum: 1, maximum: 12 })).toBe('integer 1–12');
    expect(inWords({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER })).toBe('integer ≥ 0');
    expect(inWords({ enum: ['a', 'b'] })).toBe('"a" | "b"');
    expect(inWords({ type: 'array', items: { type: 'object', properties: { a: {}, b: {} } } })).toBe(
      '{a, b}[]',
    );
    expect(inWords({ anyOf: [{ type: 'string' }, { type: 'null' }] })).toBe('string | null');
    expect(inWords({})).toBe('any');
  });
});
