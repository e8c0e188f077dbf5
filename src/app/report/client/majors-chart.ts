/**
 * The chart of a majors-vs-alts report: score over regime bands, equity, drawdown and daily returns, four panes of one
 * lightweight-charts instance, and a card that tells the day under the crosshair. Keys and buttons move it day by day; a
 * table shows the same rows. The page's figures are there without any of it.
 */
import type { ISeriesApi } from 'lightweight-charts';
import type { MajorsChartData } from '../majors/chart-shape.js';
import { formatDate, formatNumber, formatReturn, formatSigned } from '../number-format.js';
import { chartColorOptions, readColors } from './colors.js';
import { fillDay, fillDayTable } from './majors-day.js';
import { createPageChart, keepPainted } from './page-chart.js';
import { offerRanges, offerTable } from './page-controls.js';
import { byId, node } from './page-element.js';
import { type SideColors, sideBands } from './side-bands.js';
import { findRuns } from './state-runs.js';

declare const LightweightCharts: typeof import('lightweight-charts');

const AXIS_HEIGHT = 28;
/** Shares of the height: score, equity, drawdown, returns. */
const PANES = [
  { name: 'Score', share: 0.34 },
  { name: 'Equity, 1.00 at the start', share: 0.3 },
  { name: 'Drawdown', share: 0.18 },
  { name: 'Net return of the day', share: 0.18 },
];
/** Days before the last one. */
const DAY_RANGES = [
  { name: 'All', days: Number.POSITIVE_INFINITY },
  { name: '1Y', days: 365 },
  { name: '6M', days: 182 },
  { name: '90D', days: 90 },
  { name: '30D', days: 30 },
];

/** Called once, when the page's scripts have been read. */
export function startMajorsChart(): void {
  const data = JSON.parse(byId('chart-data').textContent ?? '') as MajorsChartData;
  const host = byId('chart');
  const first = data.firstTraded;
  const last = first + data.equity.length - 1;
  const runs = findRuns(
    data.regime,
    Array.from(data.regime, (_, row) => row),
  );
  let side: SideColors = { panel: '', majors: '', alts: '' };
  let cursor = last;

  const chart = createPageChart(host, {
    formatTime: formatDate,
    priceMargins: { top: 0.18, bottom: 0.06 },
    timeScale: { rightOffset: 1, minBarSpacing: 0.3, timeVisible: false },
  });
  const plain = { priceLineVisible: false, crosshairMarkerVisible: true, crosshairMarkerRadius: 3 } as const;
  const custom = (formatter: (value: number) => string, minMove: number) => ({
    priceFormat: { type: 'custom' as const, formatter, minMove },
  });
  const lines = {
    score: chart.addSeries(LightweightCharts.LineSeries, {
      ...plain,
      ...custom((value) => formatNumber(value, 2), 0.01),
      lineWidth: 1,
    }),
    equity: chart.addSeries(
      LightweightCharts.LineSeries,
      { ...plain, ...custom((value) => formatNumber(value, 2), 0.01), lineWidth: 2 },
      1,
    ),
    drawdown: chart.addSeries(
      LightweightCharts.AreaSeries,
      {
        ...plain,
        ...custom((value) => (value > 1e-9 ? '' : formatReturn(value, 0)), 0.01),
        lineWidth: 1,
        invertFilledArea: true,
      },
      2,
    ),
    returns: chart.addSeries(
      LightweightCharts.HistogramSeries,
      { ...plain, ...custom((value) => formatReturn(value, 1), 0.001), lastValueVisible: false },
      3,
    ),
  };
  const guides: { line: ReturnType<ISeriesApi<'Line'>['createPriceLine']>; quiet: boolean }[] = [
    ...data.thresholds.map((price) => ({ series: lines.score, price, quiet: false })),
    { series: lines.equity, price: 1, quiet: true },
  ].map(({ series, price, quiet }) => ({
    line: series.createPriceLine({
      price,
      lineWidth: 1,
      lineStyle: LightweightCharts.LineStyle.Dotted,
      axisLabelVisible: false,
    }),
    quiet,
  }));
  const model = () => ({ runs, colors: side });
  for (const pane of chart.panes().slice(0, 2)) pane.attachPrimitive(sideBands(model, data.regimes));

  function paint(): void {
    const colors = readColors(['accent', 'exit-assertiveness', 'bad', 'up', 'down'], '');
    const [accent, alts, bad, up, down] = colors.states as [string, string, string, string, string];
    side = { panel: colors.panel, majors: accent, alts };
    chart.applyOptions(chartColorOptions(colors));
    lines.score.applyOptions({ color: colors.text });
    lines.equity.applyOptions({ color: accent });
    lines.drawdown.applyOptions({ lineColor: bad, topColor: `${bad}55`, bottomColor: `${bad}22` });
    for (const { line, quiet } of guides) line.applyOptions({ color: quiet ? colors.faint : colors.muted });
    const at = (row: number): { time: never } => ({ time: data.time[row] as never });
    lines.score.setData(data.score.map((value, row) => (value === null ? at(row) : { ...at(row), value })));
    lines.equity.setData(data.equity.map((value, i) => ({ ...at(first + i), value })));
    lines.drawdown.setData(data.drawdown.map((value, i) => ({ ...at(first + i), value })));
    lines.returns.setData(
      data.net.map((value, i) => ({ ...at(first + i), value, color: value < 0 ? down : up })),
    );
  }

  const names = PANES.map(({ name }) => {
    const label = node('p', 'pane-name', name);
    label.setAttribute('aria-hidden', 'true');
    byId('chart-frame').append(label);
    return label;
  });

  function arrangePanes(): void {
    const height = host.clientHeight - AXIS_HEIGHT;
    let top = 0;
    chart.panes().forEach((pane, i) => {
      const { share } = PANES[i]!;
      pane.setStretchFactor(share * 1000);
      names[i]!.style.top = `${Math.round(top * height) + 8}px`;
      top += share;
    });
  }

  function showRange({ name, days }: (typeof DAY_RANGES)[number]): void {
    markRange(name);
    const from = Number.isFinite(days) ? Math.max(0, last - days + 1) : first;
    chart.timeScale().setVisibleLogicalRange({ from: from - 0.5, to: last + 0.5 });
  }

  /** Tells the day in the card, in the spoken value and at the crosshair. */
  function tell(row: number, moveCrosshair: boolean): void {
    cursor = Math.max(0, Math.min(data.time.length - 1, row));
    const date = formatDate(data.time[cursor]! * 1000);
    byId('day-date').textContent = date;
    fillDay(byId('day'), data, cursor);
    const net = data.net[cursor - first];
    host.setAttribute('aria-valuenow', String(cursor));
    host.setAttribute(
      'aria-valuetext',
      `${date}, ${data.regimes[data.regime[cursor]!]!.label}, score ${formatSigned(data.score[cursor], 2)}${net === undefined ? '' : `, net ${formatReturn(net)}`}`,
    );
    if (!moveCrosshair) return;
    const visible = chart.timeScale().getVisibleLogicalRange();
    if (visible && (cursor < visible.from || cursor > visible.to)) {
      const width = visible.to - visible.from;
      const from = cursor < visible.from ? cursor - 1 : cursor + 1 - width;
      chart.timeScale().setVisibleLogicalRange({ from, to: from + width });
    }
    requestAnimationFrame(() =>
      chart.setCrosshairPosition(data.score[cursor] ?? 0, data.time[cursor] as never, lines.score),
    );
  }

  function zoom(factor: number): void {
    const visible = chart.timeScale().getVisibleLogicalRange();
    if (!visible) return;
    chart.timeScale().setVisibleLogicalRange({
      from: cursor - (cursor - visible.from) * factor,
      to: cursor + (visible.to - cursor) * factor,
    });
  }

  const offered = DAY_RANGES.filter(({ days }) => !Number.isFinite(days) || days <= 0.9 * data.equity.length);
  const markRange = offerRanges(offered, showRange);
  offerTable(() => fillDayTable(byId('chart-table'), data));
  byId('day-before').addEventListener('click', () => tell(cursor - 1, true));
  byId('day-after').addEventListener('click', () => tell(cursor + 1, true));
  chart.subscribeCrosshairMove(({ logical, sourceEvent }) => {
    if (logical === undefined || logical === null || !sourceEvent) return;
    tell(Math.round(logical), false);
  });
  host.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 10 : 1;
    const acts: Record<string, () => void> = {
      ArrowLeft: () => tell(cursor - step, true),
      ArrowRight: () => tell(cursor + step, true),
      Home: () => tell(first, true),
      End: () => tell(last, true),
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
  new ResizeObserver(arrangePanes).observe(host);
  paint();
  arrangePanes();
  showRange(offered[0]!);
  tell(last, false);
}
