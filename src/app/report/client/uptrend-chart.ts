/**
 * The uptrend chart: neutral candles over the states' tints, averages, signals and the levels in force; the state strip;
 * the scores; the simulated equity when there is one. Panes of one chart share axis and crosshair.
 *
 * Long for one file because every control reads and moves the same few things: they live in one closure; whatever needs
 * none of them is in the modules beside it.
 */
import type { IChartApi, ISeriesApi, LineData, Time } from 'lightweight-charts';
import { formatNumber, formatPrice, formatReturn, formatTime } from '../number-format.js';
import type { SignalKind, UptrendChartData } from '../uptrend/chart-shape.js';
import { type ChartColors, readColors } from './colors.js';
import { decodeIntegers } from './decode-columns.js';
import { levelLines } from './level-lines.js';
import { type ChartRange, defaultRange, offeredRanges } from './range-choice.js';
import { regimeStrip } from './regime-strip.js';
import { type SignalMarker, signalMarkers } from './signal-markers.js';
import { stateBands } from './state-bands.js';
import { findRuns } from './state-runs.js';

declare const LightweightCharts: typeof import('lightweight-charts');

const STATES = ['S0', 'S1', 'S2', 'S3', 'S4'];
const STATE_TOKENS = STATES.map((name) => name.toLowerCase());
const EMAS: readonly [column: string, token: string, width: 1 | 2][] = [
  ['ema20', 'ema-20', 1],
  ['ema30', 'ema-20', 1],
  ['ema60', 'ema-60', 1],
  ['ema144', 'ema-144', 1],
  ['ema250', 'ema-250', 1],
  ['ema333', 'ema-333', 2],
];
const SCORES: readonly [column: string, token: string, dashed: boolean][] = [
  ['ox', 'warn', false],
  ['dx', 'accent', false],
  ['ts', 'add-appetite', false],
  ['edx', 'down', true],
];
const FLAG_NAMES = [
  'buy signal',
  'buy',
  'first dip',
  'trim',
  'exit',
  'emergency',
  'EMA333 reclaimed',
  'watch only',
];
const STRIP = 24;
const TIME_SCALE = 28;
const EQUITY = 72;
/** Room for the levels' names right of the last bar. */
const LEVEL_ROOM = 132;

export function startUptrendChart(): void {
  const byId = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
  const data = JSON.parse(byId('chart-data').textContent ?? '') as UptrendChartData;
  const host = byId<HTMLDivElement>('chart');
  const { rows } = data;
  const columns: Record<string, Float64Array> = {};
  const unit: Record<string, number> = {
    time: 1,
    state: 1,
    flags: 1,
    equity: 10_000,
    ox: 1000,
    dx: 1000,
    edx: 1000,
    ts: 1000,
    entry_ts: 1000,
  };
  for (const [name, text] of Object.entries(data.columns)) {
    const values = decodeIntegers(text, rows);
    for (let row = 1; row < rows; row += 1) values[row]! += values[row - 1]!;
    columns[name] = values.map((value) => value / (unit[name] ?? 10 ** data.decimals));
  }
  const column = (name: string): Float64Array => columns[name]!;
  const time = column('time');
  const state = column('state');
  const runs = findRuns(
    state,
    Float64Array.from(time, (_, row) => row),
  );
  const markers: SignalMarker[] = data.markers.map(([at, kind, count, of]) => ({
    at,
    kind,
    count,
    state: of,
    high: column('high')[at]!,
    low: column('low')[at]!,
  }));
  const parameters = new URLSearchParams(`${location.search.slice(1)}&${location.hash.slice(1)}`);
  const shown = { emas: true, levels: true, signals: true };
  let colors: ChartColors = readColors(STATE_TOKENS, '');
  const token = (name: string): string =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  const chart: IChartApi = LightweightCharts.createChart(host, {
    autoSize: true,
    layout: {
      attributionLogo: false,
      fontSize: 11,
      fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
      panes: { enableResize: false },
    },
    rightPriceScale: { minimumWidth: 64, entireTextOnly: true, scaleMargins: { top: 0.1, bottom: 0.08 } },
    timeScale: { minBarSpacing: 0.05, timeVisible: data.barLength < 86_400_000, secondsVisible: false },
    crosshair: { mode: LightweightCharts.CrosshairMode.Normal },
    localization: { locale: 'en-GB', timeFormatter: (at: Time) => formatTime(Number(at) * 1000) },
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
    handleScale: { mouseWheel: false },
  });
  const plain = { lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false } as const;
  const candles: ISeriesApi<'Candlestick'> = chart.addSeries(LightweightCharts.CandlestickSeries, {
    priceFormat: { type: 'custom', formatter: formatPrice, minMove: 10 ** -data.decimals },
    priceLineVisible: false,
    lastValueVisible: true,
  });
  const line = (pane: number, options: object): ISeriesApi<'Line'> =>
    chart.addSeries(LightweightCharts.LineSeries, { ...plain, ...options }, pane);
  const emas = EMAS.map(([name, , lineWidth]) => [name, line(0, { lineWidth })] as const);
  const strip = line(1, {
    color: 'transparent',
    priceFormat: { type: 'custom', formatter: () => '', minMove: 1 },
  });
  const scoreFormat = { type: 'custom', formatter: (value: number) => value.toFixed(1), minMove: 0.1 };
  const unitRange = { autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 1 } }) };
  const scores = SCORES.map(
    ([name, , dashed]) =>
      [
        name,
        line(2, {
          priceFormat: scoreFormat,
          lineWidth: name === 'ts' ? 1 : 2,
          ...(dashed ? { lineStyle: 2, lineWidth: 1 } : {}),
          ...unitRange,
        }),
      ] as const,
  );
  const checks = line(2, {
    color: 'transparent',
    lineVisible: false,
    priceFormat: scoreFormat,
    ...unitRange,
  });
  const equity = columns.equity
    ? line(3, {
        priceFormat: {
          type: 'custom',
          formatter: (value: number) => formatReturn(value - 1, 0),
          minMove: 0.0001,
        },
      })
    : undefined;
  strip.priceScale().applyOptions({ scaleMargins: { top: 0, bottom: 0 } });
  checks.priceScale().applyOptions({ scaleMargins: { top: 0.06, bottom: 0.04 } });
  equity?.priceScale().applyOptions({ scaleMargins: { top: 0.28, bottom: 0.08 } });
  const thresholdLines = [
    scores[0]![1].createPriceLine({
      price: data.thresholds.ox,
      lineWidth: 1,
      axisLabelVisible: false,
      lineStyle: 1,
    }),
    scores[1]![1].createPriceLine({
      price: data.thresholds.dx,
      lineWidth: 1,
      axisLabelVisible: false,
      lineStyle: 1,
    }),
  ];
  const [pricePane, stripPane] = chart.panes();
  pricePane!.attachPrimitive(stateBands(() => ({ runs, colors })));
  const fills = (): Record<SignalKind, string> => ({
    buy: token('ok'),
    dip: token('ok'),
    trim: token('warn'),
    emergency: token('s2'),
    reclaim: token('ok'),
    exit: token('s0'),
  });
  let fillColors = fills();
  pricePane!.attachPrimitive(
    levelLines(() => ({ levels: shown.levels ? data.levels : [], last: rows - 1, colors }), candles),
  );
  pricePane!.attachPrimitive(
    signalMarkers(() => ({ markers: shown.signals ? markers : [], colors, fills: fillColors }), candles),
  );
  stripPane!.attachPrimitive(regimeStrip(() => ({ runs, labels: STATES, names: STATE_TOKENS, colors })));

  const points = (values: Float64Array, isMissing: (row: number) => boolean = () => false): LineData[] =>
    Array.from(values, (value, row) =>
      isMissing(row) ? { time: time[row] as never } : { time: time[row] as never, value },
    ) as LineData[];
  for (const [name, series] of emas) series.setData(points(column(name)));
  for (const [name, series] of scores) series.setData(points(column(name), (row) => column(name)[row]! < 0));
  strip.setData(points(state));
  checks.setData(
    points(
      column('entry_ts').map((value) => Math.min(1, value)),
      (row) => column('entry_ts')[row]! < 0,
    ),
  );
  equity?.setData(points(column('equity')));
  const graded = LightweightCharts.createSeriesMarkers(checks, []);

  function paint(): void {
    colors = readColors(STATE_TOKENS, '');
    fillColors = fills();
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
    const { muted, panel } = colors;
    candles.applyOptions({ upColor: panel, downColor: muted, borderColor: muted, wickColor: muted });
    candles.setData(
      Array.from(time, (at, row) => ({
        time: at as never,
        open: column('open')[row]!,
        high: column('high')[row]!,
        low: column('low')[row]!,
        close: column('close')[row]!,
      })),
    );
    for (const [at, [, name]] of EMAS.entries()) {
      emas[at]![1].applyOptions({ color: token(name), visible: shown.emas });
    }
    for (const [at, [, name]] of SCORES.entries()) scores[at]![1].applyOptions({ color: token(name) });
    thresholdLines[0]!.applyOptions({ color: token('warn') });
    thresholdLines[1]!.applyOptions({ color: token('accent') });
    equity?.applyOptions({ color: token('accent'), lineWidth: 2 });
    graded.setMarkers(
      Array.from({ length: rows }, (_, row) => row)
        .filter((row) => column('entry_ts')[row]! >= 0)
        .map((row) => {
          const value = column('entry_ts')[row]!;
          const passes = value >= data.thresholds.ts;
          const size = 0.3 + [0.3, 0.6, 0.9].filter((grade) => value >= grade).length * 0.15;
          return {
            time: time[row] as never,
            position: 'inBar' as const,
            shape: passes ? ('square' as const) : ('circle' as const),
            color: token(passes ? 'ok' : 'add-appetite'),
            size,
          };
        }),
    );
  }

  function arrangePanes(): void {
    const height = host.clientHeight - TIME_SCALE;
    const rest = height - STRIP - (equity ? EQUITY : 0);
    const heights = [rest * 0.74, STRIP, rest * 0.26, ...(equity ? [EQUITY] : [])];
    for (const [at, pane] of chart.panes().entries()) pane.setStretchFactor(heights[at]!);
    // names of the panes stand at the top of each
    byId('scores-name').style.top = `${heights[0]! + STRIP + 6}px`;
    const equityName = document.getElementById('equity-name');
    if (equityName) equityName.style.top = `${heights[0]! + STRIP + heights[2]! + 8}px`;
  }

  const first = time[0]! * 1000;
  const last = time[rows - 1]! * 1000 + data.barLength;
  const ranges = offeredRanges(last - first, data.barLength);
  let range: ChartRange =
    ranges.find(({ name }) => name === parameters.get('range')) ??
    defaultRange(ranges, data.barLength, 2.2 * host.clientWidth);

  function showRange(next: ChartRange): void {
    range = next;
    const from = Math.max(first, last - next.length);
    let row = 0;
    while (row < rows - 1 && time[row]! * 1000 < from) row += 1;
    const count = rows - row;
    const width = Math.max(120, host.clientWidth - 70);
    const room = shown.levels && data.levels.length > 0 ? Math.min(LEVEL_ROOM, width * 0.3) : 12;
    chart
      .timeScale()
      .setVisibleLogicalRange({ from: row - 1, to: rows - 1 + (count * room) / (width - room) });
    for (const button of byId('ranges').querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(button.textContent === next.name));
    }
    describe(rows - 1);
  }

  function describe(row: number): void {
    const part = (tag: string, words: string, className = ''): HTMLElement => {
      const node = document.createElement(tag);
      node.textContent = words;
      node.className = className;
      return node;
    };
    const value = (name: string, words: string): HTMLElement => {
      const node = part('span', `${name} `);
      node.append(part('b', words));
      return node;
    };
    const names = SCORES.filter(([name]) => column(name)[row]! >= 0);
    const flags = FLAG_NAMES.filter((_, bit) => (column('flags')[row]! & (1 << bit)) !== 0);
    const label = part('b', '');
    label.append(part('i', '', `swatch ${STATE_TOKENS[state[row]!]}`), STATES[state[row]!]!);
    const text = formatTime(time[row]! * 1000);
    byId('chart-legend').replaceChildren(
      part('span', text),
      label,
      value('C', formatPrice(column('close')[row])),
      ...names.map(([name]) => value(name.toUpperCase(), formatNumber(column(name)[row], 2))),
      ...(equity ? [value('Trader', formatReturn(column('equity')[row]! - 1, 1))] : []),
      ...(flags.length > 0 ? [part('span', flags.join(', '))] : []),
    );
    host.setAttribute('aria-valuenow', String(row));
    host.setAttribute(
      'aria-valuetext',
      `${text}, ${STATES[state[row]!]}, close ${formatPrice(column('close')[row])}${flags.length > 0 ? `, ${flags.join(', ')}` : ''}`,
    );
  }

  for (const offered of ranges) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = offered.name;
    button.addEventListener('click', () => showRange(offered));
    byId('ranges').append(button);
  }
  for (const name of ['emas', 'levels', 'signals'] as const) {
    byId(`show-${name}`).addEventListener('click', ({ currentTarget }) => {
      shown[name] = !shown[name];
      (currentTarget as HTMLElement).setAttribute('aria-pressed', String(shown[name]));
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
    paint();
  });
  let cursor = rows - 1;
  chart.subscribeCrosshairMove(({ logical, sourceEvent }) => {
    if (sourceEvent) describe(Math.max(0, Math.min(rows - 1, logical ?? rows - 1)));
  });
  host.setAttribute('aria-valuemax', String(rows - 1));
  host.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 10 : 1;
    const to = { ArrowLeft: cursor - step, ArrowRight: cursor + step, Home: 0, End: rows - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    cursor = Math.max(0, Math.min(rows - 1, to));
    const visible = chart.timeScale().getVisibleLogicalRange();
    if (visible && (cursor < visible.from || cursor > visible.to)) {
      const width = visible.to - visible.from;
      chart.timeScale().setVisibleLogicalRange({ from: cursor - width / 2, to: cursor + width / 2 });
    }
    requestAnimationFrame(() =>
      chart.setCrosshairPosition(column('close')[cursor]!, time[cursor] as never, candles),
    );
    describe(cursor);
  });
  // the wheel scrolls the page until the chart has been chosen
  const wheel = (mouseWheel: boolean) => () =>
    chart.applyOptions({ handleScroll: { mouseWheel }, handleScale: { mouseWheel } });
  host.addEventListener('focus', wheel(true));
  host.addEventListener('blur', wheel(false));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint);
  let width = host.clientWidth;
  new ResizeObserver(() => {
    if (Math.abs(host.clientWidth - width) < 80) return;
    width = host.clientWidth;
    arrangePanes();
    showRange(range);
  }).observe(host);
  arrangePanes();
  paint();
  showRange(range);
}
