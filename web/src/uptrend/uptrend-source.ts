/** The uptrend chart: which rows it asks for, and what it makes of the answer. */
import type { UptrendConfig } from '../../../src/analysis/uptrend/profile.js';
import type { LevelLine } from '../../../src/app/report/uptrend/chart-shape.js';
import type { UptrendSeriesAnswer } from '../../../src/app/server/api-types.js';
import { getUptrendSeries } from '../api/calls.js';
import type { ChartSource, Shown } from '../chart/price-chart.js';
import { contentOf, type UptrendContent } from './uptrend-content.js';
import { UptrendLook } from './uptrend-look.js';
import type { UptrendQuestion } from './use-uptrend.js';

export type ShownUptrend = Shown<UptrendSeriesAnswer, UptrendContent>;

export function uptrendSource(
  question: UptrendQuestion,
  levels: readonly LevelLine[],
  config: UptrendConfig,
): ChartSource<UptrendSeriesAnswer, UptrendContent> {
  const { instrument, timeframe, profile, overlay, data, continuous, shows } = question;
  const thresholds = { ox: config.oxSell, dx: config.dxBuy, ts: config.tsThreshold };
  return {
    key: JSON.stringify([instrument, timeframe, profile, overlay, data.to]),
    data,
    load: (window, signal) =>
      getUptrendSeries({ instrument, timeframe, profile, overlay, ...window }, signal),
    content: (answer) => contentOf(answer, { continuous, levels, thresholds, shows }),
    drawn: JSON.stringify([shows, levels]),
    look: () => new UptrendLook(overlay !== undefined),
  };
}
