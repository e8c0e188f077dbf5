/**
 * What every chart of a report page has in common: one library instance in the page's type, a wheel that scrolls the
 * page until the chart has been chosen, and a repaint when the theme changes or the page is printed.
 */
import type { DeepPartial, IChartApi, ISeriesApi, Time, TimeChartOptions } from 'lightweight-charts';
import { keepPrintLight } from './print-light.js';

declare const LightweightCharts: typeof import('lightweight-charts');

interface PageChartLook {
  /** UTC ms in words, at the crosshair. */
  readonly formatTime: (time: number) => string;
  /** Room above and below the prices, shares of the pane. */
  readonly priceMargins: { readonly top: number; readonly bottom: number };
  readonly timeScale: DeepPartial<TimeChartOptions['timeScale']>;
}

/** A chart without the library's logo (it is named in the footer) that follows the size of its host. */
export function createPageChart(host: HTMLElement, look: PageChartLook): IChartApi {
  const chart = LightweightCharts.createChart(host, {
    autoSize: true,
    layout: {
      attributionLogo: false,
      fontSize: 11,
      fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
      panes: { enableResize: false },
    },
    rightPriceScale: { minimumWidth: 64, entireTextOnly: true, scaleMargins: look.priceMargins },
    timeScale: look.timeScale,
    crosshair: { mode: LightweightCharts.CrosshairMode.Normal },
    localization: { locale: 'en-GB', timeFormatter: (time: Time) => look.formatTime(Number(time) * 1000) },
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
    handleScale: { mouseWheel: false },
  });
  const wheel = (mouseWheel: boolean) => () =>
    chart.applyOptions({ handleScroll: { mouseWheel }, handleScale: { mouseWheel } });
  host.addEventListener('focus', wheel(true));
  host.addEventListener('blur', wheel(false));
  return chart;
}

/** Draws the chart again in the colours of the moment: theme of the screen, light on paper. */
export function keepPainted(chart: IChartApi, host: HTMLElement, paint: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint);
  keepPrintLight(chart, host, paint);
}

/**
 * A pane's price axis; what stands in the pane is drawn by primitives.
 * @param range lowest and highest value of the axis, where the values of the series do not tell
 */
export function addPaneAxis(
  chart: IChartApi,
  pane: number,
  label: { readonly formatter: (value: number) => string; readonly minMove: number },
  range?: () => [lowest: number, highest: number],
): ISeriesApi<'Line'> {
  return chart.addSeries(
    LightweightCharts.LineSeries,
    {
      lastValueVisible: false,
      priceLineVisible: false,
      crosshairMarkerVisible: false,
      color: 'transparent',
      priceFormat: { type: 'custom', ...label },
      ...(range === undefined
        ? {}
        : {
            autoscaleInfoProvider: () => {
              const [minValue, maxValue] = range();
              return { priceRange: { minValue, maxValue } };
            },
          }),
    },
    pane,
  );
}
