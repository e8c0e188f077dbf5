/** Tints behind the candles in the colour of the state, faint enough not to compete with them (design §2). */
import type { IPanePrimitive, PaneAttachedParameter, Time } from 'lightweight-charts';
import { type ChartColors, mixColors } from './colors.js';
import { firstRunAfter, type StateRun } from './state-runs.js';

const BAND_SHARE = 0.09;

export function stateBands(
  model: () => { runs: readonly StateRun[]; colors: ChartColors },
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
        zOrder: () => 'bottom',
        renderer: () => ({
          draw(target) {
            const scale = chart?.timeScale();
            const range = scale?.getVisibleLogicalRange();
            if (!scale || !range) return;
            const { runs, colors } = model();
            const half = scale.options().barSpacing / 2;
            target.useBitmapCoordinateSpace(({ context, bitmapSize, horizontalPixelRatio: ratio }) => {
              const x = (position: number): number =>
                Math.round(((scale.logicalToCoordinate(position as never) ?? 0) - half) * ratio);
              for (let at = firstRunAfter(runs, Math.floor(range.from)); at < runs.length; at += 1) {
                const run = runs[at]!;
                if (run.from > range.to + 1) break;
                const left = Math.max(0, x(run.from));
                context.fillStyle = mixColors(colors.states[run.state]!, colors.panel, BAND_SHARE);
                context.fillRect(
                  left,
                  0,
                  Math.max(1, Math.min(bitmapSize.width, x(run.to)) - left),
                  bitmapSize.height,
                );
              }
            });
          },
        }),
      },
    ],
  };
}
