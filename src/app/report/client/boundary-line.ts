/** Dashed vertical where training ended, with its words on both sides in the price pane. */
import type { IPanePrimitive, Time } from 'lightweight-charts';
import { type ChartColors, mixColors } from './colors.js';
import { paneDrawing } from './pane-drawing.js';

export interface BoundaryModel {
  /** Chart position of the first bar out of sample; null when it is not on this level. */
  position: number | null;
  colors: ChartColors;
}

/** @param wordsTop px from the top of the pane, or null for the line alone */
export function boundaryLine(model: () => BoundaryModel, wordsTop: number | null): IPanePrimitive<Time> {
  return paneDrawing('top', ({ context, width, height, across: unit, down, edge }) => {
    const { position, colors } = model();
    if (position === null) return;
    const x = edge(position);
    if (x < 0 || x > width) return;
    context.strokeStyle = colors.text;
    context.lineWidth = Math.max(1, Math.floor(unit));
    context.setLineDash([4 * unit, 3 * unit]);
    context.beginPath();
    context.moveTo(x + 0.5, 0);
    context.lineTo(x + 0.5, height);
    context.stroke();
    context.setLineDash([]);
    if (wordsTop === null) return;
    context.font = `500 ${11 * unit}px Inter, system-ui, sans-serif`;
    context.textBaseline = 'middle';
    const y = wordsTop * down;
    for (const [words, side] of [
      ['← in sample', -1],
      ['out of sample →', 1],
    ] as const) {
      const room = context.measureText(words).width;
      const left = side < 0 ? x - room - 6 * unit : x + 6 * unit;
      if (left < 0 || left + room > width) continue;
      context.fillStyle = mixColors(colors.panel, colors.panel, 1);
      context.globalAlpha = 0.82;
      context.fillRect(left - 3 * unit, y - 9 * unit, room + 6 * unit, 18 * unit);
      context.globalAlpha = 1;
      context.fillStyle = colors.text;
      context.fillText(words, left, y);
    }
  });
}
