/** Top of the page: what is looked at, how far it can be trusted, and the regime now. */
import { barClose, TIMEFRAME_MS } from '../../../market/timeframe.js';
import { html, type Markup } from '../markup.js';
import {
  formatBarsAsTime,
  formatCount,
  formatDuration,
  formatPrice,
  formatProbability,
  formatTimeOfYear,
  MISSING,
} from '../number-format.js';
import {
  nextBarSentence,
  type PresentRegime,
  scopeLine,
  validationSentence,
  verdictSentence,
} from '../plain-words.js';
import type { RegimeReportInput } from '../regime-report-input.js';
import { badge, swatch } from './badge.js';

export const BRAND_MARK = html`<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><rect width="24" height="24" rx="5.5"/><path d="M4.5 13.5c1.6-3.4 3.4-5 5-3.6 1.8 1.6 2.6 5.2 4.6 5.4 2 .2 3.4-2.6 5.4-6.3"/></svg>`;

const KNOWLEDGE = {
  filtered: 'filtered: bars up to now',
  smoothed: 'smoothed: knew later bars',
} as const;

export function heading(input: RegimeReportInput, present: PresentRegime | null): Markup {
  const { manifest } = input;
  return html`<header>
<div class="brand">${BRAND_MARK}<b>Tidewatch</b><span>regime report</span><code>${manifest.runId ? `run ${manifest.runId}` : manifest.modelId}</code></div>
<h1>${input.title}</h1>
<p class="scope">${scopeLine(input)}</p>
${verdict(input, present)}
</header>`;
}

function verdict(input: RegimeReportInput, present: PresentRegime | null): Markup {
  const tone = input.kind === 'smoothed' ? 'bad' : input.diagnostics.converged ? 'plain' : 'warn';
  return html`<div class="verdict ${tone}"><p><b>${verdictSentence(present, input.diagnostics.probabilistic)}</b> ${nextBarSentence(input.states)} ${validationSentence(input)}</p>
<p class="badges">${[
    input.kind === 'filtered' ? badge('ok', 'Causal: no lookahead') : badge('bad', 'Lookahead'),
    // a bar that knew later ones is no test, whenever its model was fitted
    present?.outOfSample
      ? input.kind === 'filtered' && badge('info', 'Out of sample')
      : badge('warn', 'In sample'),
    input.sampleData ? badge('plain', 'Sample data') : null,
  ]}</p></div>`;
}

/** The regime at the last bar, as a row of tiles. */
export function presentTiles(input: RegimeReportInput, present: PresentRegime | null): Markup {
  const { series, quote } = input;
  const last = series.length - 1;
  const barLength = TIMEFRAME_MS[series.timeframe];
  const tile = (name: string, value: Markup | string, note: string): Markup =>
    html`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`;
  return html`<section aria-label="Now"><dl class="tiles">${[
    tile(
      'Now',
      present ? html`${swatch(present.state.color)}${present.state.label}` : MISSING,
      present?.outOfSample ? 'after the training window' : 'inside the training window',
    ),
    tile(
      'Probability',
      input.diagnostics.probabilistic ? formatProbability(present?.probability) : MISSING,
      input.diagnostics.probabilistic ? KNOWLEDGE[input.kind] : 'the model names one state only',
    ),
    tile(
      'For',
      present ? formatCount(present.bars, 'bar') : MISSING,
      present ? `${formatDuration(present.bars * barLength)} · since ${formatTimeOfYear(present.since)}` : '',
    ),
    tile(
      'Expected length',
      formatBarsAsTime(present?.state.expectedDuration, barLength),
      'mean of a whole run',
    ),
    tile('Volatility', present?.state.volatilityLabel ?? MISSING, 'rank among the states'),
    tile(
      quote ? `Last close, ${quote}` : 'Last close',
      formatPrice(series.close[last]),
      `data to ${formatTimeOfYear(barClose(series.time[last]!, series.timeframe))}`,
    ),
  ]}</dl></section>`;
}
