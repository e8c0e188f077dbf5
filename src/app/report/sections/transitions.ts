/** The transition matrix as a heat map with the expected length of each state. */
import { TIMEFRAME_MS } from '../../../market/timeframe.js';
import { html, type Markup } from '../markup.js';
import { formatBarsAsTime } from '../number-format.js';
import { readingOrder } from '../reading-order.js';
import type { RegimeReportInput } from '../regime-report-input.js';
import { formatTransition } from '../transition-format.js';
import { swatch } from './badge.js';

export function transitions(input: RegimeReportInput): Markup | null {
  const { states, transitionMatrix } = input;
  if (transitionMatrix === null) return null;
  const order = readingOrder(states);
  const barLength = TIMEFRAME_MS[input.series.timeframe];
  const cell = (from: number, to: number): Markup => {
    const probability = transitionMatrix[from * states.length + to]!;
    const strength = Math.round(8 + 52 * probability);
    return html`<td><span class="heat" style="--heat:${strength}%">${formatTransition(probability)}</span></td>`;
  };
  return html`<section aria-labelledby="transitions-title">
<h2 id="transitions-title">Transitions <span>probability per bar, from row to column</span></h2>
<div class="scroll"><table class="matrix"><thead><tr><th scope="col">From</th>${order.map(
    (index) => html`<th scope="col">${states[index]!.label}</th>`,
  )}<th scope="col" class="end">Stays</th></tr></thead><tbody>${order.map(
    (from) =>
      html`<tr><th scope="row">${swatch(states[from]!.color)}${states[from]!.label}</th>${order.map((to) => cell(from, to))}<td class="end">${formatBarsAsTime(states[from]!.expectedDuration, barLength)}</td></tr>`,
  )}</tbody></table></div>
<p class="footnote">“Stays” is 1 / (1 − probability to stay): the mean length of a run if the chain holds.</p>
</section>`;
}
