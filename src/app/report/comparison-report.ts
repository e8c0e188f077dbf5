/** The report of a comparison: candidates side by side on rows that none of them was fitted to. */
import { wealthBelief } from '../../backtest/believability/return-belief.js';
import type { Comparison } from '../regime/comparison-run.js';
import { html, type Markup } from './markup.js';
import { formatCount, formatDate, formatNumber, formatPercent, formatReturn } from './number-format.js';
import { badge } from './sections/badge.js';
import { gainText, pText } from './sections/measures.js';
import { type Curve, wealthCurves } from './sections/wealth-curves.js';
import { requireContent, studyPage } from './study-page.js';
import type { ComparisonReportInput } from './study-report-input.js';

type Compared = Comparison['candidates'][number];

interface Measure {
  readonly name: string;
  text(candidate: Compared): Markup | string;
  /** The larger the better; undefined where no candidate is marked. */
  rank?(candidate: Compared): number | null;
}

const GROUPS: readonly (readonly [string, readonly Measure[]])[] = [
  [
    'Says something new, nats per bar of the next return',
    [
      {
        name: 'Over one state',
        text: ({ scorecard }) => gainText(scorecard.returns.over_one_state),
        rank: ({ scorecard }) => scorecard.returns.over_one_state.per_row,
      },
      {
        name: 'Over no memory',
        text: ({ scorecard }) => gainText(scorecard.returns.over_no_memory),
        rank: ({ scorecard }) => scorecard.returns.over_no_memory.per_row,
      },
      {
        name: 'Direction, Kruskal–Wallis p',
        text: ({ scorecard }) => pText(scorecard.economic.direction?.p),
      },
      { name: 'Size, Kruskal–Wallis p', text: ({ scorecard }) => pText(scorecard.economic.size?.p) },
    ],
  ],
  [
    'Steady and sure',
    [
      {
        name: 'Mean stay, bars',
        text: ({ scorecard }) => formatNumber(scorecard.persistence.mean_run_length, 1),
      },
      { name: 'Certainty', text: ({ scorecard }) => formatPercent(scorecard.certainty, 0) },
      {
        name: 'Refits with a label break',
        text: ({ scorecard }) => formatPercent(scorecard.stability.label_breaks, 0),
      },
      {
        name: 'Later revised, in hindsight',
        text: ({ revision }) => formatPercent(revision.revised_in_hindsight, 0),
        rank: ({ revision }) => -revision.revised_in_hindsight,
      },
      { name: 'Median lag, bars', text: ({ revision }) => formatNumber(revision.median_lag, 1) },
    ],
  ],
  [
    'Worth, after costs',
    [
      {
        name: 'Rule, net return',
        text: ({ scorecard }) => formatReturn(scorecard.economic.strategy.net_return, 0),
        rank: ({ scorecard }) => scorecard.economic.strategy.net_return,
      },
      { name: 'Rule, Sharpe', text: ({ scorecard }) => formatNumber(scorecard.economic.strategy.sharpe, 2) },
      {
        name: 'Rule, Sharpe, 95 %',
        text: ({ curve }) => {
          const range = wealthBelief(curve).intervals.sharpe;
          return range === undefined
            ? 'n/a'
            : `${formatNumber(range.low, 2)} to ${formatNumber(range.high, 2)}`;
        },
      },
      {
        name: 'Buy and hold',
        text: ({ scorecard }) => formatReturn(scorecard.economic.buy_and_hold.net_return, 0),
      },
      {
        name: 'As good at other dates, p',
        text: ({ scorecard }) => pText(scorecard.economic.phase_shift?.p),
      },
      {
        name: 'Faked by lookahead, per bar',
        text: ({ revision }) => formatReturn(revision.faked_per_bar, 3),
      },
    ],
  ],
];

/** @throws TidewatchError `bad_parameter` without candidates */
export function buildComparisonReport(input: ComparisonReportInput): string {
  const { result, manifest, symbol } = input;
  const { candidates } = result;
  requireContent(candidates.length > 0, 'no candidates');
  const names = displayNames(candidates);
  const timeframes = [...new Set(candidates.map(({ timeframe }) => timeframe))];
  const instruments = new Set(candidates.map(({ instrument_id: id }) => id));
  const from = Math.min(...candidates.map(({ curve }) => curve.ts[0]!));
  const to = Math.max(...candidates.map(({ curve }) => curve.ts[curve.ts.length - 1]!));
  const title = `${instruments.size === 1 ? symbol : `${instruments.size} instruments`} ${timeframes.join(', ')} comparison`;
  const body = html`${verdict(input, names)}
${wealthCurves('Wealth', `the same fixed rule for all, after costs, logarithmic`, curves(candidates, names))}
${table(candidates, names)}
<section aria-labelledby="verdicts-title"><h2 id="verdicts-title">In words</h2><ul class="verdicts">${candidates.map(
    ({ scorecard }, i) => html`<li><b>${names[i]}</b><span>${scorecard.verdict.sentence}</span></li>`,
  )}</ul></section>
${runs(input, names)}`;
  return studyPage({
    kind: 'comparison report',
    title,
    scope: `${formatDate(from)} – ${formatDate(to)} · ${formatCount(candidates.length, 'candidate')}, each refitted on schedule and judged on bars it had not seen`,
    body,
    manifest,
  });
}

/** Names as they were typed; with the timeframe where one name stands for several. */
function displayNames(candidates: readonly Compared[]): string[] {
  return candidates.map(({ name, timeframe }) =>
    candidates.filter((other) => other.name === name).length > 1 ? `${name} ${timeframe}` : name,
  );
}

function verdict({ result, manifest }: ComparisonReportInput, names: readonly string[]): Markup {
  const speaking = result.candidates.flatMap(({ scorecard }, i) =>
    ['no_better_than_one_state', 'no_better_than_no_memory'].includes(scorecard.verdict.code)
      ? []
      : [names[i]!],
  );
  const paying = result.candidates.flatMap(({ scorecard }, i) =>
    scorecard.verdict.code === 'direction_and_profit' ? [names[i]!] : [],
  );
  const first =
    speaking.length === 0
      ? 'Knowing the state adds nothing for any candidate here.'
      : `Knowing the state adds something for ${listed(speaking)}.`;
  const second =
    paying.length === 0
      ? 'None earned more than holding and than chance.'
      : `${listed(paying)} earned more than holding and than chance.`;
  const count = result.candidates.length;
  return html`<div class="verdict ${paying.length > 0 ? 'plain' : 'warn'}"><p><b>${first}</b> ${second} ${count > 1 ? `The best of ${count} looks better than it is: it was picked after the fact.` : ''}</p><p class="badges">${[
    badge('ok', 'Causal: no lookahead'),
    badge('info', 'Walk-forward'),
    manifest.sampleData ? badge('plain', 'Sample data') : null,
  ]}</p></div>`;
}

const listed = (names: readonly string[]): string =>
  names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;

/** Every candidate, and holding once per series. */
function curves(candidates: readonly Compared[], names: readonly string[]): Curve[] {
  const series = new Set<string>();
  const holds: Curve[] = [];
  for (const { instrument_id: instrument, curve } of candidates) {
    if (series.has(instrument)) continue;
    series.add(instrument);
    const name = series.size === 1 ? 'Buy and hold' : `Buy and hold ${instrument}`;
    holds.push({ name, ts: curve.ts, wealth: curve.buy_and_hold, isBenchmark: true });
  }
  return [
    ...candidates.map(({ curve }, i) => ({ name: names[i]!, ts: curve.ts, wealth: curve.strategy })),
    ...holds,
  ];
}

function table(candidates: readonly Compared[], names: readonly string[]): Markup {
  const row = ({ name, text, rank }: Measure): Markup => {
    const best = rank === undefined ? -1 : bestOf(candidates.map(rank));
    return html`<tr><th scope="row">${name}</th>${candidates.map(
      (candidate, i) => html`<td${i === best && html` class="best"`}>${text(candidate)}</td>`,
    )}</tr>`;
  };
  return html`<section aria-labelledby="table-title"><h2 id="table-title">Side by side <span>bold: the best of a row, where one direction is better</span></h2>
<div class="scroll"><table class="data"><thead><tr><th scope="col">Measure</th>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody><tr><th scope="row">Timeframe, bars</th>${candidates.map(({ timeframe, scorecard }) => html`<td>${timeframe}, ${formatNumber(scorecard.rows)}</td>`)}</tr>${GROUPS.map(
    ([title, measures]) =>
      html`<tr><th scope="colgroup" colspan="${candidates.length + 1}">${title}</th></tr>${measures.map(row)}`,
  )}</tbody></table></div></section>`;
}

/** Position of the largest value; −1 when it is shared or there is none. */
function bestOf(values: readonly (number | null)[]): number {
  const finite = values.flatMap((value) => (value === null || !Number.isFinite(value) ? [] : [value]));
  if (finite.length < 2) return -1;
  const most = Math.max(...finite);
  return values.filter((value) => value === most).length === 1 ? values.indexOf(most) : -1;
}

function runs({ manifest, result }: ComparisonReportInput, names: readonly string[]): Markup {
  return html`<section aria-labelledby="runs-title"><h2 id="runs-title">Runs <span>each candidate is a run of its own</span></h2>
<div class="scroll"><table class="data"><thead><tr><th scope="col">Candidate</th><th scope="col" class="word">Run</th><th scope="col" class="word">Features</th><th scope="col" class="word">Bars</th></tr></thead><tbody>${result.candidates.map(
    ({ run_id: id, set, features, data_hash: hash }, i) =>
      html`<tr><th scope="row">${names[i]}</th><td class="word"><code>${id}</code></td><td class="word">${set}: ${features.join(', ')}</td><td class="word"><code title="${hash}">${hash.slice(0, 12)}…</code></td></tr>`,
  )}</tbody></table></div>
<p class="footnote">Seed ${manifest.seed}. Result <code title="${manifest.outputs['result.json'] ?? ''}">${(manifest.outputs['result.json'] ?? '').slice(0, 16)}…</code>: the same bars, plans, seed and version give the same bytes.</p></section>`;
}
