/**
 * The uptrend chart of a backtest: one HTML file that needs no network (spec uptrend-engine §8; design §4). The page's
 * security policy admits its own scripts, by hash, and nothing else. Picture and numbers are over the whole range.
 */
import { explainUptrend, STATE_NAMES } from '../../../analysis/uptrend/explain.js';
import { UPTREND_STATES } from '../../../analysis/uptrend/payload-schema.js';
import type { UptrendConfig } from '../../../analysis/uptrend/profile.js';
import { displaySymbol, parseInstrument } from '../../../market/instrument.js';
import { barClose, TIMEFRAME_MS } from '../../../market/timeframe.js';
import { uptrendBelief } from '../../uptrend/uptrend-belief.js';
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
import { historyOverview } from '../sections/history-overview.js';
import { pageStyles } from '../styles.js';
import { tokenStyles } from '../tokens.js';
import { uptrendChartData } from './uptrend-chart-data.js';
import { markLegend } from './uptrend-marks.js';
import { uptrendStyles } from './uptrend-styles.js';
import {
  chip,
  conditions,
  episodeCount,
  episodes,
  traderTiles,
  trades,
  transitions,
} from './uptrend-tables.js';

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

/** @returns a complete HTML document */
export function buildUptrendReport(input: UptrendReportInput): string {
  const { run, config } = input;
  const { series, summary } = run;
  const symbol = shortName(displaySymbol(parseInstrument(series.instrument)));
  const scripts = pageScript('uptrend');
  const { oxSell: ox, dxBuy: dx, tsThreshold: ts } = config;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(scripts)}">
<meta name="color-scheme" content="light dark"><meta name="generator" content="Tidewatch ${input.version}">
<title>${symbol} ${series.timeframe} uptrend · Tidewatch</title>
<style>${new Markup(tokenStyles() + pageStyles() + uptrendStyles())}</style></head>
<body><main>
<header><div class="brand">${BRAND_MARK}<b>Tidewatch</b><span>uptrend backtest</span><code>profile ${summary.profile}</code></div>
<h1>${symbol} ${series.timeframe}</h1>
<p class="scope">${symbol.includes('…') && html`<code>${series.instrument}</code><br>`}${formatDate(summary.first_ts)} to ${formatDate(summary.last_ts)} · ${formatCount(summary.stepped, 'bar')} stepped${summary.warmup_bars > 0 ? ` · ${formatNumber(summary.warmup_bars)} before them warmed the engine` : ''}</p>
${verdict(input)}</header>
${tiles(run)}
${chartSection(input)}
${summary.simulation !== null && traderTiles(summary.simulation, uptrendBelief(run))}
${conditions(run, config)}
<div class="columns even">${
    summary.simulation === null
      ? html`<div>${episodes(run)}</div><div>${transitions(run)}</div>`
      : html`<div>${episodes(run)}${transitions(run)}</div><div>${trades(run, summary.simulation)}</div>`
  }</div>
<footer><p>Past results on one sample. Not advice. Times are UTC, bars are named by their open.</p>
<p>Reproduce: <code>${input.reproduce}</code> · made ${formatTime(input.generatedAt)}, v${input.version}</p>
<p>Charts: <a href="https://www.tradingview.com/" rel="noreferrer">TradingView</a> Lightweight Charts™</p></footer>
</main>
<script type="application/json" id="chart-data">${embeddedJson(uptrendChartData(run, { ox, dx, ts }))}</script>
${scripts.map((script) => html`<script>${new Markup(script)}</script>`)}
</body></html>
`;
  return page.source;
}

const LONGEST_NAME = 24;

/** Names of prediction markets are numbers of eighty digits. */
function shortName(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, 8)}…${name.slice(-6)}`;
}

function verdict({ run, config, sampleData }: UptrendReportInput): Markup {
  const { last } = run;
  if (last === null) return html``;
  const { state, name, sentence, paths } = explainUptrend(last, config);
  return html`<div class="verdict plain"><p><b>${state} ${name}.</b> ${sentence} ${paths[0]?.sentence ?? ''}</p>
<p class="badges">${badge('ok', 'Causal: no lookahead')}${!last.warm && badge('warn', 'Not warm')}${sampleData && badge('plain', 'Sample data')}</p></div>`;
}

function tiles(run: UptrendRun): Markup {
  const { series, summary, last } = run;
  const episode = summary.episodes.at(-1);
  const since = summary.transitions.at(-1)?.ts ?? summary.first_ts ?? 0;
  const tile = (name: string, value: Markup | string, note: string): Markup =>
    html`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`;
  const end = barClose(summary.last_ts ?? 0, series.timeframe);
  const isDaily = TIMEFRAME_MS[series.timeframe] >= 86_400_000;
  const moment = (time: number): string => (isDaily ? formatDate(time) : formatTimeOfYear(time));
  return html`<section aria-label="Now"><dl class="tiles">${[
    tile('Now', last === null ? '—' : chip(last.state), last === null ? '' : STATE_NAMES[last.state]),
    tile('For', formatDuration(end - since), `since ${moment(since)}`),
    tile('Last close', formatPrice(last?.price), `data to ${moment(isDaily ? (summary.last_ts ?? 0) : end)}`),
    tile('Share of time in S3', formatPercent(summary.states.S3!.share), episodeCount(run)),
    tile(
      'Last S3 episode',
      formatReturn(episode?.return, 1),
      episode === undefined ? 'none yet' : `worst dip ${formatReturn(episode.max_drawdown, 1)}, no costs`,
    ),
    tile(
      'Transitions',
      formatNumber(summary.transitions.length),
      formatCount(summary.flags.exit_position!, 'exit'),
    ),
  ]}</dl></section>`;
}

const OVERVIEW_POINTS = 600;

/** A low picture of all closes of the run, with the window that the chart shows. */
function overview({ series, trace }: UptrendRun): Markup {
  const rows = Math.min(OVERVIEW_POINTS, trace.length);
  const rowOf = (point: number): number =>
    trace.row[Math.round((point / Math.max(1, rows - 1)) * (trace.length - 1))]!;
  const column = (values: Float64Array): Float64Array =>
    Float64Array.from({ length: rows }, (_, point) => values[rowOf(point)]!);
  const time = column(series.time);
  const to = barClose(time[rows - 1]!, series.timeframe);
  return historyOverview({ rows, time, close: column(series.close) }, { from: time[0]!, to, trainEnd: null });
}

const SWITCHES: readonly [id: string, name: string, title: string][] = [
  ['emas', 'EMAs', 'Averages'],
  ['levels', 'Levels', 'Support and resistance in force at the last bar'],
  ['signals', 'Signals', 'Signals and S1 checks'],
  ['ts', 'TS', 'Trend strength beside the other scores'],
  ['line', 'Line', 'Closes as a line instead of candles'],
  ['log', 'Log', 'Logarithmic price axis'],
];

function chartSection({ run, config }: UptrendReportInput): Markup {
  const { states, simulation } = run.summary;
  return html`<section aria-labelledby="chart-title" class="chart-section">
<div class="chart-head"><h2 id="chart-title">Price, states and signals</h2>
<p class="legend">${UPTREND_STATES.filter((state) => states[state]!.bars > 0).map((state) => html`<span>${chip(state)}<b>${formatPercent(states[state]!.share)}</b></span>`)}</p>
<div class="controls" hidden><div class="segments" role="group" aria-label="Show">${SWITCHES.map(([id, name, title]) => html`<button type="button" id="show-${id}" title="${title}" aria-pressed="false">${name}</button>`)}</div>
<div class="segments" id="ranges" role="group" aria-label="Range"></div></div></div>
<div class="chart-frame"><p id="chart-legend" class="chart-legend" aria-hidden="true"></p>
<p class="pane-name" id="scores-name">Scores 0 to 1: OX over-extension, trim from ${formatNumber(config.oxSell, 2)} · DX dip, buy from ${formatNumber(config.dxBuy, 2)} · EDX decay</p>
${simulation !== null && html`<p class="pane-name" id="equity-name">Simple trader, not a strategy: equity after costs</p>`}
<div id="chart" class="chart" role="slider" tabindex="0" aria-label="Bar under the crosshair" aria-describedby="chart-keys" aria-valuemin="0" aria-valuemax="0" aria-valuenow="0"></div></div>
${overview(run)}
${markLegend(run, config)}
<p class="chart-note"><span><span id="chart-scale"></span> A run of marks is drawn once with its number of bars; narrow bars share the most telling mark. Levels move with every bar, so those of the last bar stand right of it only.</span><label id="palette-choice" hidden>Colours <select id="palette"><option value="">default</option><option value="cvd">colour-blind safe</option></select></label></p>
<p id="chart-keys" class="for-readers">Left and right arrow move one bar, with Shift ten. Home and End go to the ends. Plus and minus zoom.</p>
<noscript><p class="footnote">The chart needs JavaScript; everything else on this page does not.</p></noscript>
</section>`;
}
