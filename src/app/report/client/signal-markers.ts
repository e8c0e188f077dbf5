/** Signals as shapes at their bars: diamond buy, cross trim, triangle emergency, star reclaimed, square exit (design §4). */
import type { IPanePrimitive, ISeriesApi, PaneAttachedParameter, Time } from 'lightweight-charts';
import type { SignalKind } from '../uptrend/chart-shape.js';
import type { ChartColors } from './colors.js';

export interface SignalMarker {
  /** Position on the chart's axis. */
  at: number;
  kind: SignalKind;
  /** Bars of the run that it stands for. */
  count: number;
  state: number;
  /** The bar's high and low. */
  high: number;
  low: number;
}

interface MarkerModel {
  markers: readonly SignalMarker[];
  colors: ChartColors;
  fills: Readonly<Record<SignalKind, string>>;
}

const SIZE = 5;
const AWAY = 11;
/** Pixels to the marker before, below which the words drop. */
const ROOM_FOR_WORDS = 18;

export function signalMarkers(
  model: () => MarkerModel,
  prices: ISeriesApi<'Candlestick'>,
): IPanePrimitive<Time> {
  let chart: PaneAttachedParameter<Time>['chart'] | undefined;
  return {
    attached(parameters) {
      chart = parameters.chart;
    },
    detached() {
      chart = undefined;
    },
    paneViews: () => [
      {
        zOrder: () => 'top',
        renderer: () => ({
          draw(target) {
            const scale = chart?.timeScale();
            const range = scale?.getVisibleLogicalRange();
            if (!scale || !range) return;
            const { markers, colors, fills } = model();
            target.useBitmapCoordinateSpace(
              ({ context, horizontalPixelRatio: ratio, verticalPixelRatio }) => {
                const before = { above: -100, below: -100 };
                context.font = `500 ${11 * ratio}px Inter, system-ui, sans-serif`;
                context.textAlign = 'center';
                context.textBaseline = 'middle';
                for (const { at, kind, count, state, high, low } of markers) {
                  if (at < range.from - 1 || at > range.to + 1) continue;
                  const side = kind === 'trim' ? 'above' : 'below';
                  const x = scale.logicalToCoordinate(at as never) ?? 0;
                  const bar = prices.priceToCoordinate(side === 'above' ? high : low);
                  if (bar === null) continue;
                  const y = bar + (side === 'above' ? -AWAY : AWAY);
                  context.fillStyle = fills[kind];
                  context.strokeStyle =
                    kind === 'buy' || kind === 'dip' ? colors.states[state]! : colors.panel;
                  context.lineWidth = (kind === 'buy' || kind === 'dip' ? 2 : 1) * ratio;
                  drawShape(context, kind, x * ratio, y * verticalPixelRatio, SIZE * ratio);
                  if (x - before[side] < ROOM_FOR_WORDS) continue;
                  before[side] = x;
                  if (count === 1) continue;
                  context.fillStyle = colors.text;
                  context.fillText(
                    `×${count}`,
                    x * ratio,
                    (y + (side === 'above' ? -14 : 14)) * verticalPixelRatio,
                  );
                }
                context.textAlign = 'left';
              },
            );
          },
        }),
      },
    ],
  };
}

/** A closed path from points around the centre, in units of the size. */
const SHAPES: Readonly<Record<Exclude<SignalKind, 'trim'>, readonly (readonly [number, number])[]>> = {
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
  emergency: [
    [0, -1.2],
    [1.2, 1],
    [-1.2, 1],
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
): void {
  context.beginPath();
  if (kind === 'trim') {
    context.strokeStyle = context.fillStyle;
    context.lineWidth = size * 0.45;
    context.moveTo(x - size, y - size);
    context.lineTo(x + size, y + size);
    context.moveTo(x + size, y - size);
    context.lineTo(x - size, y + size);
    context.stroke();
    return;
  }
  for (const [dx, dy] of SHAPES[kind]) context.lineTo(x + dx * size, y + dy * size);
  context.closePath();
  context.fill();
  context.stroke();
}
