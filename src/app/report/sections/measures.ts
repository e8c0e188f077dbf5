/** Groups of figures of a walk-forward: what was forecast, how steady it was, how sure, and what lookahead would fake. */
import type { Gain } from '../../../analysis/models/walk-forward/scorecard.js';
import { html, type Markup } from '../markup.js';
import { formatNumber, formatPercent, formatReturn, formatSigned, MISSING } from '../number-format.js';
import { regimeColor } from '../regime-color.js';
import type { WalkForwardReportInput } from '../study-report-input.js';
import { swatch } from './badge.js';

type Fact = readonly [name: string, value: string | Markup];

const group = (title: string, facts: readonly Fact[]): Markup =>
  html`<div><h3>${title}</h3><dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></div>`;

/** `+0.056, t 2.9`: nats per bar. */
export const gainText = (gain: Gain | null): Markup | string =>
  gain === null
    ? MISSING
    : html`${formatSigned(gain.per_row, 3)} <span class="t">t ${formatSigned(gain.t, 1)}</span>`;

const bars = (value: number | null | undefined, decimals = 1): string =>
  value === null || value === undefined ? MISSING : `${formatNumber(value, decimals)} bars`;

/** A p-value, never as certainty. */
export function pText(p: number | null | undefined): string {
  if (p === null || p === undefined) return MISSING;
  return p < 0.001 ? '< 0.001' : formatNumber(p, 3);
}

export function measures({ result }: WalkForwardReportInput): Markup {
  const { scorecard, revision } = result;
  const { likelihood, returns, persistence, stability, economic, detection_delay: delay } = scorecard;
  return html`<section aria-labelledby="measures-title">
<h2 id="measures-title">Scorecard <span>walk-forward rows only, causal</span></h2>
<div class="measures">
${group('Says something new, nats per bar', [
  ['Next return, over one state', gainText(returns.over_one_state)],
  ['Next return, over no memory', gainText(returns.over_no_memory)],
  ['Features, over one state', gainText(likelihood.over_one_state)],
  ['Features, over no memory', gainText(likelihood.over_no_memory)],
  ['Kruskal–Wallis, direction', html`p ${pText(economic.direction?.p)}`],
  ['Kruskal–Wallis, size', html`p ${pText(economic.size?.p)}`],
])}
${group('Steady and sure', [
  ['Mean stay', bars(persistence.mean_run_length)],
  ['Changes per 1,000 bars', formatNumber(persistence.changes_per_1000_bars, 0)],
  ['Certainty', formatPercent(scorecard.certainty)],
  ['Separation, Bhattacharyya', formatNumber(scorecard.separation, 2)],
  ['Same grouping after a refit', html`Rand ${formatNumber(stability.adjusted_rand, 2)}`],
  ['Refits with a label break', formatPercent(stability.label_breaks)],
])}
${group('Later revised', [
  ['By a later refit', `${formatPercent(revision.revised_by_refits)} of bars`],
  ['In hindsight', `${formatPercent(revision.revised_in_hindsight)} of bars`],
  ['Renamed at each refit, mean', formatPercent(revision.mean_churn)],
  [
    'Switches seen',
    `${formatNumber(revision.detection.detected)} of ${formatNumber(revision.detection.switches)}`,
  ],
  ['Median lag behind hindsight', bars(revision.detection.median_lag)],
  [
    'Median lag, planted switches',
    delay === null ? MISSING : `${bars(delay.median)}, ${formatPercent(delay.missed, 0)} missed`,
  ],
])}
</div></section>`;
}

/** Next-bar figures of each state. */
export function stateOutlook({ result }: WalkForwardReportInput): Markup {
  const { states } = result.scorecard.economic;
  return html`<section aria-labelledby="outlook-title">
<h2 id="outlook-title">States <span>the bar after a bar in the state</span></h2>
<div class="scroll"><table class="data"><thead><tr><th scope="col">State</th><th scope="col">Bars</th><th scope="col">Next bar, mean</th><th scope="col">t</th><th scope="col">Bootstrap p</th><th scope="col">Volatility</th></tr></thead>
<tbody>${states.map(
    (state) =>
      html`<tr><th scope="row">${swatch(regimeColor(state.label))}${state.label}</th><td>${formatNumber(state.count)}</td><td>${formatReturn(state.next_mean, 3)}</td><td>${formatSigned(state.t, 1)}</td><td>${pText(state.bootstrap_p)}</td><td>${formatPercent(state.next_volatility, 2)}</td></tr>`,
  )}</tbody></table></div>
<p class="footnote">Label of the newest refit. t is Newey–West; the bootstrap draws whole blocks from all bars and asks how often a mean is as far from theirs.</p></section>`;
}

/** What the fixed rule earned, and what it would have seemed to earn with knowledge of the future. */
export function lookaheadProfit({ result }: WalkForwardReportInput): Markup {
  const { profit } = result.revision;
  const { economic } = result.scorecard;
  const rows: [string, typeof profit.filtered, string][] = [
    ['As known', economic.strategy, 'causal'],
    ['Future parameters', profit.hindsight_filtered, 'lookahead'],
    ['Future parameters and bars', profit.hindsight_smoothed, 'lookahead'],
    ['Buy and hold', economic.buy_and_hold, ''],
  ];
  return html`<section aria-labelledby="profit-title">
<h2 id="profit-title">What lookahead would have faked <span>${economic.rule.replace('_', ' / ')}, ${economic.cost_bps} bp a change</span></h2>
<div class="scroll"><table class="data"><thead><tr><th scope="col">Rule on labels</th><th scope="col">Net return</th><th scope="col">Sharpe</th><th scope="col">Worst fall</th><th scope="col">Turns a year</th></tr></thead>
<tbody>${rows.map(
    ([name, each, note]) =>
      html`<tr><th scope="row">${name} <span class="t">${note}</span></th><td>${formatReturn(each.net_return, 0)}</td><td>${formatNumber(each.sharpe, 2)}</td><td>${formatPercent(each.max_drawdown, 0)}</td><td>${formatNumber(each.turnover, 0)}</td></tr>`,
  )}</tbody></table></div>
<p class="footnote">Lookahead alone adds ${formatReturn(profit.faked_per_bar, 3)} per bar. The same positions at random other dates did at least as well in ${formatPercent(economic.phase_shift?.p, 0)} of ${formatNumber(economic.phase_shift?.draws)} draws.</p></section>`;
}

/** Are the forecasts as sure as they say? */
export function calibrationOf({ result }: WalkForwardReportInput): Markup {
  const { pit_histogram: histogram, uniformity, state_forecast: states } = result.scorecard.calibration;
  const most = Math.max(1, ...histogram);
  const expected = histogram.reduce((sum, value) => sum + value, 0) / Math.max(1, histogram.length);
  return html`<section aria-labelledby="calibration-title">
<h2 id="calibration-title">Calibration <span>where the next return fell in its forecast</span></h2>
<div class="bars" role="img" aria-label="Bars per tenth of the forecast distribution: ${histogram.join(', ')}; ${formatNumber(expected, 0)} each would be right.">${histogram.map((value) => html`<span style="height:${((100 * value) / most).toFixed(1)}%"></span>`)}<i style="bottom:${((100 * expected) / most).toFixed(1)}%"></i></div>
<p class="axis"><span>lowest tenth</span><span>highest tenth</span></p>
<p class="footnote">Level with the dashed line is right; a hill says the forecast is too wide, a bowl too narrow. Kolmogorov–Smirnov p ${pText(uniformity?.p)}. State forecast: Brier ${formatNumber(states.brier, 3)} against ${formatNumber(states.brier_climatology, 3)} for shares alone, mean gap ${formatPercent(states.calibration_error)}.</p></section>`;
}
