/** Tints behind the lines of a pane: which side a regime favours, stronger for the strong ones. */
import type { IPanePrimitive, Time } from 'lightweight-charts';
import { mixColors } from './colors.js';
import { paneDrawing } from './pane-drawing.js';
import { firstRunAfter, type StateRun } from './state-runs.js';

const SHARE = 0.22;
const STRONG_SHARE = 0.4;

export interface SideColors {
  panel: string;
  majors: string;
  alts: string;
}

/** @param sides by state: 1 favours majors, −1 alts, 0 neither (no band) */
export function sideBands(
  model: () => { runs: readonly StateRun[]; colors: SideColors },
  sides: readonly { readonly side: number; readonly strong: boolean }[],
): IPanePrimitive<Time> {
  return paneDrawing('bottom', ({ context, width, height, visible, edge }) => {
    const { runs, colors } = model();
    for (let at = firstRunAfter(runs, Math.floor(visible.from)); at < runs.length; at += 1) {
      const run = runs[at]!;
      if (run.from > visible.to + 1) break;
      const { side, strong } = sides[run.state]!;
      if (side === 0) continue;
      const left = Math.max(0, edge(run.from));
      const color = side > 0 ? colors.majors : colors.alts;
      context.fillStyle = mixColors(color, colors.panel, strong ? STRONG_SHARE : SHARE);
      context.fillRect(left, 0, Math.max(1, Math.min(width, edge(run.to)) - left), height);
    }
  });
}
