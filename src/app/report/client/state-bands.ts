/** Tints behind the candles in the colour of the state, faint enough not to compete with them (design §2). */
import type { IPanePrimitive, Time } from 'lightweight-charts';
import { type ChartColors, mixColors } from './colors.js';
import { paneDrawing } from './pane-drawing.js';
import { firstRunAfter, type StateRun } from './state-runs.js';

const BAND_SHARE = 0.09;

export function stateBands(
  model: () => { runs: readonly StateRun[]; colors: ChartColors },
): IPanePrimitive<Time> {
  return paneDrawing('bottom', ({ context, width, height, visible, edge }) => {
    const { runs, colors } = model();
    for (let at = firstRunAfter(runs, Math.floor(visible.from)); at < runs.length; at += 1) {
      const run = runs[at]!;
      if (run.from > visible.to + 1) break;
      const left = Math.max(0, edge(run.from));
      context.fillStyle = mixColors(colors.states[run.state]!, colors.panel, BAND_SHARE);
      context.fillRect(left, 0, Math.max(1, Math.min(width, edge(run.to)) - left), height);
    }
  });
}
