/** Signals on the chart: a run of the same is one mark on its first bar, with the number of its bars (design §4). */
import type { SignalMarker } from '../../../src/app/report/client/signal-runs.js';
import { type BarView, positionHolding } from '../chart/bar-view.js';
import type { Signal, UptrendContent } from './uptrend-content.js';

/** Bars between two of the same kind that still are one run. */
const RUN_GAP = 6;

/** Runs of one kind in one state; an exit always stands alone. */
export function runsOfSignals(signals: readonly Signal[], barLength: number): Signal[] {
  const runs: { -readonly [K in keyof Signal]: Signal[K] }[] = [];
  const newest = new Map<string, { run: (typeof runs)[number]; last: number }>();
  for (const signal of signals) {
    const key = `${signal.kind} ${signal.state}`;
    const known = newest.get(key);
    if (known && signal.kind !== 'exit' && signal.time - known.last <= RUN_GAP * barLength) {
      known.run.count += signal.count;
      known.last = signal.time;
      continue;
    }
    const run = { ...signal };
    runs.push(run);
    newest.set(key, { run, last: signal.time });
  }
  return runs;
}

/** Ascending by place; `row` is the position on the axis. */
export function marksOf(view: BarView<UptrendContent>): SignalMarker[] {
  const { content, axis } = view;
  const { level } = content;
  return runsOfSignals(content.signals, level.bucket).flatMap(({ time, kind, state, count }) => {
    const position = positionHolding(view, time);
    if (position === null) return [];
    const row = axis.rowAt[position]!;
    return [{ row: position, kind, state, count, high: level.high[row]!, low: level.low[row]! }];
  });
}
