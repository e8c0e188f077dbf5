/** What the uptrend chart shows at a time: the rows it holds of one level of detail, and what of them is drawn. No DOM. */
import type { HeldWindow } from './held-window.js';
import type { SignalMarker, SignalRun } from './signal-runs.js';
import { findRuns, type StateRun } from './state-runs.js';
import type { UptrendLevel } from './uptrend-levels.js';

/** Beyond this ratio of highest to lowest price a linear axis hides what was early. */
const LOG_FROM = 4;

/** What the reader can switch on and off. */
export interface UptrendLayers {
  emas: boolean;
  levels: boolean;
  signals: boolean;
  ts: boolean;
  /** Closes as a line instead of candles. */
  line: boolean;
  /** Logarithmic prices. */
  log: boolean;
}

export const UPTREND_LAYERS = ['emas', 'levels', 'signals', 'ts', 'line', 'log'] as const;

export interface UptrendScene {
  readonly held: HeldWindow;
  readonly level: UptrendLevel;
  /** States of the held rows, positions from the first of them. */
  readonly runs: readonly StateRun[];
  /** Signals of the held rows, by row of the level. */
  readonly markers: readonly SignalMarker[];
}

/** What suits a market at first. */
export function firstLayers({ columns, rows }: UptrendLevel): UptrendLayers {
  const { open, high, low, close } = columns;
  const ratio =
    high!.reduce((most, value) => Math.max(most, value)) /
    low!.reduce((least, value) => Math.min(least, value));
  const flat = close!.reduce((count, value, bar) => count + Number(value === open![bar]), 0);
  return {
    emas: true,
    levels: true,
    signals: true,
    ts: false,
    // candles without bodies say less than a line
    line: flat > rows / 2,
    log: ratio > LOG_FROM,
  };
}

/** @param signals of all bars, in their order */
export function sceneOf(
  levels: readonly UptrendLevel[],
  held: HeldWindow,
  signals: readonly SignalRun[],
): UptrendScene {
  const level = levels[held.level]!;
  const { columns, firstBar, rows } = level;
  const runs = findRuns(
    columns.state!.subarray(held.from, held.to),
    Float64Array.from({ length: held.to - held.from }, (_, position) => position),
  );
  const markers: SignalMarker[] = [];
  let row = 0;
  for (const { bar, kind, count, state } of signals) {
    while (row + 1 < rows && firstBar[row + 1]! <= bar) row += 1;
    if (row < held.from || row >= held.to) continue;
    markers.push({ row, kind, count, state, high: columns.high![row]!, low: columns.low![row]! });
  }
  return { held, level, runs, markers };
}
