/**
 * Support and resistance as dashed lines right of the last bar, where they were not known before (design §4: levels
 * repaint, so today's are never drawn over history).
 */
import type { IPanePrimitive, ISeriesApi, PaneAttachedParameter, Time } from 'lightweight-charts';
import type { LevelLine } from '../uptrend/chart-shape.js';
import type { ChartColors } from './colors.js';

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
            const { levels, last, close, colors } = model();
            const end = scale?.logicalToCoordinate(last as never);
            if (!scale || end === null || end === undefined) return;
            target.useBitmapCoordinateSpace(
              ({ context, bitmapSize, horizontalPixelRatio: ratio, verticalPixelRatio }) => {
                const left = Math.max(0, (end + scale.options().barSpacing) * ratio);
                if (left > bitmapSize.width - 24 * ratio) return;
                context.font = `500 ${11 * ratio}px Inter, system-ui, sans-serif`;
                context.textAlign = 'right';
                context.textBaseline = 'bottom';
                let above = Number.NEGATIVE_INFINITY;
                const own = (prices.priceToCoordinate(close) ?? -99) * verticalPixelRatio;
                for (const { price, label } of levels) {
                  const y = (prices.priceToCoordinate(price) ?? -1) * verticalPixelRatio;
                  if (y < LABEL_ROOM * verticalPixelRatio || y > bitmapSize.height) continue;
                  context.strokeStyle = colors.muted;
                  context.lineWidth = Math.max(1, Math.floor(ratio));
                  context.setLineDash([5 * ratio, 4 * ratio]);
                  context.beginPath();
                  context.moveTo(left, Math.round(y) + 0.5);
                  context.lineTo(bitmapSize.width, Math.round(y) + 0.5);
                  context.stroke();
                  context.setLineDash([]);
                  if (y - above < LABEL_ROOM * verticalPixelRatio) continue;
                  if (context.measureText(label).width > bitmapSize.width - left) continue;
                  const gap = (y - own) / verticalPixelRatio;
                  const isUnder = gap >= -1 && gap < LABEL_ROOM + 2;
                  const bottom = y + (isUnder ? LABEL_ROOM + 1 : -1) * verticalPixelRatio;
                  above = bottom;
                  const room = context.measureText(label).width + 8 * ratio;
                  context.fillStyle = colors.panel;
                  context.fillRect(
                    bitmapSize.width - 2 * ratio - room,
                    bottom - (LABEL_ROOM - 1) * verticalPixelRatio,
                    room,
                    (LABEL_ROOM - 1) * verticalPixelRatio,
                  );
                  context.fillStyle = colors.muted;
                  context.fillText(label, bitmapSize.width - 6 * ratio, bottom);
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
