/** Tints behind the candles in the colour of the state, faint enough not to compete with them (design §2). */
import type { IPanePrimitive, Time } from 'lightweight-charts';
import type { ChartColors } from './colors.js';
import { paintBands } from './paint-bands.js';
import { paneDrawing } from './pane-drawing.js';
import { firstRunAfter, type StateRun } from './state-runs.js';

const BAND_SHARE = 0.09;

export function stateBands(
  model: () => { runs: readonly StateRun[]; colors: ChartColors },
): IPanePrimitive<Time> {
  return paneDrawing('bottom', ({ context, width, height, visible, edge }) => {
    const { runs, colors } = model();
    const shown = [];
    for (let at = firstRunAfter(runs, Math.floor(visible.from)); at < runs.length; at += 1) {
      const { from, to, state } = runs[at]!;
      if (from > visible.to + 1) break;
      shown.push({ left: edge(from), right: edge(to), color: colors.states[state]! });
    }
    paintBands(context, { left: 0, top: 0, width, height }, shown, colors.panel, BAND_SHARE);
  });
}
