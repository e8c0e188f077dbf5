/** Dashed verticals where a model was fitted again, through a whole pane. Only those on screen are drawn. */
import type { IPanePrimitive, Time } from 'lightweight-charts';
import type { ChartColors } from '../../../src/app/report/client/colors.js';
import { paneDrawing } from '../../../src/app/report/client/pane-drawing.js';

export interface RefitModel {
  /** Chart positions, ascending. */
  readonly positions: readonly number[];
  readonly colors: ChartColors;
}

/** Lines closer than this, in px, would be a hatch and are left out. */
const LEAST_DISTANCE = 6;

export function refitLines(model: () => RefitModel): IPanePrimitive<Time> {
  return paneDrawing('bottom', ({ context, height, across, visible, edge }) => {
    const { positions, colors } = model();
    if (positions.length === 0) return;
    context.strokeStyle = colors.faint;
    context.lineWidth = Math.max(1, Math.floor(across));
    context.setLineDash([2 * across, 4 * across]);
    context.beginPath();
    let before = Number.NEGATIVE_INFINITY;
    for (const position of positions) {
      if (position < visible.from || position > visible.to) continue;
      const x = edge(position);
      if (x - before < LEAST_DISTANCE * across) continue;
      before = x;
      context.moveTo(x + 0.5, 0);
      context.lineTo(x + 0.5, height);
    }
    context.stroke();
    context.setLineDash([]);
  });
}
