/** The tables of the uptrend report: what would change the state, S3 episodes, transitions, the simple trader. */
import {
  type Condition,
  explainUptrend,
  type UptrendExplanation,
} from '../../../analysis/uptrend/explain.js';
import type { UptrendConfig } from '../../../analysis/uptrend/profile.js';
import type { ReturnBelief } from '../../../backtest/believability/return-belief.js';
import type { UptrendSimulation } from '../../../backtest/uptrend-simulator.js';
import { TIMEFRAME_MS } from '../../../market/timeframe.js';
import type { UptrendRun } from '../../uptrend/uptrend-service.js';
import { html, type Markup } from '../markup.js';
import {
  formatCount,
  formatDate,
  formatDuration,
  formatNumber,
  formatPercent,
  formatPrice,
  formatReturn,
} from '../number-format.js';

const MOST_ROWS = 12;
const MOST_TRADES = 24;

export function chip(state: string): Markup {
  return html`<span class="chip"><i class="swatch ${state.toLowerCase()}" aria-hidden="true"></i>${state}</span>`;
}

/** `7 May 2024 22:00`, without the zone that the page's foot names; the date alone when bars are days. */
function barName(time: number, barLength: number): string {
  if (barLength >= 86_400_000) return formatDate(time);
  const minutes = new Date(time).toISOString().slice(11, 16);
  return `${formatDate(time)} ${minutes}`;
}

function newest<T>(rows: readonly T[], most = MOST_ROWS): readonly T[] {
  return rows.slice(-most).reverse();
}

const counted = (all: number, most = MOST_ROWS): string =>
  all > most ? `newest ${most} of ${formatNumber(all)}` : `${all} in all`;

function table(title: string, note: string, heads: readonly string[], rows: readonly Markup[]): Markup {
  return html`<section><h2>${title} <span>${note}</span></h2><div class="scroll"><table class="data"><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

const signed = (fraction: number): Markup =>
  html`<span class="${fraction < 0 ? 'poor' : 'good'}">${formatReturn(fraction, 1)}</span>`;

export function episodes({ summary, series }: UptrendRun): Markup {
  const length = TIMEFRAME_MS[series.timeframe];
  const all = summary.episodes;
  return table(
    'S3 episodes',
    `${counted(all.length)}; close to close, no costs`,
    ['From', 'To', 'Return', 'Worst dip', 'Bars', 'Length'],
    newest(all).map(
      (each) =>
        html`<tr><td>${barName(each.start_ts, length)}</td><td>${each.end_ts === null ? 'goes on' : barName(each.end_ts, length)}</td><td>${signed(each.return)}</td><td>${formatReturn(each.max_drawdown, 1)}</td><td>${formatNumber(each.bars)}</td><td>${formatDuration((each.end_ts ?? (summary.last_ts ?? 0) + length) - each.start_ts)}</td></tr>`,
    ),
  );
}

export function transitions({ summary, series }: UptrendRun): Markup {
  const length = TIMEFRAME_MS[series.timeframe];
  const all = summary.transitions;
  return table(
    'Transitions',
    counted(all.length),
    ['Bar', 'From', 'To', 'Close'],
    newest(all).map(
      ({ ts, from, to, price }) =>
        html`<tr><td>${barName(ts, length)}</td><td>${chip(from)}</td><td>${chip(to)}</td><td>${formatPrice(price)}</td></tr>`,
    ),
  );
}

const TRADE_WORDS: Readonly<Record<string, string>> = {
  buy_signal: 'first entry',
  buy_flag: 'buy',
  first_dip_buy_flag: 'first dip',
  reclaimed_ema333: 'reclaimed',
  exit_position: 'exit',
  emergency_exit: 'emergency',
};

const capitalised = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** The figures of the simple trader in one row, with their intervals. */
export function traderTiles(simulation: UptrendSimulation, belief: ReturnBelief | null): Markup {
  const closed = simulation.trades.filter(({ exit_ts }) => exit_ts !== null).length;
  const tile = (name: string, value: Markup | string, note: string): Markup =>
    html`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`;
  const between = (figure: string, otherwise: string): string => {
    const interval = belief?.intervals[figure];
    return interval === undefined
      ? otherwise
      : `${formatReturn(interval.low, 1)} to ${formatReturn(interval.high, 1)}`;
  };
  return html`<section aria-labelledby="trader-title"><h2 id="trader-title">Simple trader <span>not a strategy: the flags followed mechanically, filled at the next open</span></h2><dl class="tiles traders">${[
    tile('Net return', signed(simulation.net_return), between('total_return', 'after costs')),
    tile(
      'Buy and hold',
      signed(simulation.buy_and_hold_return),
      `worst fall ${formatReturn(simulation.buy_and_hold_max_drawdown, 1)}`,
    ),
    tile(
      'Max drawdown',
      formatReturn(simulation.max_drawdown, 1),
      between('max_drawdown', 'of equity at closes'),
    ),
    tile(
      'Trades won',
      formatPercent(simulation.win_rate),
      `${formatNumber(closed)} closed of ${formatNumber(simulation.trades.length)}`,
    ),
    tile('In the market', formatPercent(simulation.exposure), 'of bars'),
    tile(
      'Costs paid',
      formatPercent(simulation.costs),
      `of the start; ${simulation.fee_bps} + ${simulation.slippage_bps} bps a side`,
    ),
  ]}</dl>${belief !== null && html`<p class="footnote"><b>${capitalised(belief.verdict.verdict)}.</b> ${belief.verdict.sentence}${belief.intervals.sharpe !== undefined && ' Ranges are 95 % intervals from blocks of days.'}</p>`}</section>`;
}

export function trades({ series }: UptrendRun, simulation: UptrendSimulation): Markup {
  const length = TIMEFRAME_MS[series.timeframe];
  return table(
    'Trades of the simple trader',
    counted(simulation.trades.length, MOST_TRADES),
    ['Bought', 'On', 'Sold', 'On', 'Trims', 'Return'],
    newest(simulation.trades, MOST_TRADES).map(
      (trade) =>
        html`<tr><td>${barName(trade.entry_ts, length)}</td><td>${TRADE_WORDS[trade.entry_flag]}</td><td>${trade.exit_ts === null ? 'open' : barName(trade.exit_ts, length)}</td><td>${trade.exit_flag === null ? '' : TRADE_WORDS[trade.exit_flag]}</td><td>${formatNumber(trade.trims)}</td><td>${signed(trade.return)}</td></tr>`,
    ),
  );
}

const MARK = {
  ok: html`<svg viewBox="0 0 10 10" aria-label="met"><path d="M1 5.5L4 8.5L9 1.5" fill="none" stroke="var(--ok)" stroke-width="2"/></svg>`,
  missing: html`<svg viewBox="0 0 10 10" aria-label="missing"><path d="M1.5 1.5L8.5 8.5M8.5 1.5L1.5 8.5" fill="none" stroke="var(--bad)" stroke-width="2"/></svg>`,
};
const SIGNAL_NAMES = { buy_signal: 'First entry', buy_flag: 'Buy', trim_flag: 'Trim' } as const;

function conditionRow({ words, ok, gap }: Condition): Markup {
  return html`<li>${ok ? MARK.ok : MARK.missing}${words}${gap !== null && html`<span>${formatReturn(gap)}</span>`}</li>`;
}

/** Every way out of the state and every signal, condition by condition. */
export function conditions(run: UptrendRun, config: UptrendConfig): Markup | null {
  if (run.last === null) return null;
  const { paths, signals }: UptrendExplanation = explainUptrend(run.last, config);
  const met = (all: readonly Condition[]): string => `${all.filter(({ ok }) => ok).length} of ${all.length}`;
  return html`<section><h2>What would change it <span>all conditions of a card, at the close of a bar; gaps are left over right side</span></h2><div class="conditions">${[
    ...paths.map(
      ({ to, conditions: all }) =>
        html`<div><h3>${chip(to)}<span class="t">${met(all)}</span></h3><ul>${all.map(conditionRow)}</ul></div>`,
    ),
    ...signals.map(
      ({ flag, raised, conditions: all }) =>
        html`<div><h3>${SIGNAL_NAMES[flag]}<span class="t">${raised ? 'raised' : met(all)}</span></h3><ul>${all.map(conditionRow)}</ul></div>`,
    ),
  ]}</div></section>`;
}

export function episodeCount(run: UptrendRun): string {
  return formatCount(run.summary.episodes.length, 'episode');
}
