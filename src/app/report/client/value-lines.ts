/** Lines over the rows that are seen, broken where a value is missing: what a library's line series joins up. */
import type { IPanePrimitive, ISeriesApi, SeriesType, Time } from 'lightweight-charts';
import { paneDrawing } from './pane-drawing.js';

export interface ValueLine {
  /** By row of the level; NaN is a gap. */
  readonly values: Float64Array;
  readonly color: string;
  /** Pixels; `dash` as the canvas takes it. */
  readonly width: number;
  readonly dash?: readonly number[];
}

/** @param model `first`: row of the level at position 0 of the axis */
export function valueLines(
  model: () => { readonly lines: readonly ValueLine[]; readonly first: number },
  axis: ISeriesApi<SeriesType>,
): IPanePrimitive<Time> {
  return paneDrawing('normal', ({ context, across, down, visible, barSpacing, middle }) => {
    const { lines, first } = model();
    const place = placeOnAxis(axis);
    if (!place) return;
    const origin = middle(0);
    context.lineJoin = 'round';
    for (const { values, color, width, dash = [] } of lines) {
      const from = Math.max(0, Math.floor(visible.from) + first - 1);
      const to = Math.min(values.length - 1, Math.ceil(visible.to) + first + 1);
      context.strokeStyle = color;
      context.lineWidth = width * across;
      context.setLineDash(dash.map((length) => length * across));
      context.beginPath();
      let isPenUp = true;
      for (let row = from; row <= to; row += 1) {
        const value = values[row]!;
        if (Number.isNaN(value)) {
          isPenUp = true;
          continue;
        }
        const x = origin + (row - first) * barSpacing * across;
        const y = place(value) * down;
        if (isPenUp) context.moveTo(x, y);
        else context.lineTo(x, y);
        isPenUp = false;
      }
      context.stroke();
    }
    context.setLineDash([]);
  });
}

/** Page pixels from the top of the pane by value; undefined while there is no scale. */
function placeOnAxis(axis: ISeriesApi<SeriesType>): ((value: number) => number) | undefined {
  const { mode } = axis.priceScale().options();
  if (mode !== 0) return (value) => axis.priceToCoordinate(value) ?? 0;
  // a linear scale is told by two places: a call per point would cost most of the frame
  const zero = axis.priceToCoordinate(0);
  const one = axis.priceToCoordinate(1);
  if (zero === null || one === null) return undefined;
  return (value) => zero + (one - zero) * value;
}
