/** Odds of the states ahead, as stacked bars whose segments carry their whole percent when wide enough. */
import { TIMEFRAME_MS } from '../../../market/timeframe.js';
import { html, type Markup } from '../markup.js';
import { formatDuration, formatProbability } from '../number-format.js';
import { readingOrder } from '../reading-order.js';
import type { RegimeReportInput } from '../regime-report-input.js';
import { swatch } from './badge.js';

/** Narrower segments carry no number; the spoken text and the legend do. */
const LABELLED_SHARE = 0.07;

export function forecast(input: RegimeReportInput): Markup | null {
  const { states } = input;
  if (input.forecast.length === 0) return null;
  const order = readingOrder(states);
  const barLength = TIMEFRAME_MS[input.series.timeframe];
  const row = (name: string, note: string, probabilities: ArrayLike<number>): Markup => {
    const spoken = order
      .map((index) => `${states[index]!.label} ${formatProbability(probabilities[index])}`)
      .join(', ');
    const segments = order.map((index) => {
      const probability = probabilities[index]!;
      const words = probability >= LABELLED_SHARE ? String(Math.round(probability * 100)) : '';
      return html`<span class="segment ${states[index]!.color}" style="flex-grow:${probability.toFixed(4)}">${words}</span>`;
    });
    return html`<div class="odds"><dt>${name}<small>${note}</small></dt><dd><span class="stack" role="img" aria-label="${spoken}">${segments}</span></dd></div>`;
  };
  return html`<section aria-labelledby="forecast-title">
<h2 id="forecast-title">Forecast <span>odds of the states in %</span></h2>
<p class="legend">${order.map((index) => html`<span>${swatch(states[index]!.color)}${states[index]!.label}</span>`)}</p>
<dl>${input.forecast.map(({ bars, probabilities }) =>
    row(`+${bars} ${bars === 1 ? 'bar' : 'bars'}`, formatDuration(bars * barLength), probabilities),
  )}${input.stationary && row('Long run', 'stationary', input.stationary)}</dl>
<p class="footnote">States only, from the transition matrix: not a forecast of the price.</p>
</section>`;
}
