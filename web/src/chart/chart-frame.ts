/**
 * The bare chart: one library instance with three panes on one axis (price, 24 px state strip, stacked probabilities),
 * its colours and its heights. Own drawing is attached by regime-chart.ts.
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
import type { ChartColors } from '../../../src/app/report/client/colors.js';
import { formatPrice } from '../../../src/app/report/number-format.js';

export const STRIP_HEIGHT = 24;
export const TIME_SCALE_HEIGHT = 28;
/** Share of the height that the probabilities take. */
const ODDS_SHARE = 0.2;

export interface ChartFrame {
  readonly chart: IChartApi;
  readonly candles: ISeriesApi<'Candlestick'>;
  readonly strip: ISeriesApi<'Line'>;
  readonly odds: ISeriesApi<'Line'>;
  readonly lastClose: IPriceLine;
}

/** @param writeTime words for a time of the axis, UTC seconds */
export function createFrame(host: HTMLElement, writeTime: (seconds: number) => string): ChartFrame {
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
      minBarSpacing: 0.5,
      timeVisible: true,
      secondsVisible: false,
      shiftVisibleRangeOnNewBar: true,
    },
    crosshair: { mode: CrosshairMode.Normal },
    localization: { locale: 'en-GB', timeFormatter: (time: Time) => writeTime(Number(time)) },
    handleScroll: { mouseWheel: true, vertTouchDrag: false },
  });
  const plain = { lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false } as const;
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
  const strip = chart.addSeries(
    LineSeries,
    { ...plain, color: 'transparent', priceFormat: { type: 'custom', formatter: () => '', minMove: 1 } },
    1,
  );
  const odds = chart.addSeries(
    LineSeries,
    {
      ...plain,
      color: 'transparent',
      priceFormat: { type: 'custom', formatter: (value: number) => value.toFixed(1), minMove: 0.1 },
      autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 1 } }),
    },
    2,
  );
  strip.priceScale().applyOptions({ scaleMargins: { top: 0, bottom: 0 } });
  odds.priceScale().applyOptions({ scaleMargins: { top: 0.04, bottom: 0 } });
  return { chart, candles, strip, odds, lastClose };
}

export function paintFrame({ chart, lastClose }: ChartFrame, colors: ChartColors, close: number): void {
  chart.applyOptions({
    layout: {
      background: { color: colors.panel },
      textColor: colors.faint,
      panes: { separatorColor: colors.border, separatorHoverColor: colors.border },
    },
    grid: { vertLines: { color: colors.grid }, horzLines: { color: colors.grid } },
    rightPriceScale: { borderColor: colors.border },
    timeScale: { borderColor: colors.border },
    crosshair: {
      vertLine: { color: colors.muted, labelBackgroundColor: colors.muted },
      horzLine: { color: colors.muted, labelBackgroundColor: colors.muted },
    },
  });
  lastClose.applyOptions({
    price: close,
    color: colors.muted,
    axisLabelColor: colors.muted,
    axisLabelTextColor: colors.panel,
  });
}

/** @returns height of the probabilities' pane in px */
export function arrangePanes({ chart }: ChartFrame, height: number): number {
  const inner = Math.max(120, height - TIME_SCALE_HEIGHT);
  const odds = Math.round(inner * ODDS_SHARE);
  const [pricePane, stripPane, oddsPane] = chart.panes();
  pricePane?.setStretchFactor(inner - STRIP_HEIGHT - odds);
  stripPane?.setStretchFactor(STRIP_HEIGHT);
  oddsPane?.setStretchFactor(odds);
  return odds;
}
