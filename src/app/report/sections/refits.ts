/** Every refit as a row: what it was trained on, what it spoke for, how well it fitted in, and what changed its name. */
import { html, type Markup } from '../markup.js';
import { formatDate, formatNumber, MISSING } from '../number-format.js';
import type { WalkForwardReportInput } from '../study-report-input.js';

/** More rows than this start folded. */
const OPEN_ROWS = 12;

export function refits({ result, shown }: WalkForwardReportInput): Markup {
  const { folds } = result;
  const rowsOf = (index: number): number =>
    (shown.foldStart[index + 1] ?? shown.labels.length) - shown.foldStart[index]!;
  const perRow = (total: number | null, rows: number): string =>
    total === null ? MISSING : formatNumber(total / rows, 2);
  const words = (fold: (typeof folds)[number]): string =>
    fold.events
      .map(({ event, identity, old_label: old, new_label: renamed }) => {
        if (event === 'state_begun') return `state ${identity} begins`;
        if (event === 'state_ended') return `state ${identity} ends`;
        return old === renamed ? `${old} moved` : `${old} becomes ${renamed}`;
      })
      .join(', ') || (fold.index === 0 ? 'first fit' : '');
  const table = html`<div class="scroll"><table class="data"><thead><tr><th scope="col">Refit</th><th scope="col">Trained to</th><th scope="col">Speaks to</th><th scope="col">Bars</th><th scope="col">States</th><th scope="col">Start</th><th scope="col">Moved</th><th scope="col">Log-likelihood per bar</th><th scope="col" class="word">Changes of identity</th></tr></thead>
<tbody>${folds.map(
    (fold) =>
      html`<tr><th scope="row">${fold.index + 1}</th><td>${formatDate(fold.train_end)}</td><td>${formatDate(fold.last_ts)}</td><td>${formatNumber(rowsOf(fold.index))}</td><td>${fold.states}</td><td>${fold.continued ? 'continued' : 'fresh'}</td><td>${formatNumber(fold.alignment_cost, 2)}</td><td>${perRow(fold.loglik, rowsOf(fold.index))}</td><td class="word">${words(fold)}</td></tr>`,
  )}</tbody></table></div>`;
  const broken = folds.filter(({ events }) => events.some(({ event }) => event === 'label_break')).length;
  const note = `${folds.length} refits, ${broken === 0 ? 'no label break' : `${broken} with a label break`}`;
  return html`<section aria-labelledby="refits-title">
<h2 id="refits-title">Refits <span>${note}</span></h2>
${folds.length > OPEN_ROWS ? html`<details><summary>Show all ${folds.length} refits</summary>${table}</details>` : table}
<p class="footnote">“Moved” is how far the states moved from the model before, in squared deviations; a move over 4 per feature, or another name, is a label break.</p></section>`;
}
