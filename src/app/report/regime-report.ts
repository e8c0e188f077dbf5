/**
 * The regime report: one HTML file that needs no network, so that it can be mailed and opened years later. Pure: the
 * same input gives the same bytes. The page's security policy admits its own three scripts, by hash, and nothing else.
 *
 * Limits: the newest 5,000 bars one by one, older ones in buckets (level-of-detail.ts). Prices in the chart keep seven
 * significant digits.
 */
import { createHash } from 'node:crypto';
import { TidewatchError } from '../../errors.js';
import { parseInstrument } from '../../market/instrument.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import type { ChartData } from './chart-data.js';
import { encodeLevel } from './column-encoding.js';
import { buildLevels, type DetailLevel } from './level-of-detail.js';
import { embeddedJson, html, Markup } from './markup.js';
import { pageScript } from './page-script.js';
import { presentRegime } from './plain-words.js';
import type { RegimeReportInput } from './regime-report-input.js';
import { forecast } from './sections/forecast.js';
import { heading, presentTiles } from './sections/heading.js';
import { priceByRegime } from './sections/price-by-regime.js';
import { closing, runFacts } from './sections/run-facts.js';
import { stateCards } from './sections/state-cards.js';
import { stateChoice } from './sections/state-choice.js';
import { transitions } from './sections/transitions.js';
import { tableStyles } from './study-styles.js';
import { pageStyles } from './styles.js';
import { tokenStyles } from './tokens.js';

/**
 * @returns a complete HTML document, about 0.5 MB for four years of 1h bars
 * @throws TidewatchError `empty_series` without bars, `bad_parameter` when lengths do not fit each other
 */
export function buildRegimeReport(input: RegimeReportInput): string {
  checkShapes(input);
  const present = presentRegime(input);
  const levels = buildLevels({
    ...input,
    stateCount: input.states.length,
    continuous: isContinuous(input.series.instrument),
  });
  const scripts = pageScript();
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(scripts)}">
<meta name="color-scheme" content="light dark"><meta name="generator" content="Tidewatch ${input.manifest.version}">
<title>${input.title} · Tidewatch</title>
<style>${new Markup(tokenStyles() + pageStyles() + tableStyles())}</style></head>
<body><main>
${heading(input, present)}
${presentTiles(input, present)}
${priceByRegime(input, present, levels)}
${stateCards(input)}
${beside([forecast(input), transitions(input), stateChoice(input)], runFacts(input))}
${closing(input)}
</main>
<script type="application/json" id="chart-data">${embeddedJson(chartData(input, levels))}</script>
${scripts.map((script) => html`<script>${new Markup(script)}</script>`)}
</body></html>
`;
  return page.source;
}

/** Sections with the facts of the run at their side; the facts alone take the whole width. */
function beside(sections: readonly (Markup | null)[], facts: Markup): Markup {
  if (sections.every((section) => section === null)) return html`<div class="alone">${facts}</div>`;
  return html`<div class="columns"><div>${sections}</div>${facts}</div>`;
}

function chartData(input: RegimeReportInput, levels: readonly DetailLevel[]): ChartData {
  const { series, states } = input;
  return {
    symbol: input.symbol,
    barLength: TIMEFRAME_MS[series.timeframe],
    from: series.time[0]!,
    to: series.time[series.length - 1]! + TIMEFRAME_MS[series.timeframe],
    continuous: isContinuous(series.instrument),
    smoothed: input.kind === 'smoothed',
    trainEnd: input.trainEnd,
    states: states.map(({ label, color }) => ({ label, color })),
    levels: levels.map((level) => encodeLevel(level, states.length)),
  };
}

function isContinuous(instrument: string): boolean {
  const { kind } = parseInstrument(instrument);
  return kind === 'spot' || kind === 'perp';
}

/** Admits these scripts, by hash, and nothing else. */
export function contentPolicy(scripts: readonly string[]): string {
  const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  return `default-src 'none'; script-src ${hashes.join(' ')}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
}

function checkShapes(input: RegimeReportInput): void {
  const { series, states, probabilities, firstBar, transitionMatrix } = input;
  if (series.length === 0) {
    throw new TidewatchError(
      'empty_series',
      `${series.instrument} ${series.timeframe} has no bars to report`,
      {
        hint: 'import bars first: tidewatch lake import',
      },
    );
  }
  const rows = series.length - firstBar;
  const fits =
    states.length > 0 &&
    firstBar >= 0 &&
    rows > 0 &&
    probabilities.length === rows * states.length &&
    (transitionMatrix === null || transitionMatrix.length === states.length ** 2);
  if (!fits) {
    throw new TidewatchError(
      'bad_parameter',
      `the report was given ${probabilities.length} probabilities for ${rows} bars and ${states.length} states`,
      { hint: 'give one row of K probabilities for every bar from firstBar on, and K × K transitions' },
    );
  }
}
