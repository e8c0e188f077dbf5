/**
 * The live chart: candles in the colour of their regime, state strip, stacked probabilities, train end and refits,
 * marks where the regime switches. Holds one window of rows at a time; who owns it decides which (series-window.ts).
 * Drawing by the modules that the report uses too. Must be disposed, or the library keeps canvases and listeners.
 */
import type { MouseEventParams, Time } from 'lightweight-charts';
import { boundaryLine } from '../../../src/app/report/client/boundary-line.js';
import { type ChartColors, readColors } from '../../../src/app/report/client/colors.js';
import { probabilityStack } from '../../../src/app/report/client/probability-stack.js';
import { regimeStrip } from '../../../src/app/report/client/regime-strip.js';
import { APPEARANCE_CHANGED } from '../shell/appearance.js';
import { arrangePanes, type ChartFrame, createFrame, paintFrame } from './chart-frame.js';
import { type ChartContent, type ChartView, makeView, placeOfTime, timeAtPlace } from './chart-view.js';
import { NO_STATE } from './level-of-answer.js';
import { refitLines } from './refit-lines.js';
import { switchMarkers } from './switch-markers.js';
import type { TimeSpan } from './viewport.js';

/** px from the top of the price pane to the words of the train end: below the legend. */
const BOUNDARY_WORDS = 44;
/** Bear side at the bottom of the stack, bull side on top. */
const STACK_ORDER = ['strong-bear', 'bear', 'chop', 'bull', 'strong-bull'];

export interface ChartEvents {
  /** The visible span changed; UTC ms. */
  onVisible(span: TimeSpan): void;
  /** The pointer is over a row, or over none. */
  onRow(row: number | null): void;
  /** The probabilities' pane begins this many px above the bottom. */
  onPanes(oddsHeight: number): void;
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

export class RegimeChart {
  private readonly frame: ChartFrame;
  private view: ChartView | null = null;
  private colors: ChartColors = readColors([]);
  private order: number[] = [];
  private readonly stop: (() => void)[] = [];

  constructor(
    private readonly host: HTMLElement,
    private readonly events: ChartEvents,
    writeTime: (seconds: number) => string,
  ) {
    this.frame = createFrame(host, writeTime);
    this.attachDrawing();
    paintFrame(this.frame, this.colors, 0);
    const { chart } = this.frame;
    const visible = (): void => {
      const span = this.visible();
      if (span) this.events.onVisible(span);
    };
    const crosshair = ({ logical, sourceEvent }: MouseEventParams<Time>): void => {
      if (!this.view || logical === undefined || logical === null) {
        this.events.onRow(null);
        return;
      }
      // without a pointer the keys moved it and have said so
      if (!sourceEvent) return;
      const { rowAt } = this.view.axis;
      const row = rowAt[Math.max(0, Math.min(rowAt.length - 1, logical))] ?? -1;
      if (row >= 0) this.events.onRow(row);
    };
    chart.timeScale().subscribeVisibleLogicalRangeChange(visible);
    chart.subscribeCrosshairMove(crosshair);
    const repaint = (): void => this.repaint();
    addEventListener(APPEARANCE_CHANGED, repaint);
    const observer = new ResizeObserver(() => this.arrange());
    observer.observe(host);
    this.stop.push(
      () => chart.timeScale().unsubscribeVisibleLogicalRangeChange(visible),
      () => chart.unsubscribeCrosshairMove(crosshair),
      () => removeEventListener(APPEARANCE_CHANGED, repaint),
      () => observer.disconnect(),
    );
  }

  private attachDrawing(): void {
    const { chart, candles, odds } = this.frame;
    const boundary = () => ({ position: this.view?.boundary ?? null, colors: this.colors });
    const refits = () => ({ positions: this.view?.refits ?? [], colors: this.colors });
    const names = (): string[] => [...(this.view?.content.names ?? [])];
    const [pricePane, stripPane, oddsPane] = chart.panes();
    pricePane!.attachPrimitive(refitLines(refits));
    pricePane!.attachPrimitive(boundaryLine(boundary, BOUNDARY_WORDS));
    pricePane!.attachPrimitive(
      switchMarkers(() => ({ marks: this.view?.marks ?? [], names: names(), colors: this.colors }), candles),
    );
    stripPane!.attachPrimitive(
      regimeStrip(() => ({
        runs: this.view?.runs ?? [],
        labels: [...(this.view?.content.labels ?? [])],
        names: names(),
        colors: this.colors,
      })),
    );
    stripPane!.attachPrimitive(boundaryLine(boundary, null));
    oddsPane!.attachPrimitive(
      probabilityStack(
        () => ({
          columns: this.view?.columns ?? [],
          length: this.view?.columns.length ? this.view.axis.times.length : 0,
          order: this.order,
          colors: this.colors,
        }),
        odds,
      ),
    );
    oddsPane!.attachPrimitive(boundaryLine(boundary, null));
  }

  /** Replaces everything. @param span what should be visible then; what was visible when left out */
  show(content: ChartContent, span: TimeSpan | null = this.visible()): void {
    this.view = makeView(content);
    const rank = (name: string): number => STACK_ORDER.indexOf(name.startsWith('chop') ? 'chop' : name);
    const { names } = content;
    this.order = names.map((_, index) => index).sort((a, b) => rank(names[a]!) - rank(names[b]!) || a - b);
    this.frame.chart.applyOptions({ timeScale: { timeVisible: content.level.bucket < 86_400_000 } });
    this.repaint();
    if (span) this.setVisible(span);
  }

  /** Colours and rows again: the theme decides the colours of every bar. */
  private repaint(): void {
    if (!this.view) {
      this.colors = readColors([]);
      paintFrame(this.frame, this.colors, 0);
      return;
    }
    const { axis, content } = this.view;
    const { level, names } = content;
    this.colors = readColors(names);
    const { candles, strip, odds } = this.frame;
    paintFrame(this.frame, this.colors, level.close[level.rows - 1] ?? 0);
    candles.setData(
      axis.times.map((time, position) => {
        const row = axis.rowAt[position]!;
        return row < 0 ? { time: time as never } : this.candle(row, time);
      }),
    );
    const baseline = axis.times.map((time, position) =>
      axis.rowAt[position]! < 0 ? { time: time as never } : { time: time as never, value: 0.5 },
    );
    strip.setData(baseline);
    odds.setData(baseline);
  }

  private candle(row: number, time: number) {
    const { level } = this.view!.content;
    const state = level.state[row]!;
    const color = state === NO_STATE ? this.colors.faint : this.colors.states[state]!;
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
    this.view = makeView(content);
    const { candles, strip, odds, lastClose } = this.frame;
    candles.update(this.candle(at, seconds));
    strip.update({ time: seconds as never, value: 0.5 });
    odds.update({ time: seconds as never, value: 0.5 });
    lastClose.applyOptions({ price: row.close });
  }

  /** Rows and marks that the chart holds. */
  held(): { rows: number; marks: number } {
    return { rows: this.view?.content.level.rows ?? 0, marks: this.view?.marks.length ?? 0 };
  }

  visible(): TimeSpan | null {
    const range = this.frame.chart.timeScale().getVisibleLogicalRange();
    if (!range || !this.view || this.view.axis.times.length === 0) return null;
    return { from: timeAtPlace(this.view, range.from), to: timeAtPlace(this.view, range.to) };
  }

  setVisible({ from, to }: TimeSpan): void {
    if (!this.view || this.view.axis.times.length === 0) return;
    const range = { from: placeOfTime(this.view, from), to: placeOfTime(this.view, to) };
    if (range.to > range.from) this.frame.chart.timeScale().setVisibleLogicalRange(range);
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
    if (this.host.clientHeight > 0) this.events.onPanes(arrangePanes(this.frame, this.host.clientHeight));
  }

  dispose(): void {
    for (const each of this.stop) each();
    this.stop.length = 0;
    this.view = null;
    this.frame.chart.remove();
  }
}
