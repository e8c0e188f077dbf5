/**
 * The page around a report without scripts: one HTML file that needs no network. Its security policy admits styles and
 * inline pictures only.
 */
import { TidewatchError } from '../../errors.js';
import { html, Markup } from './markup.js';
import { formatTime } from './number-format.js';
import { BRAND_MARK } from './sections/heading.js';
import type { StudyManifest } from './study-report-input.js';
import { studyStyles } from './study-styles.js';
import { pageStyles } from './styles.js';
import { tokenStyles } from './tokens.js';

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

export interface StudyPage {
  /** `walk-forward report`. */
  readonly kind: string;
  readonly title: string;
  /** The line under the title. */
  readonly scope: string;
  /** Verdict box, tiles and sections. */
  readonly body: Markup;
  readonly manifest: StudyManifest;
}

export function studyPage({ kind, title, scope, body, manifest }: StudyPage): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark"><meta name="generator" content="Tidewatch ${manifest.version}">
<title>${title} · Tidewatch</title>
<style>${new Markup(tokenStyles() + pageStyles() + studyStyles())}</style></head>
<body><main>
<header><div class="brand">${BRAND_MARK}<b>Tidewatch</b><span>${kind}</span><code>run ${manifest.runId}</code></div>
<h1>${title}</h1><p class="scope">${scope}</p></header>
${body}
<footer><p>Past results on one sample. Not advice. Made ${formatTime(manifest.generatedAt)}, v${manifest.version}.</p>
<p>Again: <code>tidewatch report build ${manifest.runId}</code></p></footer>
</main></body></html>
`.source;
}

/** @throws TidewatchError `bad_parameter` for a run without anything to show */
export function requireContent(holds: boolean, what: string): void {
  if (holds) return;
  throw new TidewatchError('bad_parameter', `the report was given ${what}`, {
    hint: 'make the run again: its tables are not what its manifest says',
  });
}
