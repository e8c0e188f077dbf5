/**
 * The panes of the uptrend chart and what is drawn in them: neutral candles over the states' tints, averages, signals
 * and the levels in force; the state strip; the scores; the simulated equity when there is one. Panes read the scene
 * when they draw; `take` gives the library the rows of a new one.
 */
import type { AutoscaleInfo, IChartApi, ISeriesApi, SeriesType } from 'lightweight-charts';
import { formatPrice, formatReturn } from '../number-format.js';
import type { UptrendChartData } from '../uptrend/chart-shape.js';
import { checkDots } from './check-dots.js';
import { type ChartColors, chartColorOptions, readColors } from './colors.js';
import { levelLines } from './level-lines.js';
import { addPaneAxis } from './page-chart.js';
import { byId } from './page-element.js';
import { regimeStrip } from './regime-strip.js';
import { signalMarkers } from './signal-markers.js';
import type { SignalKind } from './signal-runs.js';
import { stateBands } from './state-bands.js';
import {
  UPTREND_BUY_EDGES,
  UPTREND_EMA_INKS,
  UPTREND_SCORE_INKS,
  UPTREND_SIGNAL_INKS,
} from './uptrend-inks.js';
import { UPTREND_STATE_NAMES } from './uptrend-legend.js';
import type { UptrendLevel } from './uptrend-levels.js';
import type { UptrendLayers, UptrendScene } from './uptrend-scene.js';
import { type ValueLine, valueLines } from './value-lines.js';

declare const LightweightCharts: typeof import('lightweight-charts');

const STATE_TOKENS = UPTREND_STATE_NAMES.map((name) => name.toLowerCase());
const STRIP = 24;
const TIME_SCALE = 28;
const SCORES_SHARE = 0.2;
const EQUITY_SHARE = 0.16;

export interface UptrendPanes {
  /** The series that the crosshair follows. */
  readonly candles: ISeriesApi<'Candlestick'>;
  /** Gives the library the rows of a scene. */
  take(scene: UptrendScene): void;
  /** Reads layers and colours anew. */
  paint(): void;
  /** Divides the height of the host. */
  arrange(host: HTMLElement): void;
}

/** @param layers may change; `paint` follows */
export function uptrendPanes(
  chart: IChartApi,
  data: UptrendChartData,
  bars: UptrendLevel,
  layers: Readonly<UptrendLayers>,
): UptrendPanes {
  const lastPrice = bars.columns.close!.at(-1)!;
  const token = (name: string): string =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  let scene: UptrendScene = { held: { level: 0, from: 0, to: 0 }, level: bars, runs: [], markers: [] };
  let colors: ChartColors;
  let fills: Record<SignalKind, string>;
  let edges: string[];
  let closeLine: ValueLine = { values: bars.columns.close!, color: '', width: 1 };
  let emaLines: ValueLine[] = [];
  let scoreLines: ValueLine[] = [];
  let equityLines: ValueLine[] = [];
  let checkColor = '';

  const candles: ISeriesApi<'Candlestick'> = chart.addSeries(LightweightCharts.CandlestickSeries, {
    priceFormat: { type: 'custom', formatter: formatPrice, minMove: 10 ** -data.decimals },
    priceLineVisible: false,
    lastValueVisible: false,
    // averages that the price has left stay in sight
    autoscaleInfoProvider: (original: () => AutoscaleInfo | null): AutoscaleInfo | null => {
      const info = original();
      const range = chart.timeScale().getVisibleLogicalRange();
      if (!info?.priceRange || !range || !layers.emas) return info;
      const { held, level } = scene;
      const from = Math.max(0, Math.floor(range.from) + held.from);
      const to = Math.min(level.rows - 1, Math.ceil(range.to) + held.from);
      let { minValue, maxValue } = info.priceRange;
      for (const [name] of UPTREND_EMA_INKS) {
        const values = level.columns[name]!;
        for (let row = from; row <= to; row += 1) {
          if (values[row]! < minValue) minValue = values[row]!;
          if (values[row]! > maxValue) maxValue = values[row]!;
        }
      }
      return { ...info, priceRange: { minValue, maxValue } };
    },
  });
  const lastClose = candles.createPriceLine({ price: lastPrice, lineWidth: 1, axisLabelVisible: true });
  const strip = addPaneAxis(chart, 1, { formatter: () => '', minMove: 1 });
  const scores = addPaneAxis(chart, 2, { formatter: (value) => value.toFixed(1), minMove: 0.1 }, () => [
    0, 1,
  ]);
  const equity =
    bars.columns.equity === undefined
      ? undefined
      : addPaneAxis(chart, 3, { formatter: (value) => formatReturn(value - 1, 1), minMove: 0.0001 }, () => {
          const { held, level } = scene;
          const range = chart.timeScale().getVisibleLogicalRange();
          const from = Math.max(0, Math.floor(range?.from ?? 0) + held.from);
          const to = Math.min(level.rows, Math.ceil(range?.to ?? level.rows) + held.from + 1);
          const seen = level.columns.equity!.subarray(Math.min(from, level.rows - 1), Math.max(to, 1));
          return [
            seen.reduce((least, value) => Math.min(least, value)),
            seen.reduce((most, value) => Math.max(most, value)),
          ];
        });
  const axes: ISeriesApi<SeriesType>[] = [strip, scores, ...(equity ? [equity] : [])];
  strip.priceScale().applyOptions({ scaleMargins: { top: 0, bottom: 0 } });
  scores.priceScale().applyOptions({ scaleMargins: { top: 0.2, bottom: 0.04 } });
  equity?.priceScale().applyOptions({ scaleMargins: { top: 0.3, bottom: 0.1 } });
  const thresholdLines = ([data.thresholds.ox, data.thresholds.dx] as const).map((price) =>
    scores.createPriceLine({ price, lineWidth: 1, axisLabelVisible: false, lineStyle: 1 }),
  );
  const [pricePane, stripPane, scoresPane, equityPane] = chart.panes();
  const first = (): number => scene.held.from;
  pricePane!.attachPrimitive(stateBands(() => ({ runs: scene.runs, colors })));
  pricePane!.attachPrimitive(
    levelLines(
      () => ({
        levels: layers.levels && scene.held.to === scene.level.rows ? data.levels : [],
        last: scene.level.rows - 1 - first(),
        close: lastPrice,
        colors,
      }),
      candles,
    ),
  );
  pricePane!.attachPrimitive(
    valueLines(
      () => ({
        lines: [...(layers.emas ? emaLines : []), ...(layers.line ? [closeLine] : [])],
        first: first(),
      }),
      candles,
    ),
  );
  pricePane!.attachPrimitive(
    checkDots(
      () => ({
        strength: layers.signals ? scene.level.columns.entry_ts! : new Float64Array(0),
        close: scene.level.columns.close!,
        first: first(),
        threshold: data.thresholds.ts,
        color: checkColor,
      }),
      candles,
    ),
  );
  pricePane!.attachPrimitive(
    signalMarkers(
      () => ({ markers: layers.signals ? scene.markers : [], first: first(), colors, fills, edges }),
      candles,
    ),
  );
  stripPane!.attachPrimitive(
    regimeStrip(() => ({ runs: scene.runs, labels: UPTREND_STATE_NAMES, names: STATE_TOKENS, colors })),
  );
  scoresPane!.attachPrimitive(
    valueLines(() => ({ lines: layers.ts ? scoreLines : scoreLines.slice(1), first: first() }), scores),
  );
  if (equity) equityPane!.attachPrimitive(valueLines(() => ({ lines: equityLines, first: first() }), equity));

  function paint(): void {
    colors = readColors(STATE_TOKENS, '');
    fills = Object.fromEntries(
      Object.entries(UPTREND_SIGNAL_INKS).map(([kind, name]) => [kind, token(name)]),
    ) as Record<SignalKind, string>;
    edges = UPTREND_BUY_EDGES.map(token);
    checkColor = token('s1');
    const { columns } = scene.level;
    emaLines = UPTREND_EMA_INKS.map(([name, color, width]) => ({
      values: columns[name]!,
      color: token(color),
      width,
    }));
    closeLine = { values: columns.close!, color: colors.text, width: 1.25 };
    scoreLines = UPTREND_SCORE_INKS.map(([name, color, width, dash]) => ({
      values: columns[name]!,
      color: token(color),
      width,
      dash,
    }));
    equityLines = columns.equity ? [{ values: columns.equity, color: token('accent'), width: 1.5 }] : [];
    chart.applyOptions(chartColorOptions(colors));
    const { panel } = colors;
    const muted = layers.line ? 'transparent' : colors.muted;
    pricePane!.priceScale('right').applyOptions({ mode: layers.log ? 1 : 0 });
    candles.applyOptions({
      upColor: layers.line ? muted : panel,
      downColor: muted,
      borderUpColor: muted,
      borderDownColor: muted,
      wickUpColor: muted,
      wickDownColor: muted,
    });
    lastClose.applyOptions({
      color: colors.muted,
      axisLabelColor: colors.muted,
      axisLabelTextColor: panel,
      lineStyle: LightweightCharts.LineStyle.Dashed,
    });
    thresholdLines[0]!.applyOptions({ color: token('warn') });
    thresholdLines[1]!.applyOptions({ color: token('accent') });
  }

  return {
    candles,
    paint,
    take(next) {
      scene = next;
      const { held, level } = scene;
      const { columns, time } = level;
      chart.applyOptions({ timeScale: { timeVisible: level.bucket < 86_400_000 } });
      candles.setData(
        Array.from({ length: held.to - held.from }, (_, position) => {
          const at = held.from + position;
          return {
            time: time[at] as never,
            open: columns.open![at]!,
            high: columns.high![at]!,
            low: columns.low![at]!,
            close: columns.close![at]!,
          };
        }),
      );
      const ends = [...new Set([held.from, held.to - 1])].map((at) => ({
        time: time[at] as never,
        value: 1,
      }));
      for (const series of axes) series.setData(ends as never);
      paint();
    },
    arrange(host) {
      const height = host.clientHeight - TIME_SCALE - STRIP;
      const parts = [
        height * (1 - SCORES_SHARE - (equity ? EQUITY_SHARE : 0)),
        STRIP,
        height * SCORES_SHARE,
        ...(equity ? [height * EQUITY_SHARE] : []),
      ];
      for (const [at, pane] of chart.panes().entries()) pane.setStretchFactor(parts[at]!);
      byId('scores-name').style.top = `${parts[0]! + STRIP + 8}px`;
      if (equity) byId('equity-name').style.top = `${parts[0]! + STRIP + parts[2]! + 10}px`;
    },
  };
}
