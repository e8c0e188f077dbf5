/** The tables of the majors-vs-alts report: months, windows, regimes, forecasts, checks, settings. */
import { z } from 'zod';
import type { MonitorConfig } from '../../../platform/monitor-config.js';
import type { MonitorBook } from '../../monitor/monitor-book.js';
import { html, type Markup } from '../markup.js';
import {
  formatDate,
  formatNumber,
  formatPercent,
  formatReturn,
  formatSigned,
  MISSING,
} from '../number-format.js';
import { type BadgeTone, badge } from '../sections/badge.js';
import { regimeLabel } from './majors-words.js';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Net returns by calendar month (UTC), compounded from days. */
export function monthlyReturns({ daily }: MonitorBook): Markup {
  const wealth = new Map<string, number>();
  daily.ts.forEach((ts, row) => {
    const month = new Date(ts).toISOString().slice(0, 7);
    wealth.set(month, (wealth.get(month) ?? 1) * (1 + (daily.numbers.r_ls_net?.[row] ?? 0)));
  });
  const years = [...new Set([...wealth.keys()].map((month) => month.slice(0, 4)))];
  const largest = Math.max(...[...wealth.values()].map((value) => Math.abs(value - 1)), 1e-9);
  const cell = (year: string, month: number): Markup => {
    const value = wealth.get(`${year}-${String(month + 1).padStart(2, '0')}`);
    if (value === undefined) return html`<td></td>`;
    const heat = Math.round((Math.abs(value - 1) / largest) * 45);
    const tone = value < 1 ? 'down' : 'up';
    return html`<td class="month" style="--tone:var(--${tone});--heat:${heat}%">${formatSigned((value - 1) * 100, 1)}</td>`;
  };
  const total = (year: string): number =>
    [...wealth]
      .filter(([month]) => month.startsWith(year))
      .reduce((product, [, value]) => product * value, 1) - 1;
  return html`<section aria-labelledby="months-title"><h2 id="months-title">Monthly return <span>%, net</span></h2>
<div class="scroll"><table class="data months"><thead><tr><th scope="col">Year</th>${MONTHS.map((name) => html`<th scope="col">${name}</th>`)}<th scope="col">Year</th></tr></thead>
<tbody>${years.map((year) => html`<tr><th scope="row">${year}</th>${MONTHS.map((_, month) => cell(year, month))}<td>${formatSigned(total(year) * 100, 1)}</td></tr>`)}</tbody></table></div></section>`;
}

/** Net return of each test window; one window when nothing is walked forward. */
export function windowTable({ daily }: MonitorBook, config: MonitorConfig): Markup {
  const length = config.backtest.walk_forward ? config.backtest.test_window_days : daily.ts.length;
  const windows: { from: number; active: number; result: number }[] = [];
  for (let first = 0; first < daily.ts.length; first += length) {
    const net = daily.numbers.r_ls_net!.slice(first, first + length);
    const pnl = daily.numbers.pnl!.slice(first, first + length);
    windows.push({
      from: daily.ts[first]!,
      active: pnl.filter((value) => value !== 0).length,
      result: net.reduce<number>((wealth, value) => wealth * (1 + (value ?? 0)), 1) - 1,
    });
  }
  const widest = Math.max(...windows.map(({ result }) => Math.abs(result)), 1e-9);
  return html`<section aria-labelledby="windows-title"><h2 id="windows-title">Test windows</h2>
<table class="data"><thead><tr><th scope="col">From</th><th scope="col">Days in market</th><th scope="col">Return</th><th scope="col"><span class="for-readers">Size</span></th></tr></thead>
<tbody>${windows.map(
    ({ from, active, result }) =>
      html`<tr><th scope="row">${formatDate(from)}</th><td>${active}</td><td>${formatReturn(result, 1)}</td><td><span class="diverging"><i class="${result < 0 ? 'down minus' : 'up'}" style="width:${Math.round((Math.abs(result) / widest) * 50)}%"></i></span></td></tr>`,
  )}</tbody></table></section>`;
}

type Interval = MonitorBook['intervals'][string];

/** Low to high, on a line of its own below the figure. */
const range = (interval: Interval | null, write: (value: number | null) => string): Markup =>
  interval === null ? html`` : html`<small>${write(interval.low)} to ${write(interval.high)}</small>`;

/** The profile decides which regime a day's return counts under, and the heading says which. */
export function regimeTable({ regime_metrics: metrics, profile }: MonitorBook): Markup {
  const mean = (value: number | null): string => formatReturn(value, 3);
  const total = (value: number | null): string => formatReturn(value, 1);
  return html`<section aria-labelledby="regimes-title"><h2 id="regimes-title">By regime <span>${profile === 'corrected' ? 'under which the return was earned' : 'of the same row, as the reference counts'}</span></h2>
<table class="data"><thead><tr><th scope="col">Regime</th><th scope="col">Days</th><th scope="col">Mean a day</th><th scope="col">Deviation</th><th scope="col">Total</th></tr></thead>
<tbody>${metrics.map(
    (row) =>
      html`<tr><th scope="row">${regimeLabel(row.regime)}</th><td>${row.n_days}</td><td>${mean(row.mean_return)}${range(row.mean_interval, mean)}</td><td>${formatPercent(row.std_return, 2)}</td><td>${total(row.total_return)}${range(row.total_interval, total)}</td></tr>`,
  )}</tbody></table>
<p class="footnote">Small: 95 % intervals from blocks of days; none for a regime of fewer than ten days.</p></section>`;
}

const edgeSchema = z.looseObject({
  edge: z.number().nullable(),
  ci_low: z.number().nullable(),
  ci_high: z.number().nullable(),
});
const EDGES = [
  ['best', 'Most majors, less all days'],
  ['worst', 'Most alts, less all days'],
  ['spread', 'Most majors less most alts'],
] as const;

const horizonSchema = z.looseObject({
  edges: z.record(z.string(), edgeSchema).default({}),
  regime_stats: z.record(
    z.string(),
    z.looseObject({
      mean_return: z.number().nullable(),
      ci_low: z.number().nullable().default(null),
      ci_high: z.number().nullable().default(null),
      count: z.number(),
      hit_rate: z.number().nullable(),
    }),
  ),
});

/** The horizon of ten days, or the first there is. */
export function forecastTable({ regime_eval: evaluation }: MonitorBook): Markup | null {
  const found = z.record(z.string(), z.unknown()).safeParse(evaluation);
  if (!found.success) return null;
  const names = Object.keys(found.data).filter((name) => name.startsWith('horizon_'));
  const name = names.includes('horizon_10d') ? 'horizon_10d' : names[0];
  const horizon = name === undefined ? undefined : horizonSchema.safeParse(found.data[name]);
  if (name === undefined || !horizon?.success) return null;
  const days = Number(/\d+/.exec(name)?.[0]);
  return html`<section aria-labelledby="forecast-title"><h2 id="forecast-title">Does the regime forecast? <span>next ${days} days, always-on book</span></h2>
<table class="data"><thead><tr><th scope="col">Regime</th><th scope="col">Days</th><th scope="col">Mean</th><th scope="col">Low</th><th scope="col">High</th><th scope="col">Above zero</th></tr></thead>
<tbody>${Object.entries(horizon.data.regime_stats).map(
    ([regime, row]) =>
      html`<tr><th scope="row">${regimeLabel(regime)}</th><td>${row.count}</td><td>${formatReturn(row.mean_return)}</td><td>${formatReturn(row.ci_low)}</td><td>${formatReturn(row.ci_high)}</td><td>${formatPercent(row.hit_rate, 0)}</td></tr>`,
  )}</tbody></table>
<table class="data"><thead><tr><th scope="col">Difference of means</th><th scope="col">Value</th><th scope="col">Low</th><th scope="col">High</th></tr></thead>
<tbody>${EDGES.map(([key, name]) => {
    const { edge = null, ci_low: low = null, ci_high: high = null } = horizon.data.edges[key] ?? {};
    return html`<tr><th scope="row">${name}</th><td>${formatReturn(edge)}</td><td>${formatReturn(low)}</td><td>${formatReturn(high)}</td></tr>`;
  })}</tbody></table>
<p class="footnote">Low and high: 95 % intervals from blocks of days. Windows of ${days} days overlap, so intervals are still too short.</p></section>`;
}

const FIGURES: readonly (readonly [key: string, name: string, kind: 'return' | 'number' | 'percent'])[] = [
  ['total_return', 'Return', 'return'],
  ['cagr', 'Return a year', 'return'],
  ['sharpe', 'Sharpe ratio', 'number'],
  ['sortino', 'Sortino ratio', 'number'],
  ['calmar', 'Calmar ratio', 'number'],
  ['max_drawdown', 'Maximal drawdown', 'return'],
  ['annual_vol', 'Volatility a year', 'percent'],
  ['hit_rate_active', 'Days won, of active ones', 'percent'],
  ['hit_rate', 'Days won, of all', 'percent'],
  ['avg_turnover', 'Turnover a day', 'percent'],
  ['total_cost', 'Costs in all', 'percent'],
  ['total_funding', 'Funding in all', 'percent'],
];

export function figureTable({ kpis, intervals }: MonitorBook): Markup {
  const write = (value: number | null | undefined, kind: 'return' | 'number' | 'percent'): string => {
    if (value === null || value === undefined) return MISSING;
    if (kind === 'number') return formatNumber(value, 2);
    return kind === 'return' ? formatReturn(value, 1) : formatPercent(value, 2);
  };
  const rows = FIGURES.filter(([key]) => kpis[key] !== undefined);
  return html`<section aria-labelledby="figures-title"><h2 id="figures-title">Figures <span>95 % intervals from blocks of days</span></h2>
<table class="data"><thead><tr><th scope="col">Figure</th><th scope="col">Value</th><th scope="col">Low</th><th scope="col">High</th></tr></thead>
<tbody>${rows.map(([key, name, kind]) => {
    const interval = intervals[key];
    return html`<tr><th scope="row">${name}</th><td>${write(kpis[key], kind)}</td><td>${write(interval?.low, kind)}</td><td>${write(interval?.high, kind)}</td></tr>`;
  })}</tbody></table></section>`;
}

/** What a reader must know before believing the figures, each with a word that does without its colour. */
export function checkList(book: MonitorBook, config: MonitorConfig): Markup {
  const { funding_coverage: coverage, kpis, profile } = book;
  const lag = config.features.derivatives_lag_days;
  const days = typeof lag === 'number' ? lag : lag[profile];
  const worst = Math.max(
    Math.abs(kpis.beta_err_btc_max_abs ?? Number.NaN),
    Math.abs(kpis.beta_err_eth_max_abs ?? Number.NaN),
  );
  const active = kpis.active_days ?? null;
  const check = (name: string, finding: string, tone: BadgeTone, word: string): Markup =>
    html`<div><dt>${name}</dt><dd>${finding} ${badge(tone, word)}</dd></div>`;
  return html`<section aria-labelledby="checks-title"><h2 id="checks-title">Checks</h2><dl class="facts checks">${[
    check('Weights of day t earn t to t+1', 'by construction', 'ok', 'pass'),
    check(
      'Funding and open interest',
      days === 0 ? 'used a day before they are known' : `used ${days} day${days === 1 ? '' : 's'} later`,
      days === 0 ? 'bad' : 'ok',
      days === 0 ? 'lookahead' : 'pass',
    ),
    Number.isNaN(worst)
      ? null
      : check(
          'Beta left over at a rebalance, worst',
          formatNumber(worst, 3),
          worst < 0.05 ? 'ok' : 'warn',
          worst < 0.05 ? 'pass' : 'hedge capped',
        ),
    check(
      'Funding rates missing',
      `${coverage.missing} of ${coverage.due} name-days`,
      coverage.missing === 0 ? 'ok' : 'warn',
      coverage.missing === 0 ? 'complete' : formatPercent(coverage.missing_share),
    ),
    active === null
      ? null
      : check(
          'Sample size',
          `${active} active days`,
          active < 250 ? 'warn' : 'ok',
          active < 250 ? 'small' : 'fair',
        ),
    check('Truncation and shuffle', 'tidewatch audit run', 'plain', 'not run'),
  ]}</dl></section>`;
}

export function settingsList({ rule }: MonitorBook, config: MonitorConfig): Markup {
  const { costs, backtest, universe } = config;
  const { stop_loss: stop, volatility_targeting: target } = backtest.risk_management;
  const facts: [string, string][] = [
    ['Profile', config.profile],
    [
      'Windows',
      backtest.walk_forward
        ? `${backtest.lookback_window_days} train, ${backtest.test_window_days} test`
        : 'one',
    ],
    [
      'Fees and slippage',
      `${formatNumber(costs.taker_fee_bps, 1)} + ${formatNumber(costs.slippage_bps, 1)} bp per trade`,
    ],
    ['Thresholds', `${formatSigned(rule.threshold_low, 2)}, ${formatSigned(rule.threshold_high, 2)}`],
    ['Book', universe.neutrality_mode === 'beta_neutral' ? 'beta neutral to BTC and ETH' : 'dollar neutral'],
    ['Basket', `up to ${universe.basket_size} alts, ${formatPercent(universe.per_name_cap, 0)} a name`],
    [
      'Stop',
      stop.enabled
        ? `${formatPercent(Math.abs(stop.daily_loss_threshold), 0)} over ${stop.lookback_days} days`
        : 'none',
    ],
    ['Volatility target', target.enabled ? `${formatPercent(target.target_volatility, 0)} a year` : 'none'],
  ];
  return html`<section aria-labelledby="settings-title"><h2 id="settings-title">Settings</h2><dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></section>`;
}
