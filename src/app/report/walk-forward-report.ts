/** The report of a walk-forward run: what the model would have said, refit by refit, and whether it was worth hearing. */
import { wealthBelief } from '../../backtest/believability/return-belief.js';
import { html, type Markup } from './markup.js';
import {
  formatCount,
  formatDate,
  formatNumber,
  formatPercent,
  formatReturn,
  formatSigned,
  MISSING,
} from './number-format.js';
import { badge } from './sections/badge.js';
import { calibrationOf, lookaheadProfit, measures, stateOutlook } from './sections/measures.js';
import { refits } from './sections/refits.js';
import { viewMap } from './sections/view-map.js';
import { wealthCurves } from './sections/wealth-curves.js';
import { requireContent, studyPage } from './study-page.js';
import type { WalkForwardReportInput } from './study-report-input.js';

/**
 * @returns a complete HTML document
 * @throws TidewatchError `bad_parameter` when the rows shown do not fit the folds
 */
export function buildWalkForwardReport(input: WalkForwardReportInput): string {
  const { result, shown, manifest, symbol, timeframe } = input;
  requireContent(shown.labels.length > 0, 'no rows');
  requireContent(
    shown.foldStart.length === result.folds.length,
    `rows of ${shown.foldStart.length} folds for ${result.folds.length} refits`,
  );
  const { plan } = result;
  const { strategy, buy_and_hold: hold } = result.curve;
  const body = html`${verdict(input)}${tiles(input)}
${wealthCurves(
  'Wealth',
  `rule ${plan.rule.replace('_', ' / ')} after ${plan.costBps} bp a change, logarithmic`,
  [
    { name: 'Rule, as known', ts: result.curve.ts, wealth: strategy },
    { name: 'Buy and hold', ts: result.curve.ts, wealth: hold, isBenchmark: true },
  ],
)}
${viewMap(input)}
${measures(input)}
<div class="two">${lookaheadProfit(input)}${stateOutlook(input)}</div>
<div class="two">${calibrationOf(input)}${runFacts(input)}</div>
${refits(input)}`;
  return studyPage({
    kind: 'walk-forward report',
    title: `${symbol} ${timeframe} walk-forward`,
    scope: scope(input),
    body,
    manifest,
  });
}

function scope({ result, source, timeframe, modelName, set }: WalkForwardReportInput): string {
  const { schedule, candidate } = result.plan;
  const { states } = candidate;
  const k =
    typeof states === 'number' ? formatCount(states, 'state') : `${states.min} to ${states.max} states`;
  return [
    `${formatDate(result.first_ts)} – ${formatDate(result.last_ts)}`,
    `${formatCount(result.rows, 'bar')} of ${timeframe}${source === 'derived' ? ', resampled' : ''}`,
    `${modelName}, ${k}, features ${set}`,
    `refitted every ${formatNumber(schedule.refit)} bars on ${schedule.window === 'rolling' ? `the last ${formatNumber(schedule.train)}` : `all bars before, at least ${formatNumber(schedule.train)}`}`,
  ].join(' · ');
}

/** Says less than it knows only when it must: the tone follows the least favourable thing that is true. */
function verdict({ result, manifest }: WalkForwardReportInput): Markup {
  const { code, sentence } = result.scorecard.verdict;
  const tone = code === 'direction_and_profit' ? 'plain' : 'warn';
  const { verdict: word, sentence: why } = wealthBelief(result.curve).verdict;
  const earned = `What the rule earned: ${word}. ${why}`;
  return html`<div class="verdict ${tone}"><p>${sentence} ${earned}</p><p class="badges">${[
    badge('ok', 'Causal: no lookahead'),
    badge('info', 'Walk-forward'),
    manifest.sampleData ? badge('plain', 'Sample data') : null,
  ]}</p></div>`;
}

function tiles({ result }: WalkForwardReportInput): Markup {
  const { scorecard, revision } = result;
  const { economic, returns, persistence } = scorecard;
  const range = wealthBelief(result.curve).intervals.sharpe;
  const tile = (name: string, value: string, note: string): Markup =>
    html`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`;
  return html`<section aria-label="In short"><dl class="tiles">${[
    tile(
      'Over one state',
      formatSigned(returns.over_one_state.per_row, 3),
      `nats per next return, t ${formatSigned(returns.over_one_state.t, 1)}`,
    ),
    tile(
      'Over no memory',
      formatSigned(returns.over_no_memory.per_row, 3),
      `nats per next return, t ${formatSigned(returns.over_no_memory.t, 1)}`,
    ),
    tile(
      'Rule, net',
      formatReturn(economic.strategy.net_return, 0),
      `Sharpe ${formatNumber(economic.strategy.sharpe, 2)}${range === undefined ? '' : `, 95 % ${formatNumber(range.low, 2)} to ${formatNumber(range.high, 2)}`}`,
    ),
    tile(
      'Buy and hold',
      formatReturn(economic.buy_and_hold.net_return, 0),
      `Sharpe ${formatNumber(economic.buy_and_hold.sharpe, 2)}`,
    ),
    tile('Later revised', formatPercent(revision.revised_in_hindsight, 0), 'of bars, in hindsight'),
    tile(
      'Mean stay',
      `${formatNumber(persistence.mean_run_length, persistence.mean_run_length < 10 ? 1 : 0)} bars`,
      revision.detection.median_lag === null
        ? 'no switch detected'
        : `seen ${formatNumber(revision.detection.median_lag, 1)} bars late, median`,
    ),
  ]}</dl></section>`;
}

function runFacts({ result, manifest, modelName }: WalkForwardReportInput): Markup {
  const { candidate, decoding } = result.plan;
  const rule =
    Object.entries(decoding)
      .map(
        ([name, value]) => `${name} ${typeof value === 'object' ? Object.values(value).join(' / ') : value}`,
      )
      .join(', ') || 'most probable state';
  const facts: [string, Markup | string][] = [
    ['Model', [modelName, candidate.covariance].filter(Boolean).join(', ')],
    ['Restarts at each refit', formatNumber(candidate.restarts)],
    ['Decoding', rule],
    ['Features', String(result.features.length)],
    ['Seed', String(manifest.seed)],
    ['Bars', html`<code title="${manifest.dataHash}">${manifest.dataHash.slice(0, 16)}…</code>`],
    ...Object.entries(manifest.outputs).map(([name, hash]): [string, Markup] => [
      name,
      html`<code title="${hash}">${hash.slice(0, 16)}…</code>`,
    ]),
  ];
  return html`<section aria-labelledby="run-title"><h2 id="run-title">Run</h2>
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value || MISSING}</dd></div>`)}</dl>
<p class="footnote">Features: ${result.features.join(', ')}.</p></section>`;
}
