/** The rows on the screen for export: snake_case names, epoch ms (ISO-8601 in CSV), every digit that the answer had. */
import { firstAtOrAfter } from '../chart/bar-view.js';
import { NO_STATE } from '../chart/level-of-answer.js';
import type { TimeSpan } from '../chart/viewport.js';
import type { ExportTable } from '../lab/chart-rows.js';
import { EMAS, SCORES, STATES } from './uptrend-content.js';
import type { ShownUptrend } from './uptrend-source.js';

const LINES = [...EMAS, 'atr', ...SCORES] as const;

export function exportUptrend({ content }: ShownUptrend, span: TimeSpan): ExportTable {
  const { level, lines, overlay, signals } = content;
  const from = firstAtOrAfter(level.time, span.from / 1000);
  const to = firstAtOrAfter(level.time, span.to / 1000);
  const rows: (string | number)[][] = [];
  let signal = 0;
  for (let row = from; row < to; row += 1) {
    const time = level.time[row]! * 1000;
    const kinds: string[] = [];
    while (signal < signals.length && signals[signal]!.time < time + level.bucket) {
      if (signals[signal]!.time >= time) kinds.push(signals[signal]!.kind);
      signal += 1;
    }
    const number = (value: number | undefined): number | '' =>
      value === undefined || Number.isNaN(value) ? '' : value;
    rows.push([
      time,
      level.open[row]!,
      level.high[row]!,
      level.low[row]!,
      level.close[row]!,
      level.state[row] === NO_STATE ? '' : STATES[level.state[row]!]!,
      ...LINES.map((name) => number(lines[name][row])),
      [...new Set(kinds)].join(' '),
      ...(overlay?.columns ?? []).map((column) => number(column[row])),
    ]);
  }
  return {
    head: [
      'timestamp',
      'open',
      'high',
      'low',
      'close',
      'state',
      ...LINES,
      'signals',
      ...(overlay?.labels ?? []).map((label) => `p_${label.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`),
    ],
    rows,
  };
}
