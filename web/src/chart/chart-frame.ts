/**
 * The bare chart: one library instance, the price on top and further panes below it on the same axis, its colours and
 * its heights. What is drawn over the bars and in the panes is a look's (bar-chart.ts).
 */
import {
  CandlestickSeries,
  CrosshairMode,
  createChart,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  type Time,
} from 'lightweight-charts';
import { type ChartColors, chartColorOptions } from '../../../src/app/report/client/colors.js';
import { formatPrice } from '../../../src/app/report/number-format.js';
import { LEAST_BAR_SPACING } from './viewport.js';

const TIME_SCALE_HEIGHT = 28;
const LEAST_HEIGHT = 120;

/** A pane below the price; its values run from 0 to 1. */
export interface PaneSpec {
  /** Height in px, or as a share of the chart. */
  readonly height: { readonly px: number } | { readonly share: number };
  /** Numbers on its axis. */
  readonly hasScale: boolean;
  /** Share of its height that is left free above 1: its name stands there. */
  readonly headroom?: number;
}

export interface ChartFrame {
  readonly chart: IChartApi;
  readonly candles: ISeriesApi<'Candlestick'>;
  /** An unseen line per lower pane: it gives the pane its axis. */
  readonly baselines: readonly ISeriesApi<'Line'>[];
  readonly lastClose: IPriceLine;
}

/** @param writeTime words for a time of the axis, UTC seconds */
export function createFrame(
  host: HTMLElement,
  panes: readonly PaneSpec[],
  writeTime: (seconds: number) => string,
): ChartFrame {
  const chart = createChart(host, {
    autoSize: true,
    layout: {
      attributionLogo: false,
      fontSize: 11,
      fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
      panes: { enableResize: false },
    },
    rightPriceScale: { minimumWidth: 64, entireTextOnly: true, scaleMargins: { top: 0.14, bottom: 0.05 } },
    timeScale: {
      rightOffset: 3,
      minBarSpacing: LEAST_BAR_SPACING,
      timeVisible: true,
      secondsVisible: false,
      shiftVisibleRangeOnNewBar: true,
    },
    crosshair: { mode: CrosshairMode.Normal },
    localization: { locale: 'en-GB', timeFormatter: (time: Time) => writeTime(Number(time)) },
    handleScroll: { mouseWheel: true, vertTouchDrag: false },
  });
  const candles = chart.addSeries(CandlestickSeries, {
    priceFormat: { type: 'custom', formatter: formatPrice, minMove: 1e-8 },
    priceLineVisible: false,
    lastValueVisible: false,
  });
  const lastClose = candles.createPriceLine({
    price: 0,
    lineWidth: 1,
    lineStyle: LineStyle.Dashed,
    axisLabelVisible: true,
  });
  const baselines = panes.map((spec, index) => addBaseline(chart, index + 1, spec));
  return { chart, candles, baselines, lastClose };
}

function addBaseline(
  chart: IChartApi,
  pane: number,
  { hasScale, headroom = hasScale ? 0.04 : 0 }: PaneSpec,
): ISeriesApi<'Line'> {
  const baseline = chart.addSeries(
    LineSeries,
    {
      lastValueVisible: false,
      priceLineVisible: false,
      crosshairMarkerVisible: false,
      color: 'transparent',
      priceFormat: {
        type: 'custom',
        formatter: (value: number) => (hasScale ? value.toFixed(1) : ''),
        minMove: 0.1,
      },
      autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 1 } }),
    },
    pane,
  );
  baseline.priceScale().applyOptions({ scaleMargins: { top: headroom, bottom: 0 } });
  return baseline;
}

/** @param close of the newest bar; null draws no line of it */
export function paintFrame(
  { chart, lastClose }: ChartFrame,
  colors: ChartColors,
  close: number | null,
): void {
  chart.applyOptions(chartColorOptions(colors));
  lastClose.applyOptions({
    price: close ?? 0,
    lineVisible: close !== null,
    axisLabelVisible: close !== null,
    color: colors.muted,
    axisLabelColor: colors.muted,
    axisLabelTextColor: colors.panel,
  });
}

/** @returns px from the top of the chart to the top of each lower pane */
export function arrangePanes({ chart }: ChartFrame, panes: readonly PaneSpec[], height: number): number[] {
  const inner = Math.max(LEAST_HEIGHT, height - TIME_SCALE_HEIGHT - panes.length);
  const heights = panes.map(({ height: wanted }) =>
    'px' in wanted ? wanted.px : Math.round(inner * wanted.share),
  );
  const price = inner - heights.reduce((sum, each) => sum + each, 0);
  for (const [index, pane] of chart.panes().entries()) {
    pane.setStretchFactor(index === 0 ? price : heights[index - 1]!);
  }
  let top = price + 1;
  return heights.map((each) => {
    const own = top;
    top += each + 1;
    return own;
  });
}
