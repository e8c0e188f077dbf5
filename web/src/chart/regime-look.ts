/** Regimes over the bars: candles in their colour, state strip, stacked probabilities, train end, marks of switches. */
import { boundaryLine } from '../../../src/app/report/client/boundary-line.js';
import { type ChartColors, readColors } from '../../../src/app/report/client/colors.js';
import { probabilityStack } from '../../../src/app/report/client/probability-stack.js';
import { regimeStrip } from '../../../src/app/report/client/regime-strip.js';
import { findRuns, type StateRun } from '../../../src/app/report/client/state-runs.js';
import type { RegimeColor } from '../../../src/app/report/regime-report-input.js';
import type { ChartLook } from './bar-chart.js';
import { type BarContent, type BarView, byPosition, firstAtOrAfter, positionHolding } from './bar-view.js';
import type { ChartFrame, PaneSpec } from './chart-frame.js';
import { NO_STATE } from './level-of-answer.js';
import { type SwitchMark, switchMarkers } from './switch-markers.js';

export interface RegimeContent extends BarContent {
  readonly labels: readonly string[];
  readonly names: readonly RegimeColor[];
  /** UTC ms where the model stops having been fitted; null for none. */
  readonly trainEnd: number | null;
  /** UTC ms of the first bar of each run of one state, with the state; null draws none. */
  readonly switches: { readonly time: readonly number[]; readonly state: readonly number[] } | null;
}

/** px from the top of the price pane to the words of the train end: below the legend. */
const BOUNDARY_WORDS = 44;
/** Bear side at the bottom of the stack, bull side on top. */
const STACK_ORDER = ['strong-bear', 'bear', 'chop', 'bull', 'strong-bull'];

/** States from the bottom of the stack up. */
export function stackOrder(names: readonly string[]): number[] {
  const rank = (name: string): number => STACK_ORDER.indexOf(name.startsWith('chop') ? 'chop' : name);
  return names.map((_, index) => index).sort((a, b) => rank(names[a]!) - rank(names[b]!) || a - b);
}

/** Where the train end stands: on the first bar after it; null outside the rows. */
export function boundaryOf(view: BarView<RegimeContent>): number | null {
  const { trainEnd, level } = view.content;
  if (trainEnd === null) return null;
  const row = firstAtOrAfter(level.time, trainEnd / 1000);
  return row > 0 && row < level.rows ? view.axis.positionOf[row]! : null;
}

/** A switch stands on the row that holds its first bar. */
export function switchMarksOf(view: BarView<RegimeContent>): SwitchMark[] {
  const { level, switches } = view.content;
  const marks: SwitchMark[] = [];
  // the first run begins where the data begin: nothing switched there
  for (let index = 1; index < (switches?.time.length ?? 0); index += 1) {
    const position = positionHolding(view, switches!.time[index]!);
    if (position === null) continue;
    const row = view.axis.rowAt[position]!;
    marks.push({ position, state: switches!.state[index]!, high: level.high[row]!, low: level.low[row]! });
  }
  return marks;
}

export class RegimeLook implements ChartLook<RegimeContent> {
  readonly panes: readonly PaneSpec[] = [
    { height: { px: 24 }, hasScale: false },
    { height: { share: 0.2 }, hasScale: true },
  ];
  private view: BarView<RegimeContent> | null = null;
  private colors: ChartColors = readColors([]);
  private runs: StateRun[] = [];
  private columns: Float64Array[] = [];
  private order: number[] = [];
  private boundary: number | null = null;
  private switchMarks: SwitchMark[] = [];

  get marks(): number {
    return this.switchMarks.length;
  }

  attach({ chart, candles, baselines }: ChartFrame): void {
    const boundary = () => ({ position: this.boundary, colors: this.colors });
    const names = (): string[] => [...(this.view?.content.names ?? [])];
    const [pricePane, stripPane, oddsPane] = chart.panes();
    pricePane!.attachPrimitive(boundaryLine(boundary, BOUNDARY_WORDS));
    pricePane!.attachPrimitive(
      switchMarkers(() => ({ marks: this.switchMarks, names: names(), colors: this.colors }), candles),
    );
    stripPane!.attachPrimitive(
      regimeStrip(() => ({
        runs: this.runs,
        labels: [...(this.view?.content.labels ?? [])],
        names: names(),
        colors: this.colors,
      })),
    );
    stripPane!.attachPrimitive(boundaryLine(boundary, null));
    oddsPane!.attachPrimitive(
      probabilityStack(
        () => ({
          columns: this.columns,
          length: this.columns.length ? this.view!.axis.times.length : 0,
          order: this.order,
          colors: this.colors,
        }),
        baselines[1]!,
      ),
    );
    oddsPane!.attachPrimitive(boundaryLine(boundary, null));
  }

  prepare(view: BarView<RegimeContent>): void {
    const { level, names } = view.content;
    this.view = view;
    this.runs = findRuns(level.state, view.axis.positionOf);
    this.columns = level.probabilities.map((column) =>
      byPosition(view.axis, column, (row) => level.state[row] !== NO_STATE),
    );
    this.order = stackOrder(names);
    this.boundary = boundaryOf(view);
    this.switchMarks = switchMarksOf(view);
  }

  readColors(): ChartColors {
    this.colors = readColors(this.view?.content.names ?? []);
    return this.colors;
  }

  candleColor(row: number): string {
    const state = this.view!.content.level.state[row]!;
    return state === NO_STATE ? this.colors.faint : this.colors.states[state]!;
  }
}
