/**
 * The uptrend chart: neutral candles over the states' tints, averages, signals and the levels in force; the state strip;
 * the scores; the simulated equity when there is one. Panes of one chart share axis and crosshair. The page has every bar;
 * the chart holds the rows around what is seen, in the finest buckets that can be told apart.
 *
 * Long for one file because every control reads and moves the same few things: they live in one closure; whatever needs
 * none of them is in the modules beside it.
 */
import type { AutoscaleInfo, IChartApi, ISeriesApi, SeriesType, Time } from 'lightweight-charts';
import { formatPrice, formatReturn, formatTime } from '../number-format.js';
import type { UptrendChartData } from '../uptrend/chart-shape.js';
import { checkDots } from './check-dots.js';
import { type ChartColors, chartColorOptions, readColors } from './colors.js';
import { type HeldWindow, rowAtTime, type SeenTimes, timeAtRow, windowFor } from './held-window.js';
import { levelLines } from './level-lines.js';
import { connectOverview } from './overview-window.js';
import { keepPrintLight } from './print-light.js';
import { type ChartRange, defaultRange, offeredRanges, rowAtOrAfter } from './range-choice.js';
import { regimeStrip } from './regime-strip.js';
import { signalMarkers } from './signal-markers.js';
import { type SignalKind, type SignalMarker, signalRuns } from './signal-runs.js';
import { stateBands } from './state-bands.js';
import { findRuns, type StateRun } from './state-runs.js';
import {
  UPTREND_BUY_EDGES,
  UPTREND_EMA_INKS,
  UPTREND_SCORE_INKS,
  UPTREND_SIGNAL_INKS,
} from './uptrend-inks.js';
import { barWords, UPTREND_STATE_NAMES } from './uptrend-legend.js';
import { bucketBars, decodeBars, type UptrendLevel } from './uptrend-levels.js';
import { type ValueLine, valueLines } from './value-lines.js';

declare const LightweightCharts: typeof import('lightweight-charts');

const STATE_TOKENS = UPTREND_STATE_NAMES.map((name) => name.toLowerCase());
const LENGTHS: readonly [ms: number, name: string][] = [
  [604_800_000, 'week'],
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
];
const STRIP = 24;
const TIME_SCALE = 28;
const SCORES_SHARE = 0.2;
const EQUITY_SHARE = 0.16;
/** Room for the levels' names right of the last bar. */
const LEVEL_ROOM = 150;
const AXIS_ROOM = 70;
/** Beyond this ratio of highest to lowest price a linear axis hides what was early. */
const LOG_FROM = 4;
const SETTLED_MS = 150;

function lengthName(ms: number): string {
  const [length, unit] = LENGTHS.find(([size]) => ms % size === 0) ?? [60_000, 'm'];
  return `${ms / length} ${unit}`;
}

export function startUptrendChart(): void {
  const byId = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
  const data = JSON.parse(byId('chart-data').textContent ?? '') as UptrendChartData;
  const host = byId<HTMLDivElement>('chart');
  const bars = decodeBars(data);
  const levels: UptrendLevel[] = data.buckets.map((bucket, at) =>
    at === 0 ? bars : bucketBars(bars, bucket),
  );
  const signals = signalRuns(bars.columns.state!, bars.columns.flags!);
  const firstTime = bars.time[0]!;
  const lastTime = bars.time[bars.rows - 1]! + bars.bucket / 1000;
  const parameters = new URLSearchParams(`${location.search.slice(1)}&${location.hash.slice(1)}`);
  const { high, low } = bars.columns;
  const ratio =
    high!.reduce((most, value) => Math.max(most, value)) /
    low!.reduce((least, value) => Math.min(least, value));
  const { open, close } = bars.columns;
  const flat = close!.reduce((count, value, bar) => count + Number(value === open![bar]), 0);
  const shown = {
    emas: true,
    levels: true,
    signals: true,
    ts: false,
    // candles without bodies say less than a line
    line: flat > bars.rows / 2,
    log: ratio > LOG_FROM,
  };
  const token = (name: string): string =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  let colors: ChartColors;
  let fills: Record<SignalKind, string>;
  let edges: string[];
  let closeLine: ValueLine = { values: close!, color: '', width: 1 };
  let emaLines: ValueLine[] = [];
  let scoreLines: ValueLine[] = [];
  let equityLines: ValueLine[] = [];
  let checkColor = '';
  let held: HeldWindow = { level: 0, from: 0, to: 0 };
  let level: UptrendLevel = bars;
  let runs: StateRun[] = [];
  let markers: SignalMarker[] = [];
  let cursor = -1;

  const chart: IChartApi = LightweightCharts.createChart(host, {
    autoSize: true,
    layout: {
      attributionLogo: false,
      fontSize: 11,
      fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
      panes: { enableResize: false },
    },
    rightPriceScale: { minimumWidth: 64, entireTextOnly: true, scaleMargins: { top: 0.12, bottom: 0.08 } },
    timeScale: { minBarSpacing: 0.05, secondsVisible: false },
    crosshair: { mode: LightweightCharts.CrosshairMode.Normal },
    localization: { locale: 'en-GB', timeFormatter: (at: Time) => formatTime(Number(at) * 1000) },
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
    handleScale: { mouseWheel: false },
  });
  const plain = { lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false } as const;
  const candles: ISeriesApi<'Candlestick'> = chart.addSeries(LightweightCharts.CandlestickSeries, {
    priceFormat: { type: 'custom', formatter: formatPrice, minMove: 10 ** -data.decimals },
    priceLineVisible: false,
    lastValueVisible: false,
    // averages that the price has left stay in sight
    autoscaleInfoProvider: (original: () => AutoscaleInfo | null): AutoscaleInfo | null => {
      const info = original();
      const range = chart.timeScale().getVisibleLogicalRange();
      if (!info?.priceRange || !range || !shown.emas) return info;
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
  const lastClose = candles.createPriceLine({
    price: bars.columns.close!.at(-1)!,
    lineWidth: 1,
    axisLabelVisible: true,
  });
  /** A pane's price axis; what stands in the pane is drawn by primitives. */
  const axis = (pane: number, priceFormat: object, range?: () => [number, number]): ISeriesApi<'Line'> =>
    chart.addSeries(
      LightweightCharts.LineSeries,
      {
        ...plain,
        color: 'transparent',
        priceFormat: { type: 'custom', ...priceFormat } as never,
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
  const strip = axis(1, { formatter: () => '', minMove: 1 });
  const scores = axis(2, { formatter: (value: number) => value.toFixed(1), minMove: 0.1 }, () => [0, 1]);
  const { equity: equityValues } = bars.columns;
  const equity =
    equityValues === undefined
      ? undefined
      : axis(3, { formatter: (value: number) => formatReturn(value - 1, 1), minMove: 0.0001 }, () => {
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
  const first = (): number => held.from;
  pricePane!.attachPrimitive(stateBands(() => ({ runs, colors })));
  pricePane!.attachPrimitive(
    levelLines(
      () => ({
        levels: shown.levels && held.to === level.rows ? data.levels : [],
        last: level.rows - 1 - held.from,
        close: close!.at(-1)!,
        colors,
      }),
      candles,
    ),
  );
  pricePane!.attachPrimitive(
    valueLines(
      () => ({
        lines: [...(shown.emas ? emaLines : []), ...(shown.line ? [closeLine] : [])],
        first: first(),
      }),
      candles,
    ),
  );
  pricePane!.attachPrimitive(
    checkDots(
      () => ({
        strength: shown.signals ? level.columns.entry_ts! : new Float64Array(0),
        close: level.columns.close!,
        first: first(),
        threshold: data.thresholds.ts,
        color: checkColor,
      }),
      candles,
    ),
  );
  pricePane!.attachPrimitive(
    signalMarkers(
      () => ({ markers: shown.signals ? markers : [], first: first(), colors, fills, edges }),
      candles,
    ),
  );
  stripPane!.attachPrimitive(
    regimeStrip(() => ({ runs, labels: UPTREND_STATE_NAMES, names: STATE_TOKENS, colors })),
  );
  scoresPane!.attachPrimitive(
    valueLines(() => ({ lines: shown.ts ? scoreLines : scoreLines.slice(1), first: first() }), scores),
  );
  if (equity) equityPane!.attachPrimitive(valueLines(() => ({ lines: equityLines, first: first() }), equity));

  /** Lines and colours of what is held. */
  function paint(): void {
    colors = readColors(STATE_TOKENS, '');
    fills = Object.fromEntries(
      Object.entries(UPTREND_SIGNAL_INKS).map(([kind, name]) => [kind, token(name)]),
    ) as Record<SignalKind, string>;
    edges = UPTREND_BUY_EDGES.map(token);
    checkColor = token('s1');
    const { columns } = level;
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
    const muted = shown.line ? 'transparent' : colors.muted;
    pricePane!.priceScale('right').applyOptions({ mode: shown.log ? 1 : 0 });
    candles.applyOptions({
      upColor: shown.line ? muted : panel,
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

  /** Gives the library the rows of a window. */
  function hold(next: HeldWindow): void {
    held = next;
    level = levels[next.level]!;
    const { columns, time, firstBar } = level;
    chart.applyOptions({ timeScale: { timeVisible: level.bucket < 86_400_000 } });
    const length = next.to - next.from;
    runs = findRuns(
      columns.state!.subarray(next.from, next.to),
      Float64Array.from({ length }, (_, position) => position),
    );
    markers = [];
    let row = 0;
    for (const { bar, kind, count, state } of signals) {
      while (row + 1 < level.rows && firstBar[row + 1]! <= bar) row += 1;
      if (row < next.from || row >= next.to) continue;
      markers.push({ row, kind, count, state, high: columns.high![row]!, low: columns.low![row]! });
    }
    candles.setData(
      Array.from({ length }, (_, position) => {
        const at = next.from + position;
        return {
          time: time[at] as never,
          open: columns.open![at]!,
          high: columns.high![at]!,
          low: columns.low![at]!,
          close: columns.close![at]!,
        };
      }),
    );
    const ends = [...new Set([next.from, next.to - 1])].map((at) => ({ time: time[at] as never, value: 1 }));
    for (const series of axes) series.setData(ends as never);
    paint();
    host.setAttribute('aria-valuemax', String(level.rows - 1));
    byId('chart-scale').textContent =
      next.level === 0
        ? `1 bar = ${lengthName(level.bucket)}.`
        : `1 bar = ${lengthName(level.bucket)}, in the state of most of its ${lengthName(bars.bucket)} bars; scores are their mean, averages their last.`;
  }

  /** What was just shown: the library takes a range over with the next frame, until then it tells the old one. */
  let pending: SeenTimes | null = null;

  function seen(): SeenTimes | null {
    if (pending) return pending;
    const range = chart.timeScale().getVisibleLogicalRange();
    if (!range) return null;
    return { from: timeAtRow(level, range.from + held.from), to: timeAtRow(level, range.to + held.from) };
  }

  const chartWidth = (): number => Math.max(120, host.clientWidth - AXIS_ROOM);

  /** Holds what a stretch of time needs and shows it. */
  function show(stretch: SeenTimes, keep: HeldWindow | null): void {
    const next = windowFor(levels, stretch, chartWidth(), keep);
    if (next !== held) hold(next);
    chart.timeScale().setVisibleLogicalRange({
      from: rowAtTime(level, stretch.from) - held.from,
      to: rowAtTime(level, stretch.to) - held.from,
    });
    pending = stretch;
    const forget = (): void => {
      if (pending === stretch) pending = null;
    };
    requestAnimationFrame(() => requestAnimationFrame(forget));
  }

  let pressed = false;
  let settling = 0;
  function settle(): void {
    clearTimeout(settling);
    // another level under a drag would throw the view away
    settling = setTimeout(() => {
      const now = seen();
      if (pressed || !now) return;
      if (windowFor(levels, now, chartWidth(), held) !== held) show(now, held);
    }, SETTLED_MS) as never;
  }
  host.addEventListener('pointerdown', () => {
    pressed = true;
  });
  for (const name of ['pointerup', 'pointercancel'] as const) {
    addEventListener(name, () => {
      pressed = false;
      settle();
    });
  }

  const ranges = offeredRanges((lastTime - firstTime) * 1000, bars.bucket);
  let range: ChartRange =
    ranges.find(({ name }) => name === parameters.get('range')) ??
    defaultRange(ranges, bars.bucket, 1.6 * host.clientWidth);
  /** UTC s of the right edge, without the room for levels. */
  let end = lastTime;

  function showRange(next: ChartRange, to = end): void {
    range = next;
    const length = Math.min(lastTime - firstTime, next.length / 1000);
    end = Math.min(lastTime, Math.max(to, firstTime + length));
    const width = chartWidth();
    const hasLevels = end === lastTime && shown.levels && data.levels.length > 0;
    const room = hasLevels ? Math.min(LEVEL_ROOM, width * 0.3) : 8;
    show({ from: end - length, to: end + (length * room) / (width - room) }, null);
    for (const button of byId('ranges').querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(button.textContent === next.name));
    }
    cursor = -1;
    describe(Math.max(0, Math.min(level.rows, rowAtOrAfter(level, end)) - 1));
  }

  function describe(row: number): void {
    const { nodes, spoken } = barWords(level, row, ['ox', 'dx', 'edx', 'ts']);
    byId('chart-legend').replaceChildren(...nodes);
    host.setAttribute('aria-valuenow', String(row));
    host.setAttribute('aria-valuetext', spoken);
  }

  function moveCursor(wanted: number): void {
    cursor = Math.max(0, Math.min(level.rows - 1, wanted));
    const visible = seen();
    const time = level.time[cursor]!;
    if (visible && (time < visible.from || time > visible.to)) {
      const half = (visible.to - visible.from) / 2;
      const before = held.level;
      show({ from: time - half, to: time + half }, held);
      if (held.level !== before) cursor = Math.round(rowAtTime(level, time));
    }
    // a range that was just set holds from the next frame on
    requestAnimationFrame(() =>
      chart.setCrosshairPosition(level.columns.close![cursor]!, level.time[cursor] as never, candles),
    );
    describe(cursor);
  }

  function zoom(factor: number): void {
    const visible = seen();
    if (!visible) return;
    const anchor = cursor < 0 ? visible.to : level.time[cursor]!;
    show(
      { from: anchor - (anchor - visible.from) * factor, to: anchor + (visible.to - anchor) * factor },
      held,
    );
  }

  function remember(name: string, value: string): void {
    if (value) parameters.set(name, value);
    else parameters.delete(name);
    const kept = [...parameters].filter(([key]) => key === 'range' || key === 'palette');
    history.replaceState(null, '', `#${new URLSearchParams(kept)}`);
  }

  for (const offered of ranges) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = offered.name;
    button.addEventListener('click', () => {
      remember('range', offered.name);
      showRange(offered, lastTime);
    });
    byId('ranges').append(button);
  }
  for (const name of ['emas', 'levels', 'signals', 'ts', 'line', 'log'] as const) {
    const button = byId(`show-${name}`);
    button.setAttribute('aria-pressed', String(shown[name]));
    button.addEventListener('click', () => {
      shown[name] = !shown[name];
      button.setAttribute('aria-pressed', String(shown[name]));
      paint();
      if (name === 'levels') showRange(range);
    });
  }
  document.querySelector('.controls')?.removeAttribute('hidden');
  byId('palette-choice').hidden = false;
  const palette = byId<HTMLSelectElement>('palette');
  palette.value = parameters.get('palette') ?? '';
  document.documentElement.dataset.palette = palette.value;
  palette.addEventListener('change', () => {
    document.documentElement.dataset.palette = palette.value;
    remember('palette', palette.value);
    paint();
  });
  chart.subscribeCrosshairMove(({ logical, sourceEvent }) => {
    if (!sourceEvent) return;
    cursor = -1;
    describe(Math.max(0, Math.min(level.rows - 1, Math.round(logical ?? held.to) + held.from)));
  });
  host.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '+' || event.key === '-') {
      zoom(event.key === '+' ? 0.5 : 2);
      event.preventDefault();
      return;
    }
    const at = cursor < 0 ? Number(host.getAttribute('aria-valuenow')) : cursor;
    const step = event.shiftKey ? 10 : 1;
    const to = { ArrowLeft: at - step, ArrowRight: at + step, Home: 0, End: level.rows - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    moveCursor(to);
  });
  // the wheel scrolls the page until the chart has been chosen
  const wheel = (mouseWheel: boolean) => () =>
    chart.applyOptions({ handleScroll: { mouseWheel }, handleScale: { mouseWheel } });
  host.addEventListener('focus', wheel(true));
  host.addEventListener('blur', wheel(false));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint);
  keepPrintLight(chart, host, paint);

  function arrangePanes(): void {
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
  }

  let width = host.clientWidth;
  new ResizeObserver(() => {
    if (host.clientWidth === 0 || Math.abs(host.clientWidth - width) < 80) return;
    width = host.clientWidth;
    arrangePanes();
    showRange(range);
  }).observe(host);
  arrangePanes();
  connectOverview(
    (centre) => {
      const widest = ranges.find(({ length }) => Number.isFinite(length));
      const chosen = Number.isFinite(range.length) ? range : widest;
      if (chosen) showRange(chosen, (centre + chosen.length / 2) / 1000);
    },
    (report) => {
      chart.timeScale().subscribeVisibleLogicalRangeChange(() => {
        const now = seen();
        if (now) report(now.from * 1000, now.to * 1000);
        settle();
      });
    },
  );
  showRange(range);
}
