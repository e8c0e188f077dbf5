/** Every payload fits its schema, and the reference page is made of it. */
import { readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { UptrendEngine } from './engine.js';
import type { UptrendPayload } from './payload.js';
import { uptrendPayloadSchema } from './payload-schema.js';
import { UPTREND_PROFILES, uptrendConfig } from './profile.js';
import { randomBars } from './random-bars.fixture.js';

const PAGE = 'docs/reference/uptrend-payload.md';

interface Node {
  description?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Node>;
  required?: string[];
  anyOf?: Node[];
  items?: Node;
}

function typeOf(node: Node): string {
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return node.enum.map((value) => JSON.stringify(value)).join(', ');
  if (node.anyOf)
    return node.anyOf
      .map(typeOf)
      .filter((name, at, all) => all.indexOf(name) === at)
      .join(' or ');
  return node.type ?? 'any';
}

/** One row per field, fields of fields below it. */
function rowsOf(node: Node, path: string): string[] {
  const parts = node.anyOf ?? [node];
  return parts.flatMap((part) =>
    Object.entries(part.properties ?? {}).flatMap(([name, field]) => {
      const full = path === '' ? name : `${path}.${name}`;
      const always = part.required?.includes(name) ? 'yes' : '';
      const inner = field.items ? rowsOf(field.items, `${full}[]`) : rowsOf(field, full);
      return [`| \`${full}\` | ${typeOf(field)} | ${always} | ${field.description ?? ''} |`, ...inner];
    }),
  );
}

function page(): string {
  const rows = rowsOf(z.toJSONSchema(uptrendPayloadSchema) as Node, '');
  return `# Uptrend payload

What the uptrend engine says about one closed bar: a line of \`tidewatch uptrend run\`, of a backtest's JSONL file and of the HTTP API. Made from the schema in \`src/analysis/uptrend/payload-schema.ts\`; a test keeps the two equal. "Always" is within the object that holds the field; where several shapes are possible, each has its own rows.

| Field | Type | Always | Meaning |
|---|---|---|---|
${[...new Set(rows)].join('\n')}
`;
}

/** Tables without the padding that lines up their columns. */
const unaligned = (text: string): string =>
  text
    .replace(/ +/g, ' ')
    .replace(/-{3,}/g, '---')
    .replace(/\| ?---/g, '|---')
    .replace(/--- ?\|/g, '---|');

describe('payload schema', () => {
  it('is the type of the engine', () => {
    expectTypeOf<z.infer<typeof uptrendPayloadSchema>>().toExtend<UptrendPayload>();
  });

  it.each(UPTREND_PROFILES)('holds for every bar of a run with profile %s', (profile) => {
    const config = uptrendConfig(profile, { firstDipBuy: profile === 'standard' });
    const engine = new UptrendEngine({ instrument: 'test:spot:ANY', timeframe: '1h', config });
    let bars = 0;
    engine.run(randomBars(8, 1800), (payload) => {
      const json: unknown = JSON.parse(JSON.stringify(payload));
      expect(uptrendPayloadSchema.parse(json)).toEqual(json);
      bars += 1;
    });
    expect(bars).toBe(1800 - 71);
  });

  it('says what every field means, on the reference page too', () => {
    const text = page();
    expect(text.split('\n').filter((line) => /^\| `[^`]+` .*\| {2}\|$/.test(line))).toEqual([]);
    expect(unaligned(readFileSync(PAGE, 'utf8'))).toBe(unaligned(text));
  });
});
