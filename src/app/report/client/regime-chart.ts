/**
 * The report's chart: candles in the colour of their regime, the state strip and the stacked probabilities, three
 * panes of one lightweight-charts instance. Ranges pick the level of detail; keys move the crosshair bar by bar and
 * tell a screen reader what stands there; a table shows the same rows. The page works without any of it.
 *
 * Long for one file because every control reads and moves the same few things (level, range, cursor, colours): they
 * live in one closure; whatever needs none of them is in the modules beside it.
 */
import type { IChartApi, ISeriesApi, Time } from 'lightweight-charts';
import type { ChartData } from '../chart-data.js';
import { formatPrice, formatProbability, formatReturn, formatTime } from '../number-format.js';
import { fillTable } from './bar-table.js';
import { boundaryLine } from './boundary-line.js';
import { type ChartColors, chartColorOptions, readColors } from './colors.js';
import { type DecodedLevel, decodeLevel } from './decode-columns.js';
import { connectOverview } from './overview-window.js';
import { keepPrintLight } from './print-light.js';
import { probabilityStack } from './probability-stack.js';
import { type ChartRange, defaultRange, levelFor, offeredRanges, rowAtOrAfter } from './range-choice.js';
import { regimeStrip } from './regime-strip.js';
import { findRuns, type StateRun } from './state-runs.js';
import { type TimeAxis, timeAxis } from './time-axis.js';

declare const LightweightCharts: typeof import('lightweight-charts');

const STRIP_HEIGHT = 24;
const TIME_SCALE_HEIGHT = 28;
const MIXED_BELOW = 0.6;
const BUCKET_UNITS: [number, string][] = [
  [604_800_000, 'week'],
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
];
/** Bear side at the bottom of the stack, bull side on top. */
const STACK_ORDER = ['strong-bear', 'bear', 'chop', 'bull', 'strong-bull'];

interface View {
  level: DecodedLevel;
  axis: TimeAxis;
  runs: StateRun[];
  columns: Float64Array[];
  boundary: number | null;
}

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

function bucketName(bucket: number): string {
  const [length, unit] = BUCKET_UNITS.find(([size]) => bucket % size === 0) ?? [60_000, 'm'];
  return `${bucket / length} ${unit}`;
}

function makeView(level: DecodedLevel, data: ChartData): View {
  const axis = timeAxis(level, data.continuous);
  const columns = level.probabilities.map((column) =>
    Float64Array.from(axis.rowAt, (row) => (row < 0 || level.state[row] === 255 ? Number.NaN : column[row]!)),
  );
  const firstOut = data.trainEnd === null ? level.rows : rowAtOrAfter(level, data.trainEnd / 1000);
  const boundary = firstOut > 0 && firstOut < level.rows ? axis.positionOf[firstOut]! : null;
  return { level, axis, runs: findRuns(level.state, axis.positionOf), columns, boundary };
}

/** Called once, when the page's scripts have been read. */
export function startRegimeChart(): void {
  const data = JSON.parse(element('chart-data').textContent ?? '') as ChartData;
  const host = element<HTMLDivElement>('chart');
  const levels = data.levels.map(decodeLevel);
  const labels = data.states.map(({ label }) => label);
  const names = data.states.map(({ color }) => color);
  const rank = (name: string): number => STACK_ORDER.indexOf(name.startsWith('chop') ? 'chop' : name);
  const order = names.map((_, index) => index).sort((a, b) => rank(names[a]!) - rank(names[b]!) || a - b);
  const parameters = new URLSearchParams(`${location.search.slice(1)}&${location.hash.slice(1)}`);
  const ranges = offeredRanges(data.to - data.from, data.barLength);
  let range =
    ranges.find(({ name }) => name === parameters.get('range')) ??
    defaultRange(ranges, data.barLength, host.clientWidth);
  let end = data.to;
  let colors: ChartColors = readColors(names);
  let view = makeView(levels[0]!, data);
  let cursor = -1;

  const chart: IChartApi = LightweightCharts.createChart(host, {
    autoSize: true,
    layout: {
      attributionLogo: false,
      fontSize: 11,
      fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
      panes: { enableResize: false },
    },
    rightPriceScale: { minimumWidth: 64, entireTextOnly: true, scaleMargins: { top: 0.16, bottom: 0.04 } },
    timeScale: { rightOffset: 2, minBarSpacing: 0.5, timeVisible: true, secondsVisible: false },
    crosshair: { mode: LightweightCharts.CrosshairMode.Normal },
    localization: { locale: 'en-GB', timeFormatter: (time: Time) => formatTime(Number(time) * 1000) },
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
    handleScale: { mouseWheel: false },
  });
  const plain = { lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false } as const;
  const candles: ISeriesApi<'Candlestick'> = chart.addSeries(LightweightCharts.CandlestickSeries, {
    priceFormat: { type: 'custom', formatter: formatPrice, minMove: 10 ** -data.levels[0]!.decimals },
    priceLineVisible: false,
    lastValueVisible: false,
  });
  const lastClose = candles.createPriceLine({ price: 0, lineWidth: 1, axisLabelVisible: true });
  const strip = chart.addSeries(
    LightweightCharts.LineSeries,
    { ...plain, color: 'transparent', priceFormat: { type: 'custom', formatter: () => '', minMove: 1 } },
    1,
  );
  const odds = chart.addSeries(
    LightweightCharts.LineSeries,
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
  const boundaryModel = () => ({ position: view.boundary, colors });
  const [pricePane, stripPane, oddsPane] = chart.panes();
  pricePane!.attachPrimitive(boundaryLine(boundaryModel, 42));
  stripPane!.attachPrimitive(regimeStrip(() => ({ runs: view.runs, labels, names, colors })));
  stripPane!.attachPrimitive(boundaryLine(boundaryModel, null));
  oddsPane!.attachPrimitive(
    probabilityStack(() => ({ columns: view.columns, length: view.axis.times.length, order, colors }), odds),
  );
  oddsPane!.attachPrimitive(boundaryLine(boundaryModel, null));

  function paint(): void {
    colors = readColors(names);
    chart.applyOptions(chartColorOptions(colors));
    const { level, axis } = view;
    lastClose.applyOptions({
      price: level.close.at(-1)!,
      lineStyle: LightweightCharts.LineStyle.Dashed,
      color: colors.muted,
      axisLabelColor: colors.muted,
      axisLabelTextColor: colors.panel,
    });
    candles.setData(
      axis.times.map((time, position) => {
        const row = axis.rowAt[position]!;
        if (row < 0) return { time: time as never };
        const color = level.state[row] === 255 ? colors.faint : colors.states[level.state[row]!]!;
        const open = level.open[row]!;
        const close = level.close[row]!;
        return {
          time: time as never,
          open,
          high: level.high[row]!,
          low: level.low[row]!,
          close,
          color: close >= open ? colors.panel : color,
          borderColor: color,
          wickColor: color,
        };
      }),
    );
    const baseline = axis.times.map((time, position) =>
      axis.rowAt[position]! < 0 ? { time: time as never } : { time: time as never, value: 0.5 },
    );
    strip.setData(baseline);
    odds.setData(baseline);
  }

  const oddsName = document.createElement('p');
  oddsName.className = 'pane-name';
  oddsName.textContent = data.smoothed ? 'Probability, smoothed' : 'Probability, filtered';
  oddsName.setAttribute('aria-hidden', 'true');
  element('chart-frame').append(oddsName);

  function arrangePanes(): void {
    const height = host.clientHeight - TIME_SCALE_HEIGHT;
    const oddsHeight = Math.round(height * 0.24);
    pricePane!.setStretchFactor(height - STRIP_HEIGHT - oddsHeight);
    stripPane!.setStretchFactor(STRIP_HEIGHT);
    oddsPane!.setStretchFactor(oddsHeight);
    oddsName.style.bottom = `${TIME_SCALE_HEIGHT + oddsHeight - 28}px`;
  }

  /** @param to UTC ms at the right edge */
  function showRange(next: ChartRange, to = end): void {
    range = next;
    end = Math.min(data.to, Math.max(to, Math.min(data.to, data.from + next.length)));
    const from = Math.max(data.from, end - next.length);
    view = makeView(levelFor(levels, from, end, host.clientWidth - 70), data);
    cursor = -1;
    chart.applyOptions({ timeScale: { timeVisible: view.level.bucket < 86_400_000 } });
    paint();
    const positionAt = (time: number): number =>
      view.axis.positionOf[Math.min(view.level.rows - 1, rowAtOrAfter(view.level, time / 1000))]!;
    const first = positionAt(from);
    const last = end === data.to ? view.axis.times.length - 1 : positionAt(end);
    const margin = Math.max(0.5, (last - first) * 0.012);
    chart.timeScale().setVisibleLogicalRange({ from: first - margin, to: last + margin });
    for (const button of element('ranges').querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(button.textContent === next.name));
    }
    const scale = `1 bar = ${bucketName(view.level.bucket)}`;
    element('chart-scale').textContent =
      view.level.bucket === data.barLength
        ? `${scale}. Times are UTC.`
        : `${scale}, in the colour of most of its ${bucketName(data.barLength)} bars; probabilities are their mean. Times are UTC.`;
    host.setAttribute('aria-valuemax', String(view.level.rows - 1));
    describe(view.axis.rowAt[last]! < 0 ? view.level.rows - 1 : view.axis.rowAt[last]!);
  }

  function regimeWords(row: number): string {
    const { level } = view;
    const state = level.state[row]!;
    if (state === 255) return 'no regime';
    const probability = formatProbability(level.probabilities[state]![row]);
    if (level.share[row]! < MIXED_BELOW) return `mixed, most ${labels[state]} ${probability}`;
    return `${labels[state]} ${probability}`;
  }

  /** Puts one row into the legend and into the slider's spoken value. */
  function describe(row: number): void {
    const { level } = view;
    const legend = element('chart-legend');
    const previous = row > 0 ? level.close[row - 1]! : Number.NaN;
    const change = level.close[row]! / previous - 1;
    const part = (tag: string, words: string, className = ''): HTMLElement => {
      const node = document.createElement(tag);
      node.textContent = words;
      node.className = className;
      return node;
    };
    const time = formatTime(level.time[row]! * 1000);
    const state = level.state[row]!;
    const prices = (['open', 'high', 'low', 'close'] as const).map((name) => {
      const pair = part('span', `${name[0]!.toUpperCase()} `, 'pair');
      pair.append(part('b', formatPrice(level[name][row])));
      return pair;
    });
    const regime = part('b', '');
    regime.append(part('i', '', `swatch ${state === 255 ? 'unobserved' : names[state]!}`), regimeWords(row));
    legend.replaceChildren(
      part('span', time),
      ...prices,
      part('span', formatReturn(change), change < 0 ? 'down' : 'up'),
      regime,
    );
    host.setAttribute('aria-valuenow', String(row));
    host.setAttribute(
      'aria-valuetext',
      `${time}, close ${formatPrice(level.close[row])}, ${formatReturn(change)}, ${regimeWords(row)}`,
    );
  }

  function moveCursor(wanted: number): void {
    const row = Math.max(0, Math.min(view.level.rows - 1, wanted));
    cursor = row;
    const position = view.axis.positionOf[cursor]!;
    const visible = chart.timeScale().getVisibleLogicalRange();
    if (visible && (position < visible.from || position > visible.to)) {
      const width = visible.to - visible.from;
      const from = position < visible.from ? position - 1 : position + 1 - width;
      chart.timeScale().setVisibleLogicalRange({ from, to: from + width });
    }
    // a range that was just set holds from the next frame on
    requestAnimationFrame(() =>
      chart.setCrosshairPosition(view.level.close[row]!, view.axis.times[position]! as never, candles),
    );
    describe(cursor);
  }

  function zoom(factor: number): void {
    const visible = chart.timeScale().getVisibleLogicalRange();
    if (!visible) return;
    const anchor = cursor < 0 ? visible.to : view.axis.positionOf[cursor]!;
    chart.timeScale().setVisibleLogicalRange({
      from: anchor - (anchor - visible.from) * factor,
      to: anchor + (visible.to - anchor) * factor,
    });
  }

  function refreshTable(): void {
    const host = element('chart-table');
    if (host.hidden) return;
    const visible = chart.timeScale().getVisibleLogicalRange();
    const last = view.axis.times.length - 1;
    const rowNear = (position: number, step: number): number => {
      let at = Math.max(0, Math.min(last, position));
      while (view.axis.rowAt[at]! < 0) at += step;
      return view.axis.rowAt[at]!;
    };
    const from = rowNear(Math.ceil(visible?.from ?? 0), -1);
    const to = rowNear(Math.floor(visible?.to ?? last), -1);
    fillTable(host, view.level, labels, order, from, to, `1 bar = ${bucketName(view.level.bucket)}`);
  }

  function showTable(asTable: boolean): void {
    element('chart-table').hidden = !asTable;
    element('chart-frame').hidden = asTable;
    element('as-table').setAttribute('aria-pressed', String(asTable));
    element('as-chart').setAttribute('aria-pressed', String(!asTable));
    refreshTable();
  }

  function remember(name: string, value: string): void {
    if (value) parameters.set(name, value);
    else parameters.delete(name);
    const hash = new URLSearchParams([...parameters].filter(([key]) => key === 'range' || key === 'palette'));
    history.replaceState(null, '', `#${hash}`);
  }

  function choosePalette(palette: string): void {
    document.documentElement.dataset.palette = palette;
    paint();
  }

  for (const offered of ranges) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = offered.name;
    button.addEventListener('click', () => {
      remember('range', offered.name);
      showRange(offered, data.to);
    });
    element('ranges').append(button);
  }
  document.querySelector('.controls')?.removeAttribute('hidden');
  element('palette-choice').hidden = false;
  const paletteSelect = element<HTMLSelectElement>('palette');
  paletteSelect.value = parameters.get('palette') ?? '';
  document.documentElement.dataset.palette = paletteSelect.value;
  paletteSelect.addEventListener('change', () => {
    remember('palette', paletteSelect.value);
    choosePalette(paletteSelect.value);
  });
  element('as-table').addEventListener('click', () => showTable(true));
  element('as-chart').addEventListener('click', () => showTable(false));
  chart.subscribeCrosshairMove(({ logical, sourceEvent }) => {
    if (logical === undefined || logical === null) return describe(cursor < 0 ? view.level.rows - 1 : cursor);
    // without a pointer the keys moved it and have said so
    if (!sourceEvent) return;
    const row = view.axis.rowAt[Math.max(0, Math.min(view.axis.times.length - 1, logical))]!;
    if (row >= 0) describe(row);
  });
  host.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = cursor < 0 ? view.level.rows - 1 : cursor;
    const step = event.shiftKey ? 10 : 1;
    const acts: Record<string, () => void> = {
      ArrowLeft: () => moveCursor(at - step),
      ArrowRight: () => moveCursor(at + step),
      Home: () => moveCursor(0),
      End: () => moveCursor(view.level.rows - 1),
      PageUp: () => showRange(range, end - range.length),
      PageDown: () => showRange(range, end + range.length),
      '+': () => zoom(0.7),
      '=': () => zoom(0.7),
      '-': () => zoom(1 / 0.7),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  // the wheel scrolls the page until the chart has been chosen
  const wheel = (mouseWheel: boolean) => () =>
    chart.applyOptions({ handleScroll: { mouseWheel }, handleScale: { mouseWheel } });
  host.addEventListener('focus', wheel(true));
  host.addEventListener('blur', wheel(false));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint);
  keepPrintLight(chart, host, paint);
  let width = host.clientWidth;
  new ResizeObserver(() => {
    // hidden behind the table it has no width
    if (host.clientWidth === 0 || Math.abs(host.clientWidth - width) < 80) return;
    width = host.clientWidth;
    arrangePanes();
    showRange(range);
  }).observe(host);

  arrangePanes();
  connectOverview(
    (centre) => {
      if (!Number.isFinite(range.length)) range = ranges.find(({ name }) => name === '90D') ?? ranges.at(-1)!;
      if (Number.isFinite(range.length)) showRange(range, centre + range.length / 2);
    },
    (report) => {
      chart.timeScale().subscribeVisibleLogicalRangeChange((visible) => {
        if (!visible) return;
        const last = view.axis.times.length - 1;
        const timeAt = (position: number): number =>
          view.axis.times[Math.max(0, Math.min(last, Math.round(position)))]! * 1000;
        report(timeAt(visible.from), timeAt(visible.to) + view.level.bucket);
        refreshTable();
      });
    },
  );
  showRange(range);
}
