/** docs/reference/api.md from the OpenAPI document: what a caller sends and gets, call by call. */
import { streamSchemas } from './docs-page.js';
import {
  bodyOf,
  callsByTag,
  type DescribedCall,
  inWords,
  type OpenApi,
  type Schema,
} from './openapi-document.js';
import { CLOSE_CODES } from './stream-messages.js';

const INTRODUCTION = `# HTTP API

Made from the server's own description; a test holds the two equal (\`npx vitest run src/app/server/api-reference.test.ts -u\` writes it anew). A running server shows the same at \`/docs\`, with every schema, and as OpenAPI 3.1 at \`/openapi.json\`.

- **Times** are UTC epoch milliseconds in answers; a request may also say ISO-8601 with a zone, or a date. A bar is named by its open time and known from its close (\`available_at\`) on.
- **Errors** are \`{detail, code}\` with the codes of [errors.md](errors.md): 400 for a value that is not allowed, 401 without the token, 403 from a foreign page, 404 for what is not there, 409 while the same work runs, 413 too long, 422 for data that cannot be used, 429 too often, 5xx for faults of the server. They tell no path and no secret.
- **Filtered** regimes know the bars up to theirs; **smoothed** ones know later bars too, say \`lookahead: true\`, and are for study only.
- **Who may call.** The server listens on 127.0.0.1. A call must name an address of the server in its Host header, and a page of another origin is refused. Listening wider (\`--host\`) needs \`TIDEWATCH_API_TOKEN\`; changing calls then carry \`Authorization: Bearer <token>\`, and so does the stream.
- **How much.** Bodies up to 1 MB. In a minute, one address may make 120 changing calls and, from beyond this machine, 3,000 reading ones; 429 comes with \`Retry-After\`.
`;

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

const HEAD = ['Name', 'In', 'Type', 'Needed', 'Meaning'];

function row(name: string, place: string, schema: Schema, required: boolean, description = ''): string[] {
  const usual =
    schema.default === undefined || schema.default === null ? '' : ` = \`${JSON.stringify(schema.default)}\``;
  const type = `\`${inWords(schema)}\`${usual}`;
  return [`\`${name}\``, place, type, required ? 'yes' : '', schema.description ?? description].map(cell);
}

/** Columns as wide as their widest cell, as the formatter has them. */
function tableOf(rows: readonly string[][]): string {
  const all = [HEAD, ...rows];
  const widths = HEAD.map((_, at) => Math.max(...all.map((cells) => cells[at]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, at) => text.padEnd(widths[at]!)).join(' | ')} |`;
  return [line(HEAD), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function section({ method, path, operation }: DescribedCall): string {
  const body = bodyOf(operation.requestBody?.content);
  const rows = [
    ...(operation.parameters ?? []).map((each) =>
      row(each.name, each.in, each.schema, each.required === true, each.description),
    ),
    ...Object.entries(body?.properties ?? {}).map(([name, schema]) =>
      row(name, 'body', schema, (body?.required ?? []).includes(name) && schema.default === undefined),
    ),
  ];
  const table = rows.length === 0 ? '' : `\n${tableOf(rows)}\n`;
  const answers = Object.entries(operation.responses ?? {})
    .filter(([status]) => /^\d+$/.test(status))
    .map(([status, { content }]) => {
      const schema = bodyOf(content);
      return `- ${status}: ${schema ? `\`${inWords(schema)}\`` : 'the file as it is'}`;
    });
  const description = operation.description ? `\n${operation.description}\n` : '';
  const listed = answers.length === 0 ? '- 200: the file as it is' : answers.join('\n');
  return `### ${method} \`${path}\`\n\n${operation.summary}.\n${description}${table}\n${listed}\n`;
}

function stream(): string {
  const { sent, received } = streamSchemas();
  const list = (schema: Schema): string =>
    (schema.oneOf ?? schema.anyOf ?? [])
      .map((each) => `- \`${each.properties?.type?.const}\`: \`${inWords(each)}\``)
      .join('\n');
  const codes = Object.entries(CLOSE_CODES).map(([name, code]) => `${code} ${name.replaceAll('_', ' ')}`);
  return `## stream

### WS \`/api/stream\`

Messages are JSON. After \`hello\` a client sends \`auth\` where a token is needed and it came in no header, then \`subscribe\` with topics: \`{"topic":"bars","instrument_id":…,"timeframe":…}\`, \`{"topic":"regime","model_id":…}\`, \`{"topic":"uptrend","instrument_id":…,"timeframe":…}\`, \`{"topic":"jobs"}\`. New bars are noticed within a second, whichever process stored them. The server closes with ${codes.join(', ')}. A client that was closed as slow asks for the state again and subscribes anew.

A client sends

${list(sent)}

A client receives

${list(received)}
`;
}

export function apiReference(document: OpenApi): string {
  const groups = [...callsByTag(document)].sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = groups.map(([tag, calls]) => `## ${tag}\n\n${calls.map(section).join('\n')}`);
  return [INTRODUCTION, ...parts, stream()].join('\n');
}
