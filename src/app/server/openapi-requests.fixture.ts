/**
 * Requests made from the OpenAPI document: some that its schemas allow, some of those spoilt in one place, and some
 * that were never meant to be understood.
 */
import fc from 'fast-check';
import { bodyOf, type OpenApi, type Operation, type Schema } from './openapi-document.js';

export interface FuzzRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: string;
  /** The call as the document names it. */
  readonly path: string;
  readonly operation: Operation;
  /** Nothing was spoilt: the schemas allow it. */
  readonly isValid: boolean;
}

/** Values that exist, by name of the field; `id` by the beginning of the path. */
export type Known = Readonly<Record<string, readonly unknown[]>>;

const NASTY: readonly unknown[] = [
  '',
  ' ',
  '\u0000',
  '../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  "' OR 1=1; DROP TABLE bars; --",
  '<script>alert(1)</script>',
  '{{7*7}}',
  '__proto__',
  'constructor',
  '🦀'.repeat(40),
  'x'.repeat(5000),
  '\ud800',
  '1e309',
  '-0',
  'NaN',
  'Infinity',
  '0x10',
  '9'.repeat(30),
  '2024-13-45',
  '2024-01-01T00:00',
  '-1',
  'null',
  'undefined',
  'true',
  '[]',
  '{}',
];
const WRONG_JSON: readonly unknown[] = [
  ...NASTY,
  null,
  true,
  -1,
  0,
  1e308,
  1.5,
  Number.MAX_SAFE_INTEGER,
  [],
  [[]],
  {},
  { $gt: '' },
  { __proto__: null, constructor: 1 },
];

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Values of a schema, mostly those that exist where there are any. */
function valueFor(schema: Schema, known: readonly unknown[] = []): fc.Arbitrary<unknown> {
  if (known.length > 0) {
    return fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...known) },
      { weight: 1, arbitrary: valueFor(schema) },
    );
  }
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return fc.oneof(...options.map((each) => valueFor(each)));
  switch (schema.type) {
    case 'integer':
      return fc.integer({
        min: Math.max(schema.minimum ?? -1000, -1e9),
        max: Math.min(schema.maximum ?? 1e9, 1e9),
      });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e9, max: schema.maximum ?? 1e9, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valueFor(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 4, (schema.minItems ?? 0) + 4),
      });
    case 'object':
      return recordOf(schema, {});
    case 'string':
      if (schema.format === 'uuid') return fc.uuid();
      if (schema.pattern !== undefined) {
        return fc
          .stringMatching(new RegExp(schema.pattern))
          .filter((value) => value.length <= (schema.maxLength ?? 200));
      }
      return fc.string({ minLength: schema.minLength ?? 0, maxLength: Math.min(schema.maxLength ?? 40, 60) });
    default:
      return fc.oneof(fc.string(), fc.integer(), fc.boolean());
  }
}

function recordOf(schema: Schema, known: Known): fc.Arbitrary<Record<string, unknown>> {
  const required = (schema.required ?? []).filter((name) => schema.properties?.[name]?.default === undefined);
  return fc.record(
    Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([name, field]) => [name, valueFor(field, known[name])]),
    ),
    { requiredKeys: required },
  );
}

type Spoiling =
  | { readonly kind: 'none' }
  | { readonly kind: 'field'; readonly at: number; readonly value: unknown }
  | { readonly kind: 'extra'; readonly name: string; readonly value: unknown }
  | { readonly kind: 'path'; readonly value: unknown }
  | { readonly kind: 'body'; readonly payload: string; readonly type: string }
  | { readonly kind: 'method'; readonly method: string };

const spoiling: fc.Arbitrary<Spoiling> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Spoiling>({ kind: 'none' }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('field' as const),
      at: fc.nat(20),
      value: fc.oneof(
        fc.constantFrom(...WRONG_JSON),
        fc.string({ unit: 'binary', maxLength: 30 }),
        fc.double(),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('extra' as const),
      name: fc.constantFrom('__proto__', 'constructor', 'limit[]', 'a.b', 'x'),
      value: fc.constantFrom(...WRONG_JSON),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('path' as const), value: fc.constantFrom(...NASTY) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('body' as const),
      payload: fc.oneof(
        fc.constantFrom('', '{', '[]', 'null', '"text"', '{"a":', '[1e999]', '{"__proto__":{"a":1}}'),
        fc.string({ unit: 'binary', maxLength: 100 }),
        fc.json({ maxDepth: 3 }),
      ),
      type: fc.constantFrom('application/json', 'text/plain', 'application/xml', 'multipart/form-data', ''),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('method' as const),
      method: fc.constantFrom('PUT', 'PATCH', 'OPTIONS', 'HEAD', 'POST', 'DELETE'),
    }),
  },
);

function requestOf(
  path: string,
  method: string,
  operation: Operation,
  known: Known,
): fc.Arbitrary<FuzzRequest> {
  const parameters = operation.parameters ?? [];
  const idOf = Object.entries(known).find(([name]) => name.startsWith('/') && path.startsWith(name));
  const names: Known = idOf ? { ...known, id: idOf[1] } : known;
  const schemaOf = (place: string): Schema => ({
    properties: Object.fromEntries(
      parameters.filter((each) => each.in === place).map(({ name, schema }) => [name, schema]),
    ),
    required: parameters.filter((each) => each.in === place && each.required).map(({ name }) => name),
  });
  const body = bodyOf(operation.requestBody?.content);
  return fc
    .record({
      inPath: recordOf(schemaOf('path'), names),
      query: recordOf(schemaOf('query'), names),
      fields: body ? recordOf(body, names) : fc.constant(undefined),
      spoiling,
    })
    .map(({ inPath, query, fields, spoiling: fault }) => {
      const values: Record<string, unknown> = { ...(fields ?? query) };
      let applied = fault.kind !== 'none';
      if (fault.kind === 'field') {
        const all = Object.keys((body ?? schemaOf('query')).properties ?? {});
        if (all.length > 0) values[all[fault.at % all.length]!] = fault.value;
        else applied = false;
      } else if (fault.kind === 'extra') {
        Object.defineProperty(values, fault.name, { value: fault.value, enumerable: true });
      } else if (fault.kind === 'path') {
        const [first] = Object.keys(inPath);
        if (first === undefined) applied = false;
        else inPath[first] = fault.value;
      }
      const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encoded(text(inPath[name])));
      const search = body
        ? ''
        : Object.entries(values)
            .filter(([, value]) => value !== undefined)
            .map(([name, value]) => `${encoded(name)}=${encoded(text(value))}`)
            .join('&');
      const isBroken = fault.kind === 'body';
      const hasBody = body !== undefined || isBroken;
      return {
        method: fault.kind === 'method' ? fault.method : method.toUpperCase(),
        url: search === '' ? place : `${place}?${search}`,
        headers: {
          ...(hasBody ? { 'content-type': isBroken ? fault.type : 'application/json' } : {}),
        },
        ...(hasBody ? { payload: isBroken ? fault.payload : JSON.stringify(values) } : {}),
        path,
        operation,
        isValid: !applied,
      };
    });
}

/** A lone surrogate cannot be written in an address. */
const encoded = (value: string): string => encodeURIComponent(value.replaceAll(/\p{Surrogate}/gu, ''));

/** Requests of all calls in the document, each call as often as the others. */
export function requestsOf(document: OpenApi, known: Known): fc.Arbitrary<FuzzRequest> {
  return fc.oneof(
    ...Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => requestOf(path, method, operation, known)),
    ),
  );
}
