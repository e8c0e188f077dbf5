/** The bar under the crosshair in words, for the legend and for a screen reader. */
import { formatDate, formatNumber, formatPrice, formatReturn, formatTime } from '../number-format.js';
import { node } from './page-element.js';
import type { UptrendLevel } from './uptrend-levels.js';

export const UPTREND_STATE_NAMES = ['S0', 'S1', 'S2', 'S3', 'S4'];
/** In the order of their bits. */
const FLAG_WORDS = ['buy', 'buy', 'first dip', 'trim', 'exit', 'emergency', 'EMA333 reclaimed', 'watch only'];

export interface BarWords {
  /** What a screen reader says. */
  readonly spoken: string;
  readonly nodes: HTMLElement[];
}

/** @param scores columns to name, where they have a value */
export function barWords(level: UptrendLevel, row: number, scores: readonly string[]): BarWords {
  const { columns } = level;
  const value = (name: string): number => columns[name]![row]!;
  const pair = (name: string, words: string): HTMLElement =>
    node('span', '', `${name} `, node('b', '', words));
  const named = level.bucket < 86_400_000 ? formatTime : formatDate;
  const time = named(level.time[row]! * 1000);
  const state = UPTREND_STATE_NAMES[value('state')]!;
  const flags = [...new Set(FLAG_WORDS.filter((_, bit) => (value('flags') & (1 << bit)) !== 0))].join(', ');
  const close = formatPrice(value('close'));
  const label = node('b', '', node('i', `swatch ${state.toLowerCase()}`), state);
  const trader = columns.equity === undefined ? [] : [pair('Trader', formatReturn(value('equity') - 1, 1))];
  return {
    nodes: [
      node('span', '', time),
      label,
      pair('C', close),
      ...scores
        .filter((name) => !Number.isNaN(value(name)))
        .map((name) => pair(name.toUpperCase(), formatNumber(value(name), 2))),
      ...trader,
      ...(flags === '' ? [] : [node('span', '', flags)]),
    ],
    spoken: [time, state, `close ${close}`, ...(flags === '' ? [] : [flags])].join(', '),
  };
}
