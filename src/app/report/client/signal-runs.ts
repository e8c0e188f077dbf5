/**
 * Which bars carry a mark (design §4): one a bar, exit over emergency over reclaim over trim over buy; a run of the same
 * flag with gaps of at most six bars is one mark on its first bar, with the number of its bars. No DOM.
 */

export type SignalKind = 'buy' | 'dip' | 'trim' | 'emergency' | 'reclaim' | 'exit';

export interface SignalRun {
  /** First bar of the run. */
  bar: number;
  kind: SignalKind;
  /** Bars of the run that raise the flag. */
  count: number;
  state: number;
}

export interface SignalMarker {
  /** Row of the level. */
  row: number;
  kind: SignalKind;
  /** Bars that it stands for. */
  count: number;
  state: number;
  /** The row's high and low. */
  high: number;
  low: number;
}

/** Bits of the flags column, in the order of the trace. */
export const FLAG_BITS = {
  buySignal: 1,
  buy: 2,
  dip: 4,
  trim: 8,
  exit: 16,
  emergency: 32,
  reclaim: 64,
} as const;

const MERGED_GAP = 6;

export function signalRuns(state: ArrayLike<number>, flags: ArrayLike<number>): SignalRun[] {
  const signals: SignalRun[] = [];
  const newest = new Map<SignalKind, { run: SignalRun; last: number }>();
  for (let bar = 0; bar < flags.length; bar += 1) {
    const kind = signalOf(state, flags, bar);
    if (kind === null) continue;
    const known = newest.get(kind);
    if (known && kind !== 'exit' && bar - known.last <= MERGED_GAP && known.run.state === state[bar]) {
      known.run.count += 1;
      known.last = bar;
      continue;
    }
    const run: SignalRun = { bar, kind, count: 1, state: state[bar]! };
    signals.push(run);
    newest.set(kind, { run, last: bar });
  }
  return signals;
}

function signalOf(state: ArrayLike<number>, flags: ArrayLike<number>, bar: number): SignalKind | null {
  const raised = flags[bar]!;
  if (raised === 0) return null;
  // a state other than S0 became S0
  if (raised & FLAG_BITS.exit && state[bar] === 0 && (bar === 0 || state[bar - 1] !== 0)) return 'exit';
  if (raised & FLAG_BITS.emergency) {
    const goesOn = bar > 0 && (flags[bar - 1]! & FLAG_BITS.emergency) !== 0;
    return goesOn ? null : 'emergency';
  }
  if (raised & FLAG_BITS.reclaim) return 'reclaim';
  if (raised & FLAG_BITS.trim) return 'trim';
  if (raised & FLAG_BITS.dip) return 'dip';
  return raised & (FLAG_BITS.buySignal | FLAG_BITS.buy) ? 'buy' : null;
}

const TELLING_FIRST: readonly SignalKind[] = ['exit', 'emergency', 'reclaim', 'dip', 'buy', 'trim'];

export const sideOf = (kind: SignalKind): 'above' | 'below' => (kind === 'trim' ? 'above' : 'below');

/**
 * The most telling mark of every stretch of `stride` rows on each side; stretches are counted from row 0, so the same
 * marks stay while the chart is dragged.
 */
export function thinMarkers(
  markers: readonly SignalMarker[],
  from: number,
  to: number,
  stride: number,
): SignalMarker[] {
  const kept = new Map<string, SignalMarker>();
  for (const marker of markers) {
    if (marker.row < from) continue;
    if (marker.row > to) break;
    const cell = `${sideOf(marker.kind)}${Math.floor(marker.row / stride)}`;
    const known = kept.get(cell);
    if (known === undefined) kept.set(cell, { ...marker });
    else if (known.kind === marker.kind) known.count += marker.count;
    else if (TELLING_FIRST.indexOf(marker.kind) < TELLING_FIRST.indexOf(known.kind)) {
      kept.set(cell, { ...marker });
    }
  }
  return [...kept.values()];
}
