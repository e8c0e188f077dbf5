/**
 * Signals as shapes at their bars (spec uptrend-engine §8): diamond buy, cross trim, heavy cross emergency, star
 * reclaimed, square exit. Where bars are narrow, the most telling mark of each stretch is drawn with the bars of its
 * kind, so that a screen never holds more than it can show.
 */
import type { IPanePrimitive, ISeriesApi, Time } from 'lightweight-charts';
import type { ChartColors } from './colors.js';
import { paneDrawing } from './pane-drawing.js';
import { type SignalKind, type SignalMarker, sideOf, thinMarkers } from './signal-runs.js';

interface MarkerModel {
  /** Ascending rows. */
  markers: readonly SignalMarker[];
  /** Row of the level at position 0 of the axis. */
  first: number;
  colors: ChartColors;
  fills: Readonly<Record<SignalKind, string>>;
  /** Edge of a buy by state. */
  edges: readonly string[];
}

const MARKER_SIZE = 4.5;
const MARKER_AWAY = 11;
/** Pixels that a mark has to itself on its side. */
const MARKER_ROOM = 18;
/** Pixels to the words before, below which words drop. */
const ROOM_FOR_WORDS = 38;

export function signalMarkers(
  model: () => MarkerModel,
  prices: ISeriesApi<'Candlestick'>,
): IPanePrimitive<Time> {
  return paneDrawing('top', ({ context, across, down, visible, barSpacing, middle }) => {
    const { markers, first, colors, fills, edges } = model();
    const stride = Math.max(1, Math.ceil(MARKER_ROOM / barSpacing));
    const shown = thinMarkers(markers, visible.from + first - 1, visible.to + first + 1, stride);
    const before = { above: Number.NEGATIVE_INFINITY, below: Number.NEGATIVE_INFINITY };
    context.font = `500 ${11 * across}px Inter, system-ui, sans-serif`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.lineJoin = 'miter';
    for (const { row, kind, count, state, high, low } of shown) {
      const side = sideOf(kind);
      const x = middle(row - first);
      const bar = prices.priceToCoordinate(side === 'above' ? high : low);
      if (bar === null) continue;
      const y = bar + (side === 'above' ? -MARKER_AWAY : MARKER_AWAY);
      const isBuy = kind === 'buy' || kind === 'dip';
      context.fillStyle = fills[kind];
      context.lineWidth = (isBuy ? 4 : 2) * across;
      const edge = kind === 'dip' ? colors.states[3]! : isBuy ? edges[state]! : colors.panel;
      drawShape(context, kind, x, y * down, MARKER_SIZE * across, edge);
      if (count === 1 || x - before[side] < ROOM_FOR_WORDS * across) continue;
      before[side] = x;
      context.fillStyle = colors.text;
      context.fillText(`×${count}`, x, (y + (side === 'above' ? -14 : 15)) * down);
    }
    context.textAlign = 'left';
  });
}

/** A closed path from points around the centre, in units of the size. */
const SHAPES: Readonly<
  Record<Exclude<SignalKind, 'trim' | 'emergency'>, readonly (readonly [number, number])[]>
> = {
  buy: [
    [0, -1.2],
    [1.2, 0],
    [0, 1.2],
    [-1.2, 0],
  ],
  dip: [
    [0, -1.2],
    [1.2, 0],
    [0, 1.2],
    [-1.2, 0],
  ],
  exit: [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ],
  reclaim: Array.from({ length: 10 }, (_, point) => {
    const reach = point % 2 === 0 ? 1.4 : 0.6;
    const angle = (point * Math.PI) / 5 - Math.PI / 2;
    return [reach * Math.cos(angle), reach * Math.sin(angle)] as const;
  }),
};

function drawShape(
  context: CanvasRenderingContext2D,
  kind: SignalKind,
  x: number,
  y: number,
  size: number,
  edge: string,
): void {
  context.beginPath();
  if (kind === 'trim' || kind === 'emergency') {
    context.moveTo(x - size, y - size);
    context.lineTo(x + size, y + size);
    context.moveTo(x + size, y - size);
    context.lineTo(x - size, y + size);
    // the emergency's cross is heavy and edged, the trim's is thin
    const width = size * (kind === 'trim' ? 0.4 : 0.7);
    context.lineCap = kind === 'trim' ? 'butt' : 'square';
    context.strokeStyle = edge;
    context.lineWidth = width + size * 0.4;
    context.stroke();
    context.strokeStyle = context.fillStyle;
    context.lineWidth = width;
    context.stroke();
    context.lineCap = 'butt';
    return;
  }
  for (const [dx, dy] of SHAPES[kind]) context.lineTo(x + dx * size, y + dy * size);
  context.closePath();
  context.strokeStyle = edge;
  context.stroke();
  context.fill();
}
