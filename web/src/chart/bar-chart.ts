/**
 * The live chart of every page: candles on an axis with gaps, a crosshair, panes below. What a page draws over the bars
 * is its look. Holds one window of rows at a time; who owns it decides which (price-chart.tsx). Must be disposed, or the
 * library keeps canvases and listeners.
 */
import type { MouseEventParams, Time } from 'lightweight-charts';
import { type ChartColors, readColors } from '../../../src/app/report/client/colors.js';
import { APPEARANCE_CHANGED } from '../shell/appearance.js';
import { type BarContent, type BarView, placeOfTime, timeAtPlace, viewBars } from './bar-view.js';
import { arrangePanes, type ChartFrame, createFrame, type PaneSpec, paintFrame } from './chart-frame.js';
import type { TimeSpan } from './viewport.js';

/** What a page draws: attached once, then told of every content and every theme. */
export interface ChartLook<C extends BarContent> {
  /** Below the price, from the top down. */
  readonly panes: readonly PaneSpec[];
  attach(frame: ChartFrame): void;
  /** Other rows, or one row more. */
  prepare(view: BarView<C>): void;
  /** The tokens as the theme has them now. */
  readColors(): ChartColors;
  /** Colour of the bar of a row, by its border; falling bars are filled with it. */
  candleColor(row: number): string;
  /** Marks that are held, drawn or not. */
  readonly marks: number;
}

export interface ChartEvents {
  /** The visible span changed; UTC ms. */
  onVisible(span: TimeSpan): void;
  /** The pointer is over a row, or over none. */
  onRow(row: number | null): void;
  /** A row was clicked. */
  onPick(row: number): void;
  /** px from the top of the chart to each lower pane. */
  onPanes(tops: readonly number[]): void;
}

export interface LiveRow {
  /** Open time of the row, UTC ms. */
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly state: number;
  readonly share: number;
  readonly probabilities: readonly number[];
}

export class BarChart<C extends BarContent> {
  private readonly frame: ChartFrame;
  private view: BarView<C> | null = null;
  private colors: ChartColors = readColors([]);
  /** A range that was just set holds from the next frame on; until then it is remembered here. */
  private wanted: TimeSpan | null = null;
  private readonly stop: (() => void)[] = [];

  constructor(
    private readonly host: HTMLElement,
    private readonly look: ChartLook<C>,
    private readonly events: ChartEvents,
    writeTime: (seconds: number) => string,
  ) {
    this.frame = createFrame(host, look.panes, writeTime);
    look.attach(this.frame);
    paintFrame(this.frame, this.colors, null);
    const { chart } = this.frame;
    const visible = (): void => {
      const span = this.visible();
      if (span) this.events.onVisible(span);
    };
    const rowAt = ({ logical }: MouseEventParams<Time>): number => {
      if (!this.view || logical === undefined || logical === null) return -1;
      const rows = this.view.axis.rowAt;
      return rows[Math.max(0, Math.min(rows.length - 1, logical))] ?? -1;
    };
    const crosshair = (event: MouseEventParams<Time>): void => {
      if (!this.view || event.logical === undefined || event.logical === null) {
        this.events.onRow(null);
        return;
      }
      // without a pointer the keys moved it and have said so
      if (!event.sourceEvent) return;
      const row = rowAt(event);
      if (row >= 0) this.events.onRow(row);
    };
    const click = (event: MouseEventParams<Time>): void => {
      const row = rowAt(event);
      if (row >= 0) this.events.onPick(row);
    };
    chart.timeScale().subscribeVisibleLogicalRangeChange(visible);
    chart.subscribeCrosshairMove(crosshair);
    chart.subscribeClick(click);
    const repaint = (): void => this.repaint();
    addEventListener(APPEARANCE_CHANGED, repaint);
    const observer = new ResizeObserver(() => this.arrange());
    observer.observe(host);
    this.stop.push(
      () => chart.timeScale().unsubscribeVisibleLogicalRangeChange(visible),
      () => chart.unsubscribeCrosshairMove(crosshair),
      () => chart.unsubscribeClick(click),
      () => removeEventListener(APPEARANCE_CHANGED, repaint),
      () => observer.disconnect(),
    );
  }

  /** Replaces everything. @param span what should be visible then; what was visible when left out */
  show(content: C, span: TimeSpan | null = this.visible()): void {
    this.view = viewBars(content);
    this.look.prepare(this.view);
    this.frame.chart.applyOptions({ timeScale: { timeVisible: content.level.bucket < 86_400_000 } });
    this.repaint();
    if (span) this.setVisible(span);
  }

  /** Colours and rows again: the theme decides the colours of every bar. */
  private repaint(): void {
    this.colors = this.look.readColors();
    if (!this.view) {
      paintFrame(this.frame, this.colors, null);
      return;
    }
    const { axis, content } = this.view;
    const { level } = content;
    const { candles, baselines } = this.frame;
    paintFrame(this.frame, this.colors, content.reachesEnd ? (level.close[level.rows - 1] ?? null) : null);
    candles.setData(
      axis.times.map((time, position) => {
        const row = axis.rowAt[position]!;
        return row < 0 ? { time: time as never } : this.candle(row, time);
      }),
    );
    const baseline = axis.times.map((time, position) =>
      axis.rowAt[position]! < 0 ? { time: time as never } : { time: time as never, value: 0.5 },
    );
    for (const each of baselines) each.setData(baseline);
  }

  private candle(row: number, time: number) {
    const { level } = this.view!.content;
    const color = this.look.candleColor(row);
    const open = level.open[row]!;
    const close = level.close[row]!;
    return {
      time: time as never,
      open,
      high: level.high[row]!,
      low: level.low[row]!,
      close,
      color: close >= open ? this.colors.panel : color,
      borderColor: color,
      wickColor: color,
    };
  }

  /** Changes the newest row or adds one after it; costs what the held rows cost, hence their limit. */
  update(row: LiveRow): void {
    if (!this.view) return;
    const { content } = this.view;
    const { level } = content;
    const last = level.rows - 1;
    const seconds = row.time / 1000;
    if (last >= 0 && seconds < level.time[last]!) return;
    const isNew = last < 0 || seconds > level.time[last]!;
    const at = isNew ? last + 1 : last;
    const grown = (column: Float64Array, value: number): Float64Array => {
      if (!isNew) {
        column[at] = value;
        return column;
      }
      const longer = new Float64Array(column.length + 1);
      longer.set(column);
      longer[at] = value;
      return longer;
    };
    level.rows = at + 1;
    level.time = grown(level.time, seconds);
    level.open = grown(level.open, row.open);
    level.high = grown(level.high, row.high);
    level.low = grown(level.low, row.low);
    level.close = grown(level.close, row.close);
    level.state = grown(level.state, row.state);
    level.share = grown(level.share, row.share);
    level.probabilities = level.probabilities.map((column, state) =>
      grown(column, row.probabilities[state] ?? Number.NaN),
    );
    this.view = viewBars(content);
    this.look.prepare(this.view);
    const { candles, baselines, lastClose } = this.frame;
    candles.update(this.candle(at, seconds));
    for (const each of baselines) each.update({ time: seconds as never, value: 0.5 });
    lastClose.applyOptions({ price: row.close });
  }

  /** Rows and marks that the chart holds. */
  held(): { rows: number; marks: number } {
    return { rows: this.view?.content.level.rows ?? 0, marks: this.look.marks };
  }

  visible(): TimeSpan | null {
    if (this.wanted) return this.wanted;
    const range = this.frame.chart.timeScale().getVisibleLogicalRange();
    if (!range || !this.view || this.view.axis.times.length === 0) return null;
    return { from: timeAtPlace(this.view, range.from), to: timeAtPlace(this.view, range.to) };
  }

  setVisible({ from, to }: TimeSpan): void {
    if (!this.view || this.view.axis.times.length === 0) return;
    const range = { from: placeOfTime(this.view, from), to: placeOfTime(this.view, to) };
    if (!(range.to > range.from)) return;
    const span = { from, to };
    this.wanted = span;
    this.frame.chart.timeScale().setVisibleLogicalRange(range);
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (this.wanted === span) this.wanted = null;
      }),
    );
  }

  /** Puts the crosshair on a row and brings it into view. */
  point(row: number): void {
    if (!this.view) return;
    const { axis, content } = this.view;
    const position = axis.positionOf[row]!;
    const scale = this.frame.chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (range && (position < range.from || position > range.to)) {
      const width = range.to - range.from;
      const from = position < range.from ? position - 1 : position + 1 - width;
      scale.setVisibleLogicalRange({ from, to: from + width });
    }
    // a range that was just set holds from the next frame on
    requestAnimationFrame(() => {
      if (this.view?.content !== content) return;
      const close = content.level.close[row]!;
      this.frame.chart.setCrosshairPosition(close, axis.times[position]! as never, this.frame.candles);
    });
  }

  /** @param factor below one zooms in, around the middle of the screen */
  zoom(factor: number): void {
    const scale = this.frame.chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (!range) return;
    const middle = (range.from + range.to) / 2;
    const half = ((range.to - range.from) / 2) * factor;
    scale.setVisibleLogicalRange({ from: middle - half, to: middle + half });
  }

  picture(): HTMLCanvasElement {
    return this.frame.chart.takeScreenshot(true);
  }

  private arrange(): void {
    if (this.host.clientHeight === 0) return;
    this.events.onPanes(arrangePanes(this.frame, this.look.panes, this.host.clientHeight));
  }

  dispose(): void {
    for (const each of this.stop) each();
    this.stop.length = 0;
    this.view = null;
    this.frame.chart.remove();
  }
}
