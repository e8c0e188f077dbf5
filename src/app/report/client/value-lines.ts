/** Lines over the rows that are seen, broken where a value is missing: what a library's line series joins up. */
import type { IPanePrimitive, ISeriesApi, PaneAttachedParameter, SeriesType, Time } from 'lightweight-charts';

export interface ValueLine {
  /** By row of the level; NaN is a gap. */
  readonly values: Float64Array;
  readonly color: string;
  readonly width: number;
  readonly dash?: readonly number[];
}

/** @param model `first`: row of the level at position 0 of the axis */
export function valueLines(
  model: () => { readonly lines: readonly ValueLine[]; readonly first: number },
  axis: ISeriesApi<SeriesType>,
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
        renderer: () => ({
          draw(target) {
            const scale = chart?.timeScale();
            const range = scale?.getVisibleLogicalRange();
            if (!scale || !range) return;
            const { lines, first } = model();
            const origin = scale.logicalToCoordinate(0 as never) ?? 0;
            const spacing = scale.options().barSpacing;
            target.useBitmapCoordinateSpace(
              ({ context, horizontalPixelRatio: ratio, verticalPixelRatio }) => {
                context.lineJoin = 'round';
                for (const { values, color, width, dash = [] } of lines) {
                  const from = Math.max(0, Math.floor(range.from) + first - 1);
                  const to = Math.min(values.length - 1, Math.ceil(range.to) + first + 1);
                  context.strokeStyle = color;
                  context.lineWidth = width * ratio;
                  context.setLineDash(dash.map((length) => length * ratio));
                  context.beginPath();
                  let isPenUp = true;
                  for (let row = from; row <= to; row += 1) {
                    const y = Number.isNaN(values[row]!) ? null : axis.priceToCoordinate(values[row]!);
                    if (y === null) {
                      isPenUp = true;
                      continue;
                    }
                    const x = (origin + (row - first) * spacing) * ratio;
                    if (isPenUp) context.moveTo(x, y * verticalPixelRatio);
                    else context.lineTo(x, y * verticalPixelRatio);
                    isPenUp = false;
                  }
                  context.stroke();
                }
                context.setLineDash([]);
              },
            );
          },
        }),
      },
    ],
  };
}
