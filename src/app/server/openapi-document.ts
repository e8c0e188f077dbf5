/** Reading the OpenAPI document that the routes make: for the page at /docs, docs/reference/api.md and the fuzzer. */

/** The part of an OpenAPI document that is read here. */
export interface OpenApi {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses?: Readonly<
    Record<string, { readonly description?: string; readonly content?: Content }>
  >;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

export type Content = Readonly<Record<string, { readonly schema: Schema }>>;

/** JSON Schema as zod writes it. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly description?: string;
}

export interface DescribedCall {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** Calls by tag, in the order of the document. */
export function callsByTag(document: OpenApi): Map<string, DescribedCall[]> {
  const groups = new Map<string, DescribedCall[]>();
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags?.[0] ?? 'other';
      groups.set(tag, [...(groups.get(tag) ?? []), { method: method.toUpperCase(), path, operation }]);
    }
  }
  return groups;
}

/** A schema in words: `integer 1–12`, `"cancel" | "retry"`, `{state, label}[]`. */
export function inWords(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return [...new Set(options.map(inWords))].join(' | ');
  if (schema.type === 'array') {
    const item = inWords(schema.items ?? {});
    return item.includes(' ') && !item.startsWith('{') ? `(${item})[]` : `${item}[]`;
  }
  if (schema.properties) return `{${Object.keys(schema.properties).join(', ')}}`;
  if (typeof schema.additionalProperties === 'object') return `{…: ${inWords(schema.additionalProperties)}}`;
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type as string | undefined);
  const isNumber = type === 'integer' || type === 'number';
  return `${type ?? 'any'}${isNumber ? boundsOf(schema.minimum, schema.maximum) : ''}`;
}

function boundsOf(least: number | undefined, most: number | undefined): string {
  const isOpen = (value: number | undefined): boolean =>
    value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER;
  if (isOpen(least) && isOpen(most)) return '';
  if (isOpen(most)) return ` ≥ ${least}`;
  return isOpen(least) ? ` ≤ ${most}` : ` ${least}–${most}`;
}

/** The JSON schema of an answer's or a request's body. */
export function bodyOf(content: Content | undefined): Schema | undefined {
  return content?.['application/json']?.schema;
}
