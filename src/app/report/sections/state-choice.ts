/** The numbers of states that were tried, with every criterion and the one that was taken. */
import { html, type Markup } from '../markup.js';
import { formatNumber } from '../number-format.js';
import type { RegimeReportInput } from '../regime-report-input.js';

const HOW = {
  bic: 'chosen by the smallest BIC',
  out_of_sample: 'chosen by how well later rows are told',
} as const;

export function stateChoice({ diagnostics, states }: RegimeReportInput): Markup | null {
  const { choice } = diagnostics;
  if (choice === null) return null;
  const judged = choice.candidates.some(({ perRow }) => perRow !== null);
  return html`<section aria-labelledby="choice-title">
<h2 id="choice-title">Number of states <span>${HOW[choice.by]}</span></h2>
<div class="scroll"><table class="data"><thead><tr><th scope="col">States</th>${judged && html`<th scope="col">Later rows, per row</th><th scope="col">Behind the best</th>`}<th scope="col">AIC</th><th scope="col">BIC</th><th scope="col">ICL</th></tr></thead>
<tbody>${choice.candidates.map((candidate) => {
    const taken = candidate.states === states.length;
    const kind = taken ? html` class="best"` : null;
    return html`<tr${kind}><th scope="row"${kind}>${candidate.states}${taken && ', taken'}${candidate.skipped !== null && html` <span class="t">passed over</span>`}</th>${
      judged &&
      html`<td>${formatNumber(candidate.perRow, 3)}</td><td>${formatNumber(candidate.shortfall, 3)} <span class="t">± ${formatNumber(candidate.standardError, 3)}</span></td>`
    }<td>${formatNumber(candidate.aic)}</td><td>${formatNumber(candidate.bic)}</td><td>${formatNumber(candidate.icl)}</td></tr>`;
  })}</tbody></table></div>
<p class="footnote">${
    judged
      ? 'Log-likelihood of five stretches, each fitted to the rows before it. Taken is the fewest states within one standard error of the best. AIC, BIC and ICL keep preferring more states on overlapping features.'
      : 'BIC keeps preferring more states on overlapping features: compare models by the bars they had not seen.'
  }</p></section>`;
}
