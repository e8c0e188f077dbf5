/** The rows on the screen as a table for export: snake_case names, epoch ms (ISO-8601 in CSV), every digit that the answer had. */
import { firstAtOrAfter } from '../chart/bar-view.js';
import { NO_STATE } from '../chart/level-of-answer.js';
import type { TimeSpan } from '../chart/viewport.js';
import type { ShownRegimes } from './regime-source.js';

export interface ExportTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

const columnName = (label: string): string => `p_${label.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`;

export function exportRows({ content, answer }: ShownRegimes, span: TimeSpan): ExportTable {
  const { level, labels } = content;
  const regime = answer.regime;
  const from = firstAtOrAfter(level.time, span.from / 1000);
  const to = firstAtOrAfter(level.time, span.to / 1000);
  const rows: (string | number)[][] = [];
  for (let row = from; row < to; row += 1) {
    const state = level.state[row]!;
    const known = state !== NO_STATE;
    rows.push([
      level.time[row]! * 1000,
      level.open[row]!,
      level.high[row]!,
      level.low[row]!,
      level.close[row]!,
      ...(regime ? [regime.kind, known ? labels[state]! : '', known ? level.share[row]! : ''] : []),
      ...level.probabilities.map((column) => (known ? column[row]! : '')),
    ]);
  }
  return {
    head: [
      'timestamp',
      'open',
      'high',
      'low',
      'close',
      ...(regime ? ['kind', 'regime', 'share'] : []),
      ...labels.map(columnName),
    ],
    rows,
  };
}
