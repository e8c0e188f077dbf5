/**
 * The report's chart: candles in the colour of their regime, the state strip and the stacked probabilities, three
 * panes of one lightweight-charts instance. Ranges pick the level of detail; keys move the crosshair bar by bar and
 * tell a screen reader what stands there; a table shows the same rows. The page works without any of it.
 *
 * Long for one file because every control reads and moves the same few things (level, range, cursor, colours): they
 * live in one closure; whatever needs none of them is in the modules beside it.
 */
import type { ISeriesApi } from 'lightweight-charts';
import type { ChartData } from '../chart-data.js';
import { formatPrice, formatTime } from '../number-format.js';
import { fillTable } from './bar-table.js';
import { boundaryLine } from './boundary-line.js';
import { bucketName } from './bucket-name.js';
import { type ChartColors, chartColorOptions, readColors } from './colors.js';
import { type DecodedLevel, decodeLevel } from './decode-columns.js';
import { connectOverview } from './overview-window.js';
import { addPaneAxis, createPageChart, keepPainted } from './page-chart.js';
import { offerPalettes, offerRanges, offerTable, pageAddress } from './page-controls.js';
import { byId, node } from './page-element.js';
import { probabilityStack } from './probability-stack.js';
import { type ChartRange, defaultRange, levelFor, offeredRanges, rowAtOrAfter } from './range-choice.js';
import { regimeWords } from './regime-legend.js';
import { regimeStrip } from './regime-strip.js';
import { findRuns, type StateRun } from './state-runs.js';
import { type TimeAxis, timeAxis } from './time-axis.js';

declare const LightweightCharts: typeof import('lightweight-charts');

const STRIP_HEIGHT = 24;
const TIME_SCALE_HEIGHT = 28;
/** Bear side at the bottom of the stack, bull side on top. */
const STACK_ORDER = ['strong-bear', 'bear', 'chop', 'bull', 'strong-bull'];

interface View {
  level: DecodedLevel;
  axis: TimeAxis;
  runs: StateRun[];
  columns: Float64Array[];
  boundary: number | null;
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
  const data = JSON.parse(byId('chart-data').textContent ?? '') as ChartData;
  const host = byId<HTMLDivElement>('chart');
  const levels = data.levels.map(decodeLevel);
  const labels = data.states.map(({ label }) => label);
  const names = data.states.map(({ color }) => color);
  const rank = (name: string): number => STACK_ORDER.indexOf(name.startsWith('chop') ? 'chop' : name);
  const order = names.map((_, index) => index).sort((a, b) => rank(names[a]!) - rank(names[b]!) || a - b);
  const address = pageAddress();
  const ranges = offeredRanges(data.to - data.from, data.barLength);
  let range =
    ranges.find(({ name }) => name === address.get('range')) ??
    defaultRange(ranges, data.barLength, host.clientWidth);
  let end = data.to;
  let colors: ChartColors = readColors(names);
  let view = makeView(levels[0]!, data);
  let cursor = -1;
  const markRange = offerRanges(ranges, (chosen) => {
    address.remember('range', chosen.name);
    showRange(chosen, data.to);
  });

  const chart = createPageChart(host, {
    formatTime,
    priceMargins: { top: 0.16, bottom: 0.04 },
    timeScale: { rightOffset: 2, minBarSpacing: 0.5, timeVisible: true, secondsVisible: false },
  });
  const candles: ISeriesApi<'Candlestick'> = chart.addSeries(LightweightCharts.CandlestickSeries, {
    priceFormat: { type: 'custom', formatter: formatPrice, minMove: 10 ** -data.levels[0]!.decimals },
    priceLineVisible: false,
    lastValueVisible: false,
  });
  const lastClose = candles.createPriceLine({ price: 0, lineWidth: 1, axisLabelVisible: true });
  const strip = addPaneAxis(chart, 1, { formatter: () => '', minMove: 1 });
  const odds = addPaneAxis(chart, 2, { formatter: (value) => value.toFixed(1), minMove: 0.1 }, () => [0, 1]);
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

  const oddsName = node('p', 'pane-name', data.smoothed ? 'Probability, smoothed' : 'Probability, filtered');
  oddsName.setAttribute('aria-hidden', 'true');
  byId('chart-frame').append(oddsName);

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
    markRange(next.name);
    const scale = `1 bar = ${bucketName(view.level.bucket)}`;
    byId('chart-scale').textContent =
      view.level.bucket === data.barLength
        ? `${scale}. Times are UTC.`
        : `${scale}, in the colour of most of its ${bucketName(data.barLength)} bars; probabilities are their mean. Times are UTC.`;
    host.setAttribute('aria-valuemax', String(view.level.rows - 1));
    describe(view.axis.rowAt[last]! < 0 ? view.level.rows - 1 : view.axis.rowAt[last]!);
  }

  /** Puts one row into the legend and into the slider's spoken value. */
  function describe(row: number): void {
    const { nodes, spoken } = regimeWords(view.level, row, labels, names);
    byId('chart-legend').replaceChildren(...nodes);
    host.setAttribute('aria-valuenow', String(row));
    host.setAttribute('aria-valuetext', spoken);
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
    const host = byId('chart-table');
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

  offerPalettes(address, paint);
  offerTable(refreshTable);
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
  keepPainted(chart, host, paint);
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
