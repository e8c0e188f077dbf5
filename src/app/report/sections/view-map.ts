/**
 * The view as it was known that day: one line per refit, each the chart that the model of that day drew of the bars
 * before it. A column that changes colour further down is a bar that a later model renamed.
 */
import { html, type Markup } from '../markup.js';
import { formatDate, formatPercent } from '../number-format.js';
import { readingOrder } from '../reading-order.js';
import { regimeColor } from '../regime-color.js';
import type { WalkForwardReportInput } from '../study-report-input.js';
import { swatch } from './badge.js';

const ROW = 7;
const MOST_ROWS = 48;
/** Width of the picture in its own units. */
const COLUMNS = 1600;

/** Narrower stretches carry no word; the key does. */
const LABELLED_SHARE = 0.045;

/** Colour class → path of its rectangles. */
class Rectangles {
  private readonly paths = new Map<string, string>();

  add(label: string, from: number, to: number, top: number, height: number): void {
    if (to <= from) return;
    const color = regimeColor(label);
    const rectangle = `M${round(from)} ${top}h${round(to - from)}v${height}h${round(from - to)}z`;
    this.paths.set(color, (this.paths.get(color) ?? '') + rectangle);
  }

  markup(style: string): Markup[] {
    return [...this.paths].map(([color, path]) => html`<path class="${color} ${style}" d="${path}"/>`);
  }
}

const percentOf = (share: number): string => `${(100 * share).toFixed(3)}%`;
const round = (value: number): string => String(Math.round(value * 100) / 100);

export function viewMap(input: WalkForwardReportInput): Markup {
  const { shown, result } = input;
  const rows = shown.labels.length;
  const scale = COLUMNS / rows;
  const folds = sampled(result.folds.length);
  const strip: Markup[] = [];
  forEachRun(shown.labels, 0, rows, (label, from, to) => {
    const share = (to - from) / rows;
    const style = `left:${percentOf(from / rows)};width:${percentOf(share)}`;
    const words = share >= LABELLED_SHARE ? label : '';
    strip.push(html`<span class="${regimeColor(label)}" style="${style}">${words}</span>`);
  });
  const before = new Rectangles();
  const own = new Rectangles();
  folds.forEach((index, line) => {
    const start = shown.foldStart[index]!;
    const end = shown.foldStart[index + 1] ?? rows;
    const view = result.views.find(({ fold }) => fold === index);
    const { labels } = result.folds[index]!;
    const length = view?.runs.reduce((sum, [, bars]) => sum + bars, 0) ?? 0;
    let at = start - length;
    for (const [identity, bars] of view?.runs ?? []) {
      const from = Math.max(0, at);
      before.add(labels[identity] ?? '', from * scale, (at + bars) * scale, line * ROW, ROW - 1);
      at += bars;
    }
    forEachRun(shown.labels, start, end, (label, from, to) =>
      own.add(label, from * scale, to * scale, line * ROW, ROW - 1),
    );
  });
  const height = folds.length * ROW;
  const labels = [...new Set(shown.labels)];
  const states = labels.map((label) => ({ color: regimeColor(label) }));
  const share = (label: string): number => shown.labels.filter((each) => each === label).length / rows;
  const { revised_by_refits: revised, viewed_rows: viewed } = result.revision;
  return html`<section aria-labelledby="views-title">
<h2 id="views-title">As it was known that day <span>top: what was shown live · below: the chart each refit drew, oldest first</span></h2>
<p class="key">${readingOrder(states).map((at) => html`<span>${swatch(regimeColor(labels[at]!))}${labels[at]} <b>${formatPercent(share(labels[at]!), 0)}</b></span>`)}</p>
<div class="views" role="img" aria-label="${folds.length} of ${result.folds.length} refits. ${formatPercent(revised)} of ${viewed} bars were renamed by a later refit.">
<div class="strip" aria-hidden="true">${strip}</div>
<svg class="past" style="--rows:${height}px" viewBox="0 0 ${COLUMNS} ${height}" preserveAspectRatio="none" aria-hidden="true">${before.markup('seen')}${own.markup('shown')}</svg>
</div><p class="axis"><span>${formatDate(shown.time[0])}</span><span>${formatDate(shown.time[Math.floor(rows / 2)])}</span><span>${formatDate(shown.time[rows - 1])}</span></p>
<p class="footnote">Full colour: bars the model of that line spoke for. Pale: bars before its training ended, as its chart showed them. A column that changes colour downwards is a bar that a later model renamed.${folds.length < result.folds.length ? ` ${folds.length} of ${result.folds.length} refits are drawn.` : ''}</p>
</section>`;
}

/** Evenly spread indices, the last one among them. */
function sampled(count: number): number[] {
  if (count <= MOST_ROWS) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: MOST_ROWS }, (_, i) => Math.round((i * (count - 1)) / (MOST_ROWS - 1)));
}

function forEachRun(
  labels: readonly string[],
  from: number,
  to: number,
  visit: (label: string, from: number, to: number) => void,
): void {
  let begin = from;
  for (let row = from + 1; row <= to; row += 1) {
    if (row < to && labels[row] === labels[begin]) continue;
    visit(labels[begin]!, begin, row);
    begin = row;
  }
}
