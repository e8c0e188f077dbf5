/**
 * The report of a majors-vs-alts run (dashboard.html): one HTML file that needs no network. Pure: the same book gives the
 * same bytes. The page's security policy admits its own scripts, by hash, and nothing else.
 */
import type { MonitorConfig } from '../../../platform/monitor-config.js';
import type { MonitorBook } from '../../monitor/monitor-book.js';
import { embeddedJson, html, Markup } from '../markup.js';
import { formatCount, formatDate, formatNumber, formatPercent, formatReturn } from '../number-format.js';
import { pageScript } from '../page-script.js';
import { contentPolicy } from '../regime-report.js';
import { badge } from '../sections/badge.js';
import { BRAND_MARK } from '../sections/heading.js';
import { tableStyles } from '../study-styles.js';
import { pageStyles } from '../styles.js';
import { tokenStyles } from '../tokens.js';
import { majorsChartData } from './majors-chart-data.js';
import { majorsStyles } from './majors-styles.js';
import {
  checkList,
  figureTable,
  forecastTable,
  monthlyReturns,
  regimeTable,
  settingsList,
  windowTable,
} from './majors-tables.js';

export interface MajorsReportFacts {
  readonly runId: string;
  readonly version: string;
  readonly dataHash: string;
  /** Command that makes the run again. */
  readonly reproduce: string;
  readonly monitor: MonitorConfig;
}

/** One page that needs no other file. */
export function buildMajorsReport(book: MonitorBook, facts: MajorsReportFacts): string {
  const { data, daily } = book;
  const scripts = pageScript('majors');
  const title = book.title ?? `Majors vs alts, ${book.name}`;
  const [first, last] = [daily.ts[0]!, daily.ts.at(-1)!];
  const {
    test_window_days: test,
    lookback_window_days: train,
    walk_forward: hasWindows,
  } = facts.monitor.backtest;
  const isAlwaysOn = facts.monitor.msm !== null;
  const isWalked = hasWindows && !isAlwaysOn;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(scripts)}">
<meta name="color-scheme" content="light dark"><meta name="generator" content="Tidewatch ${facts.version}">
<title>${title} · Tidewatch</title>
<style>${new Markup(tokenStyles() + pageStyles() + tableStyles() + majorsStyles())}</style></head>
<body><main>
<header><div class="brand">${BRAND_MARK}<b>Tidewatch</b><span>majors vs alts</span><code>run ${facts.runId}</code></div>
<h1>${title}</h1>
<p class="scope">${formatDate(first)} to ${formatDate(last)} · ${formatCount(daily.ts.length, 'test day')}${isWalked ? ` in ${formatCount(data.windows, 'walk-forward window')} (${train} train, ${test} test)` : ''} · ${formatCount(data.assets, 'asset')}, daily · net of costs and funding</p>
${verdict(book, facts)}</header>
${tiles(book)}
${chart(book, facts, last)}
${monthlyReturns(book)}
<div class="columns even"><div>${figureTable(book)}</div><div>${regimeTable(book)}${forecastTable(book)}</div></div>
${book.warnings.length > 0 && html`<section aria-labelledby="warnings-title"><h2 id="warnings-title">Said while reading and computing</h2><ul class="warnings">${book.warnings.map((warning) => html`<li>${warning}</li>`)}</ul></section>`}
<footer><p>Past results on one sample. Not advice. Days are UTC; a row's price is that of 00:00. v${facts.version}.</p>
<p>Again: <code>${facts.reproduce}</code> · data <code>${facts.dataHash.slice(0, 12)}</code></p>
<p>Charts: <a href="https://www.tradingview.com/" rel="noreferrer">TradingView</a> Lightweight Charts™</p></footer>
</main>
<script type="application/json" id="chart-data">${embeddedJson(majorsChartData(book))}</script>
${scripts.map((script) => html`<script>${new Markup(script)}</script>`)}
</body></html>
`;
  return page.source;
}

function verdict(book: MonitorBook, { monitor }: MajorsReportFacts): Markup {
  const { kpis, profile } = book;
  const total = kpis.total_return ?? book.daily.equity.at(-1)! - 1;
  const result =
    Math.abs(total) < 0.0005
      ? 'The strategy made nothing after costs.'
      : `The strategy ${total < 0 ? 'lost' : 'made'} ${formatPercent(Math.abs(total))} after costs.`;
  const active = kpis.active_days;
  const lag = monitor.features.derivatives_lag_days;
  const isEarly = (typeof lag === 'number' ? lag : lag[profile]) === 0;
  return html`<div class="verdict ${total < 0 || isEarly ? 'bad' : 'plain'}"><p><b>${result}</b> ${active === undefined || active === null ? '' : `It was in the market on ${formatNumber(active)} of ${formatNumber(book.daily.ts.length)} days. `}<b>${book.verdict.verdict.charAt(0).toUpperCase()}${book.verdict.verdict.slice(1)}.</b> ${book.verdict.sentence}</p>
<p class="badges">${[
    monitor.msm !== null
      ? badge('plain', 'Always on, fixed rebalance')
      : monitor.backtest.walk_forward
        ? badge('ok', 'Walk-forward')
        : badge('warn', 'One window'),
    isEarly ? badge('bad', 'Lookahead') : badge('ok', 'Published before use'),
    profile === 'reference' && badge('warn', 'Reference profile, faults kept'),
  ]}</p></div>`;
}

function tiles({ kpis, intervals, daily }: MonitorBook): Markup {
  const total = kpis.total_return ?? daily.equity.at(-1)! - 1;
  const tone = (value: number | null | undefined): string => ((value ?? 0) < 0 ? 'down' : '');
  const range = (key: string, write: (value: number | null) => string): string => {
    const interval = intervals[key];
    return interval === undefined ? '' : `${write(interval.low)} to ${write(interval.high)}`;
  };
  const percent = (value: number | null): string => formatReturn(value, 1);
  const ratio = (value: number | null): string => formatNumber(value, 2);
  const tile = (name: string, value: string, note: string, kind = ''): Markup =>
    html`<div><dt>${name}</dt><dd class="${kind}">${value}<small>${note}</small></dd></div>`;
  return html`<section aria-label="Key figures"><dl class="tiles">${[
    tile('Return', percent(total), range('total_return', percent), tone(total)),
    tile('Return a year', percent(kpis.cagr ?? null), range('cagr', percent), tone(kpis.cagr)),
    tile('Sharpe ratio', ratio(kpis.sharpe ?? null), range('sharpe', ratio)),
    tile('Maximal drawdown', percent(kpis.max_drawdown ?? null), range('max_drawdown', percent)),
    tile(
      'Days won, active',
      formatPercent(kpis.hit_rate_active ?? kpis.hit_rate ?? null, 0),
      range('hit_rate_active', (value) => formatPercent(value, 0)),
    ),
    tile(
      'Costs paid',
      formatPercent(kpis.total_cost ?? null),
      [
        range('total_cost', (value) => formatPercent(value)),
        `funding ${formatReturn(kpis.total_funding ?? null)}`,
      ]
        .filter((note) => note !== '')
        .join(', '),
    ),
  ]}</dl></section>`;
}

function chart(book: MonitorBook, { monitor }: MajorsReportFacts, last: number): Markup {
  const { rule, daily } = book;
  const strong =
    rule.n_regimes === 5
      ? `, strong beyond ${formatNumber(rule.threshold_strong_low, 1)} and ${formatNumber(rule.threshold_strong_high, 1)}`
      : '';
  return html`<section class="chart-section" aria-labelledby="chart-title">
<div class="chart-head"><h2 id="chart-title">Regime and score, equity, drawdown, daily returns</h2>
<p class="legend"><span><i class="side majors"></i>&nbsp;majors regime: book is held</span><span><i class="side alts"></i>&nbsp;alts regime</span></p>
<div class="controls" hidden><div class="segments" id="ranges" role="group" aria-label="Range"></div>
<div class="segments" role="group" aria-label="View"><button type="button" id="as-chart" aria-pressed="true">Chart</button><button type="button" id="as-table" aria-pressed="false">Table</button></div></div></div>
<div class="with-day"><div><div class="chart-frame" id="chart-frame"><div class="chart" id="chart" role="slider" tabindex="0" aria-label="Day" aria-valuemin="0" aria-valuemax="${daily.ts.length - 1}" aria-valuenow="${daily.ts.length - 1}"></div></div>
<div class="chart-table" id="chart-table" tabindex="0" aria-label="Traded days" hidden></div>
<p class="chart-note"><span>Dotted: thresholds ${formatNumber(rule.threshold_low, 1)} and ${formatNumber(rule.threshold_high, 1)}${strong}. A regime is left only some way back, so bands outlast the lines.</span></p></div>
<div class="beside"><aside class="day-card" aria-labelledby="day-date"><div class="day-head"><h2 id="day-date">${formatDate(last)}</h2><button type="button" id="day-before" aria-label="Day before">‹</button><button type="button" id="day-after" aria-label="Day after">›</button></div><div id="day"></div></aside>${windowTable(book, monitor)}${checkList(book, monitor)}${settingsList(book, monitor)}</div></div></section>`;
}
