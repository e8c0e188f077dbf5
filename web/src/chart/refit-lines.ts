/** Dashed verticals where a model was fitted again, through a whole pane. Only those on screen are drawn. */
import type { IPanePrimitive, PaneAttachedParameter, Time } from 'lightweight-charts';
import type { ChartColors } from '../../../src/app/report/client/colors.js';

export interface RefitModel {
  /** Chart positions, ascending. */
  readonly positions: readonly number[];
  readonly colors: ChartColors;
}

/** Lines closer than this, in px, would be a hatch and are left out. */
const LEAST_DISTANCE = 6;

export function refitLines(model: () => RefitModel): IPanePrimitive<Time> {
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
        zOrder: () => 'bottom',
        renderer: () => ({
          draw(target) {
            const scale = chart?.timeScale();
            const { positions, colors } = model();
            const visible = scale?.getVisibleLogicalRange();
            if (!scale || !visible || positions.length === 0) return;
            const { barSpacing } = scale.options();
            target.useBitmapCoordinateSpace(({ context, bitmapSize, horizontalPixelRatio: ratio }) => {
              context.strokeStyle = colors.faint;
              context.lineWidth = Math.max(1, Math.floor(ratio));
              context.setLineDash([2 * ratio, 4 * ratio]);
              context.beginPath();
              let before = Number.NEGATIVE_INFINITY;
              for (const position of positions) {
                if (position < visible.from || position > visible.to) continue;
                const centre = scale.logicalToCoordinate(position as never);
                if (centre === null || centre - before < LEAST_DISTANCE) continue;
                before = centre;
                const x = Math.round((centre - barSpacing / 2) * ratio) + 0.5;
                context.moveTo(x, 0);
                context.lineTo(x, bitmapSize.height);
              }
              context.stroke();
              context.setLineDash([]);
            });
          },
        }),
      },
    ],
  };
}
