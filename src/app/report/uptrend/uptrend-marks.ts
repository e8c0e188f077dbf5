/** What the lines and marks of the uptrend chart mean, with the number of bars behind each. */
import type { UptrendConfig } from '../../../analysis/uptrend/profile.js';
import type { UptrendTrace } from '../../../backtest/uptrend-trace.js';
import type { UptrendRun } from '../../uptrend/uptrend-service.js';
import { html, type Markup } from '../markup.js';
import { formatNumber } from '../number-format.js';

const EMAS: readonly [name: string, token: string][] = [
  ['EMA20, 30', 'ema-20'],
  ['60', 'ema-60'],
  ['144', 'ema-144'],
  ['250', 'ema-250'],
  ['333', 'ema-333'],
];
const SCORES: readonly [name: string, token: string][] = [
  ['OX', 'warn'],
  ['DX', 'accent'],
];
const GRADES = [0.3, 0.6, 0.9];
const DIAMOND = 'M6 0L12 6L6 12L0 6Z';
const CROSS = 'M1.5 1.5L10.5 10.5M10.5 1.5L1.5 10.5';
const STAR = 'M6 0L7.6 3.9L12 4.1L8.6 6.8L9.9 11L6 8.6L2.1 11L3.4 6.8L0 4.1L4.4 3.9Z';

function filled(path: string, token: string, edge?: string): Markup {
  const stroke = edge === undefined ? 'none' : `var(--${edge})`;
  return html`<svg viewBox="0 0 12 12" aria-hidden="true"><path d="${path}" fill="var(--${token})" stroke="${stroke}" stroke-width="2"/></svg>`;
}

function stroked(path: string, token: string, width: number): Markup {
  return html`<svg viewBox="0 0 12 12" aria-hidden="true"><path d="${path}" fill="none" stroke="var(--${token})" stroke-width="${String(width)}"/></svg>`;
}

const dot = (radius: number, opacity: number): Markup =>
  html`<svg viewBox="0 0 12 12" aria-hidden="true"><circle cx="6" cy="6" r="${String(radius)}" fill="var(--s1)" opacity="${String(opacity)}"/></svg>`;

/** Bars that raise a buy in S2 or S3, and S1 checks by grade of trend strength. */
function countMarks(trace: UptrendTrace, threshold: number) {
  const buys = { S2: 0, S3: 0 };
  const grades = [0, 0, 0, 0];
  let passed = 0;
  for (let at = 0; at < trace.length; at += 1) {
    if (trace.has(at, 'buy_flag')) buys[trace.stateAt(at) === 'S2' ? 'S2' : 'S3'] += 1;
    const strength = trace.numbers.entry_ts[at]!;
    if (Number.isNaN(strength)) continue;
    grades[GRADES.filter((least) => strength >= least).length]! += 1;
    if (strength >= threshold) passed += 1;
  }
  return { buys, grades, passed };
}

/** Explains lines and marks of the chart and counts the bars of each mark. */
export function markLegend({ summary: { flags }, trace }: UptrendRun, config: UptrendConfig): Markup {
  const { buys, grades, passed } = countMarks(trace, config.tsThreshold);
  const mark = (shape: Markup, name: string, bars: number): Markup =>
    html`<span>${shape}${name}<b>${formatNumber(bars)}</b></span>`;
  const line = (name: string, token: string, kind = ''): Markup =>
    html`<span><i class="${kind}" style="--line:var(--${token})"></i>${name}</span>`;
  const threshold = formatNumber(config.tsThreshold, 2);
  return html`<p class="marks">${[
    ...EMAS.map(([name, token]) => line(name, token, token === 'ema-333' ? 'wide' : '')),
    ...SCORES.map(([name, token]) => line(name, token)),
    line('EDX', 'decay', 'dashed'),
    line('S/R level : strength', 'muted', 'dashed'),
  ]}</p>
<p class="marks">Bars with a flag: ${[
    mark(filled(DIAMOND, 'signal-buy', 's1'), 'buy S1', flags.buy_signal!),
    mark(filled(DIAMOND, 'signal-buy', 's2'), 'buy S2', buys.S2),
    mark(filled(DIAMOND, 'signal-buy', 'ema-333'), 'buy S3', flags.buy_flag! - buys.S2),
    ...(config.firstDipBuy
      ? [mark(filled(DIAMOND, 'signal-buy', 's3'), 'first dip', flags.first_dip_buy_flag!)]
      : []),
    mark(stroked(CROSS, 'signal-trim', 1.6), 'trim', flags.trim_flag!),
    mark(stroked(CROSS, 'signal-emergency', 3), 'emergency', flags.emergency_exit!),
    mark(filled(STAR, 'signal-buy'), 'EMA333 reclaimed', flags.reclaimed_ema333!),
    mark(filled('M1 1H11V11H1Z', 's0'), 'exit', flags.exit_position!),
  ]}</p>
<p class="marks">S1 checks with zone and slope in order, by trend strength: ${[
    mark(dot(1.6, 0.5), '≥ 0', grades[0]!),
    mark(dot(2.2, 0.7), '≥ 0.3', grades[1]!),
    mark(dot(2.8, 0.9), '≥ 0.6', grades[2]!),
    mark(dot(3.4, 1), '≥ 0.9', grades[3]!),
    mark(stroked('M6 1.5V10.5M1.5 6H10.5', 's1', 1.8), `at least ${threshold}: signal`, passed),
  ]}</p>`;
}
