/** One card per state, from the most falling label to the most rising one, with an honest footnote. */
import { TIMEFRAME_MS } from '../../../market/timeframe.js';
import { html, type Markup } from '../markup.js';
import {
  formatBarsAsTime,
  formatCount,
  formatPercent,
  formatReturn,
  formatSigned,
} from '../number-format.js';
import { nextBarSentence, returnDecimals } from '../plain-words.js';
import { readingOrder } from '../reading-order.js';
import type { MeanWithT, RegimeReportInput, ReportState } from '../regime-report-input.js';
import { swatch } from './badge.js';

export function stateCards(input: RegimeReportInput): Markup {
  const barLength = TIMEFRAME_MS[input.series.timeframe];
  const decimals = returnDecimals(input);
  const mean = (value: MeanWithT | null): Markup =>
    html`${formatReturn(value?.mean, decimals)} <span class="t">t ${formatSigned(value?.t, 1)}</span>`;
  const card = (state: ReportState): Markup => html`<article class="state ${state.color}">
<h3>${swatch(state.color)}${state.label}<span>${formatPercent(state.share)} of bars</span></h3>
<dl>
<div><dt>Bars</dt><dd>${formatCount(state.bars, 'bar')}</dd></div>
<div><dt>Mean run</dt><dd>${formatBarsAsTime(state.meanRun, barLength)}</dd></div>
<div><dt>Expected length</dt><dd>${formatBarsAsTime(state.expectedDuration, barLength)}</dd></div>
<div><dt>Volatility per bar</dt><dd>${formatPercent(state.volatility, 2)} <span class="t">${state.volatilityLabel?.toLowerCase()}</span></dd></div>
<div><dt>Same bar, mean</dt><dd>${mean(state.sameBar)}</dd></div>
<div><dt>Next bar, mean</dt><dd>${mean(state.nextBar)}</dd></div>
</dl></article>`;
  return html`<section aria-labelledby="states-title">
<h2 id="states-title">States <span>log return per ${input.series.timeframe} bar, ${input.statisticsScope}</span></h2>
<div class="states">${readingOrder(input.states).map((index) => card(input.states[index]!))}</div>
<p class="footnote">Labels rank past returns: the bar’s own return is an input, so the same-bar mean says nothing about what follows. ${nextBarSentence(input.states)}</p>
</section>`;
}
