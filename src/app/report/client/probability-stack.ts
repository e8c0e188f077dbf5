/** Probabilities stacked from 0 to 1, one stepped column per device pixel at most, drawn from typed arrays. */
import type { IPanePrimitive, ISeriesApi, Time } from 'lightweight-charts';
import { type ChartColors, mixColors } from './colors.js';
import { paneDrawing } from './pane-drawing.js';

export interface StackModel {
  /** One column per state, by chart position; NaN = nothing to draw. */
  columns: Float64Array[];
  /** Positions of the time axis. */
  length: number;
  /** States from the bottom up. */
  order: number[];
  colors: ChartColors;
}

/** @param scale a series of the same pane whose price scale runs from 0 to 1 */
export function probabilityStack(model: () => StackModel, scale: ISeriesApi<'Line'>): IPanePrimitive<Time> {
  return paneDrawing('bottom', ({ context, down, visible, edge }) => {
    const top = scale.priceToCoordinate(1);
    const bottom = scale.priceToCoordinate(0);
    if (top === null || bottom === null) return;
    const { columns, length, order, colors } = model();
    const fills = colors.states.map((color) => mixColors(color, colors.panel, 0.62));
    const y = (level: number): number => Math.round((bottom + (top - bottom) * level) * down);
    const last = Math.min(length - 1, Math.ceil(visible.to));
    let position = Math.max(0, Math.floor(visible.from));
    while (position <= last) {
      const left = edge(position);
      let next = position + 1;
      while (next <= last && edge(next) <= left) next += 1;
      const right = Math.max(left + 1, edge(next));
      // several positions in one pixel: their mean
      let base = 0;
      for (const state of order) {
        let sum = 0;
        for (let at = position; at < next; at += 1) sum += columns[state]![at]!;
        if (Number.isNaN(sum)) break;
        const level = Math.min(1, base + sum / (next - position));
        context.fillStyle = fills[state]!;
        context.fillRect(left, y(level), right - left, y(base) - y(level));
        base = level;
      }
      position = next;
    }
  });
}
