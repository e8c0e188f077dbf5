/**
 * All of history in one low picture below the chart: the closes, the train end with its words, and the window that the
 * chart shows. Drawn here, so it stands without a script; the page script moves the window.
 */
import type { DetailLevel } from '../level-of-detail.js';
import { html, type Markup } from '../markup.js';
import { formatDate } from '../number-format.js';

const WIDTH = 1000;
const HEIGHT = 60;
const PADDING = 4;
/** Percent of the width below which a side has no room for its words, on a desk and on a phone. */
const NARROW_SIDE = 12;
const NARROW_SIDE_ON_PHONE = 30;

export interface OverviewSpan {
  /** UTC ms. */
  readonly from: number;
  readonly to: number;
  readonly trainEnd: number | null;
}

/** @param level a coarse level that reaches over all of history */
export function historyOverview(
  level: Pick<DetailLevel, 'rows' | 'time' | 'close'>,
  { from, to, trainEnd }: OverviewSpan,
): Markup {
  const x = (time: number): number => ((time - from) / (to - from)) * WIDTH;
  const lowest = Math.log(level.close.reduce((least, value) => Math.min(least, value)));
  const highest = Math.log(level.close.reduce((most, value) => Math.max(most, value)));
  const y = (price: number): number =>
    HEIGHT - PADDING - ((Math.log(price) - lowest) / (highest - lowest || 1)) * (HEIGHT - 2 * PADDING);
  const point = (row: number): string =>
    `${Math.max(0, x(level.time[row]!)).toFixed(1)} ${y(level.close[row]!).toFixed(1)}`;
  const line = Array.from({ length: level.rows }, (_, row) => point(row)).join('L');
  const boundary = trainEnd === null ? null : x(trainEnd) / (WIDTH / 100);
  return html`<div class="overview" id="overview" data-from="${from}" data-to="${to}" aria-hidden="true">
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none"><path class="area" d="M0 ${HEIGHT}L${line}L${WIDTH} ${HEIGHT}Z"/><path class="line" d="M${line}"/></svg>
${boundary !== null && boundaryMark(boundary)}
<span class="window" id="overview-window" hidden></span>
<span class="year start">${formatDate(from)}</span><span class="year end">${formatDate(to)}</span></div>`;
}

function boundaryMark(percent: number): Markup {
  const words = (room: number, side: string, text: string): Markup | false =>
    room > NARROW_SIDE &&
    html`<span class="${side} ${room < NARROW_SIDE_ON_PHONE && 'tight'}">${text}</span>`;
  const left = words(percent, 'before', '← in sample');
  const right = words(100 - percent, 'after', 'out of sample →');
  return html`<span class="boundary" style="left:${percent.toFixed(2)}%">${left}${right}</span>`;
}
