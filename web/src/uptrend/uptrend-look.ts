/**
 * The uptrend over the bars: neutral candles on the tint of their state, averages, signals, S1 checks, levels right of
 * the newest bar; below them the state strip, the scores, the strength, and the probabilities of a model laid over.
 */
import type { ISeriesPrimitive, Time } from 'lightweight-charts';
import { checkDots } from '../../../src/app/report/client/check-dots.js';
import { type ChartColors, readColors } from '../../../src/app/report/client/colors.js';
import { levelLines } from '../../../src/app/report/client/level-lines.js';
import { probabilityStack } from '../../../src/app/report/client/probability-stack.js';
import { regimeStrip } from '../../../src/app/report/client/regime-strip.js';
import { signalMarkers } from '../../../src/app/report/client/signal-markers.js';
import type { SignalKind, SignalMarker } from '../../../src/app/report/client/signal-runs.js';
import { stateBands } from '../../../src/app/report/client/state-bands.js';
import { findRuns, type StateRun } from '../../../src/app/report/client/state-runs.js';
import {
  UPTREND_BUY_EDGES,
  UPTREND_EMA_INKS,
  UPTREND_SCORE_INKS,
  UPTREND_SIGNAL_INKS,
} from '../../../src/app/report/client/uptrend-inks.js';
import { type ValueLine, valueLines } from '../../../src/app/report/client/value-lines.js';
import type { ChartLook } from '../chart/bar-chart.js';
import { type BarView, byPosition, positionHolding } from '../chart/bar-view.js';
import type { ChartFrame, PaneSpec } from '../chart/chart-frame.js';
import { stackOrder } from '../chart/regime-look.js';
import { marksOf } from './signal-marks.js';
import { EMAS, STATE_TOKENS, STATES, type UptrendContent } from './uptrend-content.js';

const STRIP: PaneSpec = { height: { px: 24 }, hasScale: false };
const SCORE_PANE: PaneSpec = { height: { share: 0.18 }, hasScale: true, headroom: 0.24 };
const STRENGTH_PANE: PaneSpec = { height: { share: 0.11 }, hasScale: true, headroom: 0.36 };
const OVERLAY_PANE: PaneSpec = { height: { share: 0.11 }, hasScale: true };
const LOG_SCALE = 1;
const LINEAR_SCALE = 0;

const token = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export class UptrendLook implements ChartLook<UptrendContent> {
  readonly panes: readonly PaneSpec[];
  private frame: ChartFrame | null = null;
  private view: BarView<UptrendContent> | null = null;
  private colors: ChartColors = readColors([]);
  private overlayColors: ChartColors = readColors([]);
  private fills = {} as Record<SignalKind, string>;
  private edges: string[] = [];
  private checkColor = '';
  private runs: StateRun[] = [];
  private columns: Readonly<Record<string, Float64Array>> = {};
  private averages: ValueLine[] = [];
  private closeLine: ValueLine[] = [];
  private scores: ValueLine[] = [];
  private strength: ValueLine[] = [];
  private signals: SignalMarker[] = [];
  private checks: Float64Array = new Float64Array();
  private closes: Float64Array = new Float64Array();
  private overlay: Float64Array[] = [];
  private order: number[] = [];
  /** Bars of one price each, as of a probability that is asked once a day: dashes that a line must join. */
  private isFlat = false;

  constructor(hasOverlay: boolean) {
    this.panes = [STRIP, SCORE_PANE, STRENGTH_PANE, ...(hasOverlay ? [OVERLAY_PANE] : [])];
  }

  get marks(): number {
    return this.signals.length;
  }

  attach(frame: ChartFrame): void {
    this.frame = frame;
    const { chart, candles, baselines } = frame;
    const [price, strip, scores, strength, overlay] = chart.panes();
    const shows = (name: 'emas' | 'levels' | 'signals'): boolean => this.view?.content.shows[name] ?? false;
    price!.attachPrimitive(stateBands(() => ({ runs: this.runs, colors: this.colors })));
    price!.attachPrimitive(
      valueLines(
        () => ({ lines: [...(shows('emas') ? this.averages : []), ...this.closeLine], first: 0 }),
        candles,
      ),
    );
    candles.attachPrimitive(this.roomForAverages());
    price!.attachPrimitive(
      checkDots(
        () => ({
          strength: shows('signals') ? this.checks : new Float64Array(),
          close: this.closes,
          first: 0,
          threshold: this.view?.content.thresholds.ts ?? 1,
          color: this.checkColor,
        }),
        candles,
      ),
    );
    price!.attachPrimitive(
      levelLines(
        () => ({
          levels: shows('levels') && this.view!.content.reachesEnd ? this.view!.content.levels : [],
          last: this.closes.length - 1,
          close: this.closes.at(-1) ?? Number.NaN,
          colors: this.colors,
        }),
        candles,
      ),
    );
    price!.attachPrimitive(
      signalMarkers(
        () => ({
          markers: shows('signals') ? this.signals : [],
          first: 0,
          colors: this.colors,
          fills: this.fills,
          edges: this.edges,
        }),
        candles,
      ),
    );
    strip!.attachPrimitive(
      regimeStrip(() => ({
        runs: this.runs,
        labels: [...STATES],
        names: [...STATE_TOKENS],
        colors: this.colors,
      })),
    );
    scores!.attachPrimitive(valueLines(() => ({ lines: this.scores, first: 0 }), baselines[1]!));
    strength!.attachPrimitive(valueLines(() => ({ lines: this.strength, first: 0 }), baselines[2]!));
    overlay?.attachPrimitive(
      probabilityStack(
        () => ({
          columns: this.overlay,
          length: this.overlay.length ? this.view!.axis.times.length : 0,
          order: this.order,
          colors: this.overlayColors,
        }),
        baselines[3]!,
      ),
    );
    this.thresholds = [
      { line: baselines[1]!.createPriceLine(GATE), of: 'ox' },
      { line: baselines[1]!.createPriceLine(GATE), of: 'dx' },
      { line: baselines[2]!.createPriceLine(GATE), of: 'ts' },
    ];
  }

  private thresholds: readonly {
    readonly line: ReturnType<ChartFrame['baselines'][number]['createPriceLine']>;
    readonly of: 'ox' | 'dx' | 'ts';
  }[] = [];

  /** The price scale holds the averages on screen, not the candles alone. */
  private roomForAverages(): ISeriesPrimitive<Time> {
    return {
      autoscaleInfo: (first, last) => {
        if (!this.view?.content.shows.emas) return null;
        let minValue = Number.POSITIVE_INFINITY;
        let maxValue = Number.NEGATIVE_INFINITY;
        for (const name of EMAS) {
          const column = this.columns[name]!;
          const end = Math.min(column.length - 1, Math.ceil(last));
          for (let position = Math.max(0, Math.floor(first)); position <= end; position += 1) {
            const value = column[position]!;
            if (value < minValue) minValue = value;
            if (value > maxValue) maxValue = value;
          }
        }
        return minValue <= maxValue ? { priceRange: { minValue, maxValue } } : null;
      },
    };
  }

  prepare(view: BarView<UptrendContent>): void {
    const { axis, content } = view;
    this.view = view;
    this.runs = findRuns(content.level.state, axis.positionOf);
    this.columns = Object.fromEntries(
      Object.entries(content.lines).map(([name, column]) => [name, byPosition(axis, column)]),
    );
    this.signals = marksOf(view);
    this.closes = byPosition(axis, content.level.close);
    this.isFlat = shareOfFlatBars(content) > FLAT_FROM;
    this.checks = new Float64Array(axis.times.length).fill(Number.NaN);
    for (const { time, value } of content.checks) {
      const at = positionHolding(view, time);
      // of several in one row the strongest
      if (at !== null && !(this.checks[at]! > value)) this.checks[at] = value;
    }
    this.overlay = content.overlay?.columns.map((column) => byPosition(axis, column)) ?? [];
    this.order = stackOrder(content.overlay?.names ?? []);
    this.ink();
    this.frame?.candles.priceScale().applyOptions({ mode: content.shows.log ? LOG_SCALE : LINEAR_SCALE });
  }

  readColors(): ChartColors {
    this.colors = readColors(STATE_TOKENS, '');
    this.overlayColors = readColors(this.view?.content.overlay?.names ?? []);
    this.fills = Object.fromEntries(
      Object.entries(UPTREND_SIGNAL_INKS).map(([kind, name]) => [kind, token(name)]),
    ) as Record<SignalKind, string>;
    this.edges = UPTREND_BUY_EDGES.map(token);
    this.checkColor = token('s1');
    this.ink();
    return this.colors;
  }

  private ink(): void {
    if (!this.view) return;
    const { thresholds } = this.view.content;
    this.averages = UPTREND_EMA_INKS.map(([name, color, width]) => ({
      values: this.columns[name]!,
      color: token(color),
      width,
    }));
    this.closeLine = this.isFlat ? [{ values: this.closes, color: this.colors.muted, width: 1.25 }] : [];
    const lines = UPTREND_SCORE_INKS.map(([name, color, width, dash]) => ({
      name,
      values: this.columns[name]!,
      color: token(color),
      width,
      dash,
    }));
    this.scores = lines.filter(({ name }) => name !== 'ts');
    this.strength = lines.filter(({ name }) => name === 'ts');
    for (const { line, of } of this.thresholds) {
      line.applyOptions({ price: thresholds[of], color: lines.find(({ name }) => name === of)!.color });
    }
  }

  candleColor(): string {
    return this.colors.muted;
  }
}

/** From this share of bars without a range on, the closes are joined. */
const FLAT_FROM = 0.8;

function shareOfFlatBars({ level }: UptrendContent): number {
  let flat = 0;
  for (let row = 0; row < level.rows; row += 1) if (level.high[row] === level.low[row]) flat += 1;
  return level.rows === 0 ? 0 : flat / level.rows;
}

const GATE = { price: 0, lineWidth: 1, lineStyle: 1, axisLabelVisible: false } as const;
