/**
 * The uptrend chart of a backtest: one HTML file that needs no network (spec uptrend-engine §8; design §4). The page's
 * security policy admits its own scripts, by hash, and nothing else. Numbers are over the whole range; the picture holds
 * the newest 12,000 bars.
 */
import { explainUptrend, STATE_NAMES } from '../../../analysis/uptrend/explain.js';

import { UPTREND_STATES } from '../../../analysis/uptrend/payload-schema.js';
import type { UptrendConfig } from '../../../analysis/uptrend/profile.js';
import { displaySymbol, parseInstrument } from '../../../market/instrument.js';
import { barClose, TIMEFRAME_MS } from '../../../market/timeframe.js';
import type { UptrendRun } from '../../uptrend/uptrend-service.js';
import { embeddedJson, html, Markup } from '../markup.js';
import {
  formatCount,
  formatDate,
  formatDuration,
  formatNumber,
  formatPercent,
  formatPrice,
  formatReturn,
  formatTime,
  formatTimeOfYear,
} from '../number-format.js';
import { pageScript } from '../page-script.js';
import { contentPolicy } from '../regime-report.js';
import { badge } from '../sections/badge.js';
import { BRAND_MARK } from '../sections/heading.js';
import { pageStyles } from '../styles.js';
import { tokenStyles } from '../tokens.js';
import { uptrendChartData } from './uptrend-chart-data.js';

export interface UptrendReportInput {
  readonly run: UptrendRun;
  readonly config: UptrendConfig;
  readonly sampleData: boolean;
  /** UTC ms. */
  readonly generatedAt: number;
  readonly version: string;
  /** Command that makes the file again. */
  readonly reproduce: string;
}

const STYLES = `
${UPTREND_STATES.map((name) => `.swatch.${name.toLowerCase()}{background:var(--${name.toLowerCase()})}`).join('')}
main{max-width:1440px}.chart{height:640px}
.chart-head .lines i{display:inline-block;width:14px;height:2px;margin-right:5px}.chart-head .legend{gap:4px 12px}
.signals{display:flex;flex-wrap:wrap;gap:4px 16px;margin-top:6px;font-size:12px;color:var(--muted)}.signals b{font-weight:600;color:var(--text)}
.signals svg{width:12px;height:12px;margin-right:5px;vertical-align:-2px}
.columns{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
.columns table{width:100%}.columns td,.columns th{height:27px;padding:0 8px;text-align:right;white-space:nowrap;border-top:1px solid var(--border)}
.columns td:first-child,.columns th:first-child{text-align:left;padding-left:0}.columns thead th{border-top:0}
.missing{margin:6px 0 0;padding-left:16px}.missing li{margin-top:2px}
.chip{display:inline-flex;align-items:center}.chip .swatch{margin-right:5px}
@media (max-width:900px){.columns{grid-template-columns:minmax(0,1fr)}.chart{height:480px}}
`;

/** @returns a complete HTML document */
export function buildUptrendReport(input: UptrendReportInput): string {
  const { run, config } = input;
  const { series } = run;
  const symbol = displaySymbol(parseInstrument(series.instrument));
  const scripts = pageScript('uptrend');
  const thresholds = { ox: config.oxSell, dx: config.dxBuy, ts: config.tsThreshold };
  const chart = uptrendChartData(symbol, run, thresholds);
  const { summary } = run;
  const range = `${formatDate(summary.first_ts)} to ${formatDate(summary.last_ts)}`;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(scripts)}">
<meta name="color-scheme" content="light dark"><meta name="generator" content="Tidewatch ${input.version}">
<title>${symbol} ${series.timeframe} uptrend · Tidewatch</title>
<style>${new Markup(tokenStyles() + pageStyles() + STYLES)}</style></head>
<body><main>
<header><div class="brand">${BRAND_MARK}<b>Tidewatch</b><span>uptrend backtest</span><code>profile ${summary.profile}</code></div>
<h1>${symbol} ${series.timeframe}</h1>
<p class="scope">${range} · ${formatCount(summary.stepped, 'bar')} stepped${summary.warmup_bars > 0 ? `, ${formatNumber(summary.warmup_bars)} before them warmed the engine` : ''}</p>
${now(input)}</header>
${tiles(input)}
${chartSection(input, chart.omitted)}
<div class="columns"><div>${episodes(input)}</div><div>${trades(input)}${transitions(input)}</div></div>
<footer><p>Past results on one sample. Not advice.</p>
<p>Reproduce: <code>${input.reproduce}</code> · made ${formatTime(input.generatedAt)}, v${input.version}</p>
<p>Charts: <a href="https://www.tradingview.com/" rel="noreferrer">TradingView</a> Lightweight Charts™</p></footer>
</main>
<script type="application/json" id="chart-data">${embeddedJson(chart)}</script>
${scripts.map((script) => html`<script>${new Markup(script)}</script>`)}
</body></html>
`;
  return page.source;
}

const chip = (state: string): Markup =>
  html`<span class="chip"><i class="swatch ${state.toLowerCase()}" aria-hidden="true"></i>${state}</span>`;

function now({ run, config, sampleData }: UptrendReportInput): Markup {
  const { last } = run;
  if (last === null) return html``;
  const { state, name, sentence, paths, signals } = explainUptrend(last, config);
  return html`<div class="verdict plain"><div><p><b>${state} ${name}.</b> ${sentence}</p>
<ul class="missing">${[...paths, ...signals].map((each) => html`<li>${each.sentence}</li>`)}</ul></div>
<p class="badges">${badge('ok', 'Causal: no lookahead')}${!last.warm && badge('warn', 'Not warm')}${sampleData && badge('plain', 'Sample data')}</p></div>`;
}

function tiles({ run }: UptrendReportInput): Markup {
  const { summary, last, series } = run;
  const episode = summary.episodes.at(-1);
  const since = summary.transitions.at(-1)?.ts ?? summary.first_ts ?? 0;
  const length = TIMEFRAME_MS[series.timeframe];
  const tile = (name: string, value: Markup | string, note: string): Markup =>
    html`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`;
  const end = summary.last_ts ?? 0;
  return html`<section aria-label="Now"><dl class="tiles">${[
    tile('Now', last === null ? '—' : chip(last.state), last === null ? '' : STATE_NAMES[last.state]),
    tile('For', formatDuration(end + length - since), `since ${formatTimeOfYear(since)}`),
    tile(
      'Last close',
      formatPrice(last?.price),
      `data to ${formatTimeOfYear(barClose(end, series.timeframe))}`,
    ),
    tile(
      'Share of time in S3',
      formatPercent(summary.states.S3!.share),
      `${formatCount(summary.episodes.length, 'episode')}`,
    ),
    tile(
      'Last S3 episode',
      formatReturn(episode?.return, 1),
      episode === undefined
        ? 'none yet'
        : `worst dip ${formatReturn(episode.max_drawdown, 1)}; closes, no costs`,
    ),
    tile(
      'Transitions',
      formatNumber(summary.transitions.length),
      `${formatCount(summary.flags.exit_position!, 'exit')}`,
    ),
  ]}</dl></section>`;
}

function shape(path: string, token: string, isLine = false): Markup {
  return isLine
    ? html`<svg viewBox="0 0 12 12" aria-hidden="true"><path d="${path}" fill="none" stroke="var(--${token})" stroke-width="2"/></svg>`
    : html`<svg viewBox="0 0 12 12" aria-hidden="true"><path d="${path}" fill="var(--${token})"/></svg>`;
}

function chartSection({ run, config }: UptrendReportInput, omitted: number): Markup {
  const { flags } = run.summary;
  const { simulation } = run.summary;
  const emas: [string, string][] = [
    ['EMA20, 30', 'ema-20'],
    ['60', 'ema-60'],
    ['144', 'ema-144'],
    ['250', 'ema-250'],
    ['333', 'ema-333'],
  ];
  const signals: [Markup, string, number][] = [
    [shape('M6 0L12 6L6 12L0 6Z', 'ok'), 'buy', flags.buy_signal! + flags.buy_flag!],
    [shape('M1 1L11 11M11 1L1 11', 'warn', true), 'trim', flags.trim_flag!],
    [shape('M6 1L11.5 11H.5Z', 's2'), 'emergency', flags.emergency_exit!],
    [
      shape('M6 0L7.8 4H12L8.6 6.8L10 11.5L6 8.8L2 11.5L3.4 6.8L0 4H4.2Z', 'ok'),
      'EMA333 reclaimed',
      flags.reclaimed_ema333!,
    ],
    [shape('M1 1H11V11H1Z', 's0'), 'exit', flags.exit_position!],
    ...(config.firstDipBuy
      ? [
          [shape('M6 0L12 6L6 12L0 6Z', 's3'), 'first dip', flags.first_dip_buy_flag!] as [
            Markup,
            string,
            number,
          ],
        ]
      : []),
  ];
  return html`<section aria-labelledby="chart-title" class="chart-section">
<div class="chart-head"><h2 id="chart-title">Price, states and signals</h2>
<p class="legend">${UPTREND_STATES.filter((state) => run.summary.states[state]!.bars > 0).map((state) => html`<span>${chip(state)}&nbsp;${formatPercent(run.summary.states[state]!.share)}</span>`)}</p>
<p class="legend lines">${emas.map(([name, token]) => html`<span><i style="background:var(--${token})"></i>${name}</span>`)}</p>
<div class="controls" hidden><div class="segments" role="group" aria-label="Show">${['EMAs', 'Levels', 'Signals'].map((name) => html`<button type="button" id="show-${name.toLowerCase()}" aria-pressed="true">${name}</button>`)}</div>
<div class="segments" id="ranges" role="group" aria-label="Range"></div></div></div>
<div class="chart-frame"><p id="chart-legend" class="chart-legend" aria-hidden="true"></p>
<p class="pane-name" id="scores-name">OX over-extension, trim from ${formatNumber(config.oxSell, 2)} · DX dip quality, buy from ${formatNumber(config.dxBuy, 2)} · TS strength, dots: S1 checks, square from ${formatNumber(config.tsThreshold, 2)} · EDX decay, dashed</p>
${simulation !== null && html`<p class="pane-name" id="equity-name">Simple trader, not a strategy: equity after costs</p>`}
<div id="chart" class="chart" role="slider" tabindex="0" aria-label="Bar under the crosshair" aria-describedby="chart-keys" aria-valuemin="0" aria-valuemax="0" aria-valuenow="0"></div></div>
<p class="signals">Bars with a flag: ${signals.map(([mark, name, bars]) => html`<span>${mark}${name} <b>${formatNumber(bars)}</b></span>`)}</p>
<p class="chart-note"><span>Times are UTC, bars are named by their open. The edge of a diamond is the state it was raised in; ×n: a run of bars is one mark. Levels are those in force at the last bar.${omitted > 0 && ` The picture holds the newest ${formatNumber(run.trace.length - omitted)} bars, the numbers all of them.`}</span><label id="palette-choice" hidden>Colours <select id="palette"><option value="">default</option><option value="cvd">colour-blind safe</option></select></label></p>
<p id="chart-keys" class="for-readers">Left and right arrow move one bar, with Shift ten. Home and End go to the ends.</p>
<noscript><p class="footnote">The chart needs JavaScript; everything else on this page does not.</p></noscript>
</section>`;
}

const MOST_ROWS = 20;

function newest<T>(rows: readonly T[]): readonly T[] {
  return rows.slice(-MOST_ROWS).reverse();
}

function table(title: string, note: string, heads: readonly string[], rows: readonly Markup[]): Markup {
  return html`<section><h2>${title} <span>${note}</span></h2><div class="scroll"><table><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

const more = (all: number): string =>
  all > MOST_ROWS ? `newest ${MOST_ROWS} of ${formatNumber(all)}` : `${all} in all`;

function episodes({ run: { summary, series } }: UptrendReportInput): Markup {
  const all = summary.episodes;
  const length = TIMEFRAME_MS[series.timeframe];
  return table(
    'S3 episodes',
    `${more(all.length)}; close to close, no costs`,
    ['From', 'To', 'Return', 'Worst dip', 'Bars', 'Length'],
    newest(all).map(
      (each) =>
        html`<tr><td>${formatTimeOfYear(each.start_ts)} ${new Date(each.start_ts).getUTCFullYear()}</td><td>${each.end_ts === null ? 'now' : formatDate(each.end_ts)}</td><td>${formatReturn(each.return, 1)}</td><td>${formatReturn(each.max_drawdown, 1)}</td><td>${formatNumber(each.bars)}</td><td>${formatDuration(each.bars * length)}</td></tr>`,
    ),
  );
}

function transitions({ run }: UptrendReportInput): Markup {
  const all = run.summary.transitions;
  return table(
    'Transitions',
    more(all.length),
    ['Bar', 'From', 'To', 'Close'],
    newest(all).map(
      ({ ts, from, to, price }) =>
        html`<tr><td>${formatTime(ts)}</td><td>${chip(from)}</td><td>${chip(to)}</td><td>${formatPrice(price)}</td></tr>`,
    ),
  );
}

function trades({ run }: UptrendReportInput): Markup | false {
  const { simulation } = run.summary;
  if (simulation === null) return false;
  const { trades: all, fee_bps, slippage_bps } = simulation;
  const facts = `net ${formatReturn(simulation.net_return, 1)} (buy and hold ${formatReturn(simulation.buy_and_hold_return, 1)}), worst ${formatReturn(simulation.max_drawdown, 1)}, won ${formatPercent(simulation.win_rate)}, in the market ${formatPercent(simulation.exposure)}, ${fee_bps} + ${slippage_bps} bps a side`;
  return table(
    'Simple trader',
    `${facts}; ${more(all.length)}`,
    ['Bought', 'On', 'Sold', 'On', 'Trims', 'Return'],
    newest(all).map(
      (trade) =>
        html`<tr><td>${formatTime(trade.entry_ts)}</td><td>${trade.entry_flag}</td><td>${trade.exit_ts === null ? 'open' : formatTime(trade.exit_ts)}</td><td>${trade.exit_flag ?? ''}</td><td>${formatNumber(trade.trims)}</td><td>${formatReturn(trade.return, 1)}</td></tr>`,
    ),
  );
}
