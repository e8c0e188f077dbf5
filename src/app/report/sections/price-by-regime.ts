/** The chart's place in the page: legend, ranges, the drawing, its words and its table. The page script fills it. */
import { barClose } from '../../../market/timeframe.js';
import type { DetailLevel } from '../level-of-detail.js';
import { html, type Markup } from '../markup.js';
import { chartSummary, type PresentRegime } from '../plain-words.js';
import { readingOrder } from '../reading-order.js';
import type { RegimeReportInput } from '../regime-report-input.js';
import { swatch } from './badge.js';
import { historyOverview } from './history-overview.js';

export function priceByRegime(
  input: RegimeReportInput,
  present: PresentRegime | null,
  levels: readonly DetailLevel[],
): Markup {
  const { states, series } = input;
  const end = barClose(series.time[series.length - 1]!, series.timeframe);
  const summary = chartSummary(input, present);
  return html`<section aria-labelledby="chart-title" class="chart-section ${input.kind}">
<div class="chart-head"><h2 id="chart-title">Price by regime</h2>
<p class="legend">${readingOrder(states).map((index) => html`<span>${swatch(states[index]!.color)}${states[index]!.label}</span>`)}</p>
<div class="controls" hidden><div class="segments" id="ranges" role="group" aria-label="Range"></div>
<div class="segments" role="group" aria-label="Show as"><button type="button" id="as-chart" aria-pressed="true">Chart</button><button type="button" id="as-table" aria-pressed="false">Table</button></div></div></div>
<div class="chart-frame" id="chart-frame"><p id="chart-legend" class="chart-legend" aria-hidden="true"></p>
<div id="chart" class="chart" role="slider" tabindex="0" aria-label="Bar under the crosshair" aria-describedby="chart-summary chart-keys" aria-valuemin="0" aria-valuemax="0" aria-valuenow="0"></div></div>
<div id="chart-table" class="chart-table scroll" tabindex="0" role="region" aria-label="Bars as a table" hidden></div>
${historyOverview(levelOfHistory(levels), { from: series.time[0]!, to: end, trainEnd: input.trainEnd })}
<p class="chart-note"><span id="chart-scale"></span><label id="palette-choice" hidden>Colours <select id="palette"><option value="">default</option><option value="cvd">colour-blind safe</option><option value="classic">classic</option></select></label></p>
<p id="chart-summary" class="footnote">${summary}</p>
<p id="chart-keys" class="for-readers">Left and right arrow move one bar, with Shift ten. Page up and Page down move by a screen, Home and End go to the ends. Plus and minus zoom. The table shows the same bars.</p>
<noscript><p class="footnote">The chart needs JavaScript; everything else on this page does not.</p></noscript>
</section>`;
}

/** Finest level that still reaches over all of history in few points. */
function levelOfHistory(levels: readonly DetailLevel[]): DetailLevel {
  const first = levels.at(-1)!.time[0]!;
  return (
    levels.find((level) => level.rows <= 1500 && level.time[0]! <= first + level.bucket) ?? levels.at(-1)!
  );
}
