/**
 * Something drawn by hand in a pane of a chart: the drawing alone is given, how the library attaches it is settled here.
 * All coordinates are device pixels of the pane's canvas.
 */
import type {
  IPanePrimitive,
  IPrimitivePaneRenderer,
  ITimeScaleApi,
  PrimitivePaneViewZOrder,
  Time,
} from 'lightweight-charts';

type Target = Parameters<IPrimitivePaneRenderer['draw']>[0];
type BitmapSpace = Parameters<Parameters<Target['useBitmapCoordinateSpace']>[0]>[0];

export interface PaneCanvas {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** Device pixels in a pixel of the page, across and down. */
  readonly across: number;
  readonly down: number;
  /** Positions on screen; the last may be cut. */
  readonly visible: { readonly from: number; readonly to: number };
  /** Page pixels from one bar to the next. */
  readonly barSpacing: number;
  /** Left edge of the room of a bar, whole. */
  edge(position: number): number;
  /** Middle of a bar. */
  middle(position: number): number;
}

/** Nothing is drawn while no bar is on screen. */
export function paneDrawing(
  layer: PrimitivePaneViewZOrder,
  draw: (canvas: PaneCanvas) => void,
): IPanePrimitive<Time> {
  let scale: ITimeScaleApi<Time> | undefined;
  return {
    attached({ chart }) {
      scale = chart.timeScale() as ITimeScaleApi<Time>;
    },
    detached() {
      scale = undefined;
    },
    paneViews: () => [
      {
        zOrder: () => layer,
        renderer: () => ({
          draw(target) {
            const visible = scale?.getVisibleLogicalRange();
            if (scale && visible)
              target.useBitmapCoordinateSpace((space) => draw(paneCanvas(scale!, visible, space)));
          },
        }),
      },
    ],
  };
}

function paneCanvas(
  scale: ITimeScaleApi<Time>,
  visible: PaneCanvas['visible'],
  { context, bitmapSize, horizontalPixelRatio: across, verticalPixelRatio: down }: BitmapSpace,
): PaneCanvas {
  const { barSpacing } = scale.options();
  // the library answers 0 for a position between two bars, and null before it has any
  const place = (position: number): number => scale.logicalToCoordinate(position as never) ?? 0;
  return {
    context,
    width: bitmapSize.width,
    height: bitmapSize.height,
    across,
    down,
    visible,
    barSpacing,
    edge: (position) => Math.round((place(position) - barSpacing / 2) * across),
    middle: (position) => place(position) * across,
  };
}
