/**
 * Marks on the first bar of a new regime: a triangle up below the bar for the bull side, down above it for the bear
 * side, a diamond below for the others, so that the shape tells without the colour. Marks closer than 18 px are one
 * mark with its count, so that ten thousand held ones cost what fits on the screen.
 */
import type { IPanePrimitive, ISeriesApi, Time } from 'lightweight-charts';
import type { ChartColors } from '../../../src/app/report/client/colors.js';
import { paneDrawing } from '../../../src/app/report/client/pane-drawing.js';

export interface SwitchMark {
  /** Chart position. */
  readonly position: number;
  readonly state: number;
  /** Prices that the mark keeps clear of. */
  readonly high: number;
  readonly low: number;
}

export interface SwitchModel {
  /** Ascending by position. */
  readonly marks: readonly SwitchMark[];
  /** Names of the regime colours: they decide the shape. */
  readonly names: readonly string[];
  readonly colors: ChartColors;
}

/** Marks closer than this, in px, are drawn as one. */
const MERGE_BELOW = 18;
const SIZE = 5;
const CLEARANCE = 6;

type Shape = 'up' | 'down' | 'diamond';

export function shapeOf(name: string): Shape {
  if (name.endsWith('bull')) return 'up';
  return name.endsWith('bear') ? 'down' : 'diamond';
}

/** First mark at or after a position. */
function firstAt(marks: readonly SwitchMark[], position: number): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (marks[middle]!.position < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Marks [from, to) that are drawn together: the first of them, and how many. */
export interface MarkGroup {
  readonly mark: SwitchMark;
  readonly count: number;
}

/** @param spacing px from one position to the next */
export function groupMarks(
  marks: readonly SwitchMark[],
  from: number,
  to: number,
  spacing: number,
): MarkGroup[] {
  const groups: MarkGroup[] = [];
  let index = firstAt(marks, from);
  while (index < marks.length && marks[index]!.position <= to) {
    const mark = marks[index]!;
    // jumping by position instead of walking keeps a screen of thousands cheap
    const next = firstAt(marks, Math.max(mark.position + 1, mark.position + MERGE_BELOW / spacing));
    groups.push({ mark, count: next - index });
    index = next;
  }
  return groups;
}

export function switchMarkers(
  model: () => SwitchModel,
  prices: ISeriesApi<'Candlestick'>,
): IPanePrimitive<Time> {
  return paneDrawing('top', ({ context, down, visible, barSpacing, middle }) => {
    const { marks, names, colors } = model();
    if (marks.length === 0) return;
    const groups = groupMarks(marks, Math.floor(visible.from), Math.ceil(visible.to), barSpacing);
    context.font = `500 ${11 * down}px Inter, system-ui, sans-serif`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (const { mark, count } of groups) {
      const shape = shapeOf(names[mark.state] ?? '');
      const above = shape === 'down';
      const y = prices.priceToCoordinate(above ? mark.high : mark.low);
      if (y === null) continue;
      const x = middle(mark.position);
      const side = above ? -1 : 1;
      const centre = y + side * (CLEARANCE + SIZE);
      const color = colors.states[mark.state] ?? colors.faint;
      drawShape(context, shape, x, centre * down, SIZE * down, color, colors.panel);
      if (count === 1) continue;
      context.fillStyle = colors.muted;
      context.fillText(`×${count}`, x, (centre + side * (SIZE + 8)) * down);
    }
  });
}

function drawShape(
  context: CanvasRenderingContext2D,
  shape: Shape,
  x: number,
  y: number,
  size: number,
  color: string,
  edge: string,
): void {
  context.beginPath();
  if (shape === 'diamond') {
    context.moveTo(x, y - size);
    context.lineTo(x + size, y);
    context.lineTo(x, y + size);
    context.lineTo(x - size, y);
  } else {
    const tip = shape === 'up' ? -size : size;
    context.moveTo(x, y + tip);
    context.lineTo(x + size, y - tip);
    context.lineTo(x - size, y - tip);
  }
  context.closePath();
  context.fillStyle = color;
  context.fill();
  context.strokeStyle = edge;
  context.stroke();
}
