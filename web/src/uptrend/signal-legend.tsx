/** What the marks on the chart mean, with the bars on screen that carry them. */
import type { SignalKind } from '../../../src/app/report/client/signal-runs.js';
import { formatNumber } from '../../../src/app/report/number-format.js';
import type { TimeSpan } from '../chart/viewport.js';
import type { UptrendContent } from './uptrend-content.js';

const SHAPES: readonly (readonly [SignalKind, string, string])[] = [
  ['buy', 'buy', 'M6 .8L11.2 6L6 11.2L.8 6Z'],
  ['dip', 'first dip', 'M6 .8L11.2 6L6 11.2L.8 6Z'],
  ['trim', 'trim', 'M1.5 1.5L10.5 10.5M10.5 1.5L1.5 10.5'],
  ['emergency', 'emergency', 'M2 2L10 10M10 2L2 10'],
  ['reclaim', 'EMA333 reclaimed', 'M6 0L7.6 4.2H12L8.5 6.9L9.8 11.3L6 8.7L2.2 11.3L3.5 6.9L0 4.2H4.4Z'],
  ['exit', 'exit', 'M1.5 1.5H10.5V10.5H1.5Z'],
];
/** Rare enough to be named only when they are there. */
const NAMED_WHEN_PRESENT: ReadonlySet<SignalKind> = new Set(['dip']);

export function SignalLegend({ content, span }: { content: UptrendContent; span: TimeSpan | null }) {
  const counts = new Map<SignalKind, number>();
  for (const { time, kind, count } of content.signals) {
    if (span && (time < span.from || time >= span.to)) continue;
    counts.set(kind, (counts.get(kind) ?? 0) + count);
  }
  return (
    <p className="signal-legend">
      <span className="quiet">Bars in view:</span>
      {SHAPES.filter(([kind]) => counts.has(kind) || !NAMED_WHEN_PRESENT.has(kind)).map(
        ([kind, words, path]) => (
          <span key={kind} className={`signal-${kind}`}>
            <svg viewBox="0 0 12 12" aria-hidden="true">
              <path d={path} />
            </svg>
            {words} <b>{formatNumber(counts.get(kind) ?? 0)}</b>
          </span>
        ),
      )}
      <span className="quiet">
        Dots: S1 checks, a plus from the gate on; the edge of a diamond is its state
      </span>
    </p>
  );
}
