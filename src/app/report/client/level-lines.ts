/**
 * Support and resistance as dashed lines right of the last bar, where they were not known before (design §4: levels
 * repaint, so today's are never drawn over history).
 */
import type { IPanePrimitive, ISeriesApi, Time } from 'lightweight-charts';
import type { LevelLine } from '../uptrend/chart-shape.js';
import type { ChartColors } from './colors.js';
import { paneDrawing } from './pane-drawing.js';

interface LevelModel {
  levels: readonly LevelLine[];
  /** Position of the last bar. */
  last: number;
  /** Its close, whose own line no words may stand in. */
  close: number;
  colors: ChartColors;
}

const LABEL_ROOM = 13;

export function levelLines(model: () => LevelModel, prices: ISeriesApi<'Candlestick'>): IPanePrimitive<Time> {
  return paneDrawing('normal', ({ context, width, height, across, down, barSpacing, middle }) => {
    const { levels, last, close, colors } = model();
    const left = Math.max(0, middle(last) + barSpacing * across);
    if (left > width - 24 * across) return;
    context.font = `500 ${11 * across}px Inter, system-ui, sans-serif`;
    context.textAlign = 'right';
    context.textBaseline = 'bottom';
    let above = Number.NEGATIVE_INFINITY;
    const own = (prices.priceToCoordinate(close) ?? -99) * down;
    for (const { price, label } of levels) {
      const y = (prices.priceToCoordinate(price) ?? -1) * down;
      if (y < LABEL_ROOM * down || y > height) continue;
      context.strokeStyle = colors.muted;
      context.lineWidth = Math.max(1, Math.floor(across));
      context.setLineDash([5 * across, 4 * across]);
      context.beginPath();
      context.moveTo(left, Math.round(y) + 0.5);
      context.lineTo(width, Math.round(y) + 0.5);
      context.stroke();
      context.setLineDash([]);
      const words = context.measureText(label).width;
      if (y - above < LABEL_ROOM * down || words > width - left) continue;
      const gap = (y - own) / down;
      const isUnder = gap >= -1 && gap < LABEL_ROOM + 2;
      const bottom = y + (isUnder ? LABEL_ROOM + 1 : -1) * down;
      above = bottom;
      const room = words + 8 * across;
      context.fillStyle = colors.panel;
      context.fillRect(
        width - 2 * across - room,
        bottom - (LABEL_ROOM - 1) * down,
        room,
        (LABEL_ROOM - 1) * down,
      );
      context.fillStyle = colors.muted;
      context.fillText(label, width - 6 * across, bottom);
    }
    context.textAlign = 'left';
  });
}
