/**
 * S1 checks whose zone and slope are in order, at the close: dots that grow with trend strength (grades 0, 0.3, 0.6,
 * 0.9), a plus from the threshold on (spec uptrend-engine §8).
 */
import type { IPanePrimitive, ISeriesApi, Time } from 'lightweight-charts';
import { paneDrawing } from './pane-drawing.js';

interface CheckModel {
  /** Trend strength with boost by row of the level, NaN where there is no such check. */
  readonly strength: Float64Array;
  readonly close: Float64Array;
  /** Row of the level at position 0 of the axis. */
  readonly first: number;
  readonly threshold: number;
  readonly color: string;
}

const CHECK_GRADES = [0.3, 0.6, 0.9];
/** Pixels that a dot has to itself. */
const CHECK_ROOM = 5;

export function checkDots(model: () => CheckModel, prices: ISeriesApi<'Candlestick'>): IPanePrimitive<Time> {
  return paneDrawing('normal', ({ context, across, down, visible, barSpacing, middle }) => {
    const { strength, close, first, threshold, color } = model();
    // counted in rows, so that the same ones stay while the chart is dragged
    const stride = Math.max(1, Math.ceil(CHECK_ROOM / barSpacing));
    const from = Math.max(0, Math.floor(visible.from) + first);
    const to = Math.min(strength.length - 1, Math.ceil(visible.to) + first);
    context.fillStyle = color;
    context.strokeStyle = color;
    context.lineWidth = 1.5 * across;
    let cell = -1;
    for (let row = from; row <= to; row += 1) {
      const value = strength[row]!;
      if (Number.isNaN(value) || Math.floor(row / stride) === cell) continue;
      cell = Math.floor(row / stride);
      const x = middle(row - first);
      const y = (prices.priceToCoordinate(close[row]!) ?? -9) * down;
      const grade = CHECK_GRADES.filter((least) => value >= least).length;
      context.beginPath();
      if (value >= threshold) {
        const arm = (3 + grade * 0.4) * across;
        context.moveTo(x - arm, y);
        context.lineTo(x + arm, y);
        context.moveTo(x, y - arm);
        context.lineTo(x, y + arm);
        context.stroke();
      } else {
        context.globalAlpha = 0.5 + grade * 0.2;
        context.arc(x, y, (1.4 + grade * 0.5) * across, 0, 2 * Math.PI);
        context.fill();
        context.globalAlpha = 1;
      }
    }
  });
}
