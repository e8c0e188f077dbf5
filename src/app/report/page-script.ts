/**
 * The scripts of the page: the chart library's standalone build and our compiled client modules, put one after the
 * other without a bundler (their imports and exports are dropped; a test holds their top-level names distinct).
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Modules of each page in the order in which they need each other, and the function that begins it. */
export const PAGES = {
  regime: {
    start: 'startRegimeChart',
    modules: [
      'number-format.js',
      'client/decode-columns.js',
      'client/colors.js',
      'client/pane-drawing.js',
      'client/state-runs.js',
      'client/regime-strip.js',
      'client/probability-stack.js',
      'client/boundary-line.js',
      'client/bar-table.js',
      'client/range-choice.js',
      'client/time-axis.js',
      'client/overview-window.js',
      'client/print-light.js',
      'client/page-element.js',
      'client/page-chart.js',
      'client/page-controls.js',
      'client/bucket-name.js',
      'client/regime-legend.js',
      'client/regime-chart.js',
    ],
  },
  uptrend: {
    start: 'startUptrendChart',
    modules: [
      'number-format.js',
      'client/decode-columns.js',
      'client/colors.js',
      'client/pane-drawing.js',
      'client/state-runs.js',
      'client/regime-strip.js',
      'client/range-choice.js',
      'bucket-open.js',
      'client/uptrend-levels.js',
      'client/held-window.js',
      'client/overview-window.js',
      'client/print-light.js',
      'client/page-element.js',
      'client/page-chart.js',
      'client/page-controls.js',
      'client/bucket-name.js',
      'client/paint-bands.js',
      'client/state-bands.js',
      'client/value-lines.js',
      'client/check-dots.js',
      'client/level-lines.js',
      'client/signal-runs.js',
      'client/signal-markers.js',
      'client/uptrend-legend.js',
      'client/uptrend-inks.js',
      'client/uptrend-scene.js',
      'client/uptrend-panes.js',
      'client/uptrend-chart.js',
    ],
  },
  majors: {
    start: 'startMajorsChart',
    modules: [
      'number-format.js',
      'client/colors.js',
      'client/pane-drawing.js',
      'client/state-runs.js',
      'client/print-light.js',
      'client/page-element.js',
      'client/page-chart.js',
      'client/page-controls.js',
      'client/side-bands.js',
      'client/majors-day.js',
      'client/majors-chart.js',
    ],
  },
} as const;
type Page = keyof typeof PAGES;

const cached = new Map<Page, readonly string[]>();

/** Library first, then the client. Read once a process. */
export function pageScript(page: Page = 'regime'): readonly string[] {
  const known = cached.get(page) ?? [chartLibrary(), client(page)];
  cached.set(page, known);
  return known;
}

function chartLibrary(): string {
  const manifest = createRequire(import.meta.url).resolve('lightweight-charts/package.json');
  const source = readFileSync(
    join(dirname(manifest), 'dist/lightweight-charts.standalone.production.js'),
    'utf8',
  );
  return inlineScript(source);
}

function client(page: Page): string {
  // the sources are run by the test runner, the page always gets the compiled modules
  const here = dirname(fileURLToPath(import.meta.url)).replace(
    /([\\/])src([\\/]app[\\/]report)$/,
    (_, a, b) => (import.meta.url.endsWith('.ts') ? `${a}dist${a}src${b}` : `${a}src${b}`),
  );
  const { modules, start } = PAGES[page];
  const parts = modules.map((name) => classicScript(readFileSync(join(here, name), 'utf8')));
  return inlineScript(`(()=>{'use strict';\n${parts.join('\n')}\n${start}();})()`);
}

/** A compiled module without its imports, exports, comments at line starts and source map. */
export function classicScript(compiled: string): string {
  return compiled
    .replace(/^import[^;]*;\n/gm, '')
    .replace(/^export \{\};?\n/gm, '')
    .replace(/^export /gm, '')
    .replace(/^\s*\/\*\*[\s\S]*?\*\/\n/gm, '')
    .replace(/^\s*\/\/.*\n/gm, '');
}

/** Text that cannot end its script element. */
function inlineScript(source: string): string {
  return source.replace(/<\/(script)/gi, '<\\/$1').replaceAll('<!--', '<\\!--');
}
