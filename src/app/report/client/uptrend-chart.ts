/**
 * The uptrend chart: which stretch of time is seen, and how the reader moves it. The page has every bar; the chart holds
 * the rows around what is seen, in the finest buckets that can be told apart (held-window.ts). Panes of one chart share
 * axis and crosshair (uptrend-panes.ts).
 */
import { formatTime } from '../number-format.js';
import type { UptrendChartData } from '../uptrend/chart-shape.js';
import { bucketName } from './bucket-name.js';
import { type HeldWindow, rowAtTime, type SeenTimes, timeAtRow, windowFor } from './held-window.js';
import { connectOverview } from './overview-window.js';
import { createPageChart, keepPainted } from './page-chart.js';
import { offerPalettes, offerRanges, pageAddress } from './page-controls.js';
import { byId } from './page-element.js';
import { type ChartRange, defaultRange, offeredRanges, rowAtOrAfter } from './range-choice.js';
import { signalRuns } from './signal-runs.js';
import { barWords } from './uptrend-legend.js';
import { bucketBars, decodeBars, type UptrendLevel } from './uptrend-levels.js';
import { uptrendPanes } from './uptrend-panes.js';
import { firstLayers, sceneOf, UPTREND_LAYERS } from './uptrend-scene.js';

/** Room for the levels' names right of the last bar. */
const LEVEL_ROOM = 150;
const AXIS_ROOM = 70;
const SETTLED_MS = 150;

/** Called once, when the page's scripts have been read. */
export function startUptrendChart(): void {
  const data = JSON.parse(byId('chart-data').textContent ?? '') as UptrendChartData;
  const host = byId<HTMLDivElement>('chart');
  const bars = decodeBars(data);
  const levels: UptrendLevel[] = data.buckets.map((bucket, at) =>
    at === 0 ? bars : bucketBars(bars, bucket),
  );
  const signals = signalRuns(bars.columns.state!, bars.columns.flags!);
  const firstTime = bars.time[0]!;
  const lastTime = bars.time[bars.rows - 1]! + bars.bucket / 1000;
  const address = pageAddress();
  const layers = firstLayers(bars);
  const chart = createPageChart(host, {
    formatTime,
    priceMargins: { top: 0.12, bottom: 0.08 },
    timeScale: { minBarSpacing: 0.05, secondsVisible: false },
  });
  const panes = uptrendPanes(chart, data, bars, layers);
  let held: HeldWindow = { level: 0, from: 0, to: 0 };
  let level: UptrendLevel = bars;
  let cursor = -1;

  /** Gives the library the rows of a window. */
  function hold(next: HeldWindow): void {
    held = next;
    const scene = sceneOf(levels, held, signals);
    ({ level } = scene);
    panes.take(scene);
    host.setAttribute('aria-valuemax', String(level.rows - 1));
    byId('chart-scale').textContent =
      held.level === 0
        ? `1 bar = ${bucketName(level.bucket)}.`
        : `1 bar = ${bucketName(level.bucket)}, in the state of most of its ${bucketName(bars.bucket)} bars; scores are their mean, averages their last.`;
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
    ranges.find(({ name }) => name === address.get('range')) ??
    defaultRange(ranges, bars.bucket, 1.6 * host.clientWidth);
  /** UTC s of the right edge, without the room for levels. */
  let end = lastTime;
  const markRange = offerRanges(ranges, (chosen) => {
    address.remember('range', chosen.name);
    showRange(chosen, lastTime);
  });

  function showRange(next: ChartRange, to = end): void {
    range = next;
    const length = Math.min(lastTime - firstTime, next.length / 1000);
    end = Math.min(lastTime, Math.max(to, firstTime + length));
    const width = chartWidth();
    const hasLevels = end === lastTime && layers.levels && data.levels.length > 0;
    const room = hasLevels ? Math.min(LEVEL_ROOM, width * 0.3) : 8;
    show({ from: end - length, to: end + (length * room) / (width - room) }, null);
    markRange(next.name);
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
      chart.setCrosshairPosition(level.columns.close![cursor]!, level.time[cursor] as never, panes.candles),
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

  for (const name of UPTREND_LAYERS) {
    const button = byId(`show-${name}`);
    button.setAttribute('aria-pressed', String(layers[name]));
    button.addEventListener('click', () => {
      layers[name] = !layers[name];
      button.setAttribute('aria-pressed', String(layers[name]));
      panes.paint();
      if (name === 'levels') showRange(range);
    });
  }
  offerPalettes(address, panes.paint);
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
  keepPainted(chart, host, panes.paint);

  let width = host.clientWidth;
  new ResizeObserver(() => {
    if (host.clientWidth === 0 || Math.abs(host.clientWidth - width) < 80) return;
    width = host.clientWidth;
    panes.arrange(host);
    showRange(range);
  }).observe(host);
  panes.arrange(host);
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
