/**
 * The reference of the API as a page, made from the OpenAPI document: no script at all, one style sheet from this
 * server, so that it is at home under the strict policy.
 */
import { z } from 'zod';
import { html, type Markup } from '../report/markup.js';
import {
  bodyOf,
  type Content,
  callsByTag,
  type DescribedCall,
  inWords,
  type OpenApi,
  type Schema,
} from './openapi-document.js';
import { clientMessage, serverMessage } from './stream-messages.js';

function row(name: string, schema: Schema, required: boolean, place: string): Markup {
  const { default: usual } = schema;
  return html`<tr><td><code>${name}</code></td><td>${place}</td><td><code>${inWords(schema)}</code>${
    !required && html` <i>optional</i>`
  }${usual !== undefined && usual !== null && html` = <code>${JSON.stringify(usual)}</code>`}</td><td>${
    schema.description
  }</td></tr>`;
}

function answerOf(status: string, content: Content | undefined): Markup {
  const schema = bodyOf(content);
  return html`<details><summary>${status} <code>${schema && inWords(schema)}</code></summary>${
    schema && html`<pre>${JSON.stringify(schema, null, 1)}</pre>`
  }</details>`;
}

function call({ method, path, operation }: DescribedCall): Markup {
  const body = bodyOf(operation.requestBody?.content);
  const rows = [
    ...(operation.parameters ?? []).map(({ name, schema, description, required, in: place }) =>
      row(name, description === undefined ? schema : { ...schema, description }, required === true, place),
    ),
    ...Object.entries(body?.properties ?? {}).map(([name, field]) =>
      row(name, field, (body?.required ?? []).includes(name), 'body'),
    ),
  ];
  const table = html`<table><thead><tr><th>Name</th><th>In</th><th>Type</th><th>Meaning</th></tr></thead>
<tbody>${rows}</tbody></table>`;
  return html`<section><h3><b>${method}</b> <code>${path}</code></h3><p>${operation.summary}</p>
${operation.description && html`<p>${operation.description}</p>`}${rows.length > 0 && table}${Object.entries(
  operation.responses ?? {},
).map(([status, { content }]) => answerOf(status, content))}</section>`;
}

/** The stream's messages as JSON Schema. */
export function streamSchemas(): { readonly sent: Schema; readonly received: Schema } {
  const schemaOf = (schema: z.ZodType): Schema => z.toJSONSchema(schema) as Schema;
  return { sent: schemaOf(clientMessage), received: schemaOf(serverMessage) };
}

function messages(title: string, schema: Schema): Markup {
  return html`<h3>${title}</h3>${(schema.oneOf ?? schema.anyOf ?? []).map(
    (each) => html`<details><summary><code>${inWords(each.properties?.type ?? {})}</code></summary>
<pre>${JSON.stringify(each, null, 1)}</pre></details>`,
  )}`;
}

export function docsPage(document: OpenApi): string {
  const groups = callsByTag(document);
  const { sent, received } = streamSchemas();
  const { title, version, description } = document.info;
  const tags = [...groups.keys()];
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} API</title><link rel="stylesheet" href="/docs/style.css"></head><body>
<header><h1>${title} API</h1>
<p>Version ${version}. ${description} The document: <a href="/openapi.json">/openapi.json</a>.</p>
<nav aria-label="Sections">${[...tags, 'stream'].map((tag) => html`<a href="#${tag}">${tag}</a> `)}</nav></header>
<main>${tags.map((tag) => html`<h2 id="${tag}">${tag}</h2>${groups.get(tag)!.map(call)}`)}
<h2 id="stream">stream</h2><section><h3><b>WS</b> <code>/api/stream</code></h3>
<p>Pushes new bars, regimes and the progress of jobs. Where a token is needed, it comes in the Authorization header or in the first message.</p>
${messages('A client sends', sent)}${messages('A client receives', received)}</section></main></body></html>
`;
  return page.source;
}

export const DOCS_STYLE = `:root{color-scheme:light dark;--line:light-dark(#ccd3da,#3a424b);--quiet:light-dark(#4a5560,#a8b3bf)}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1rem 1.25rem 4rem}
h2{border-bottom:1px solid var(--line);margin-top:2.5rem;padding-bottom:.25rem;text-transform:capitalize}
h3{font-size:1rem;margin:1.75rem 0 .25rem}h3 b{display:inline-block;min-width:4.5em}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{border:1px solid var(--line);max-height:28rem;overflow:auto;padding:.75rem}
table{border-collapse:collapse;display:block;overflow-x:auto}th,td{border-bottom:1px solid var(--line);padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top}
i,td:last-child{color:var(--quiet)}summary{cursor:pointer;padding:.15rem 0}nav a{margin-right:.75rem}
a:focus-visible,summary:focus-visible{outline:2px solid;outline-offset:2px}
`;
