/**
 * The canonical bars of one coin at one timeframe from run to run: chosen anew only from the first bar of a source that is
 * other than before, with the bar before it as the one that outliers are measured by.
 */
import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { type CanonicalBars, type ComponentSources, chooseBars } from './component-bars.js';
import type { RegimeBar } from './regime-series.js';
import type { SourceMemory } from './source-memory.js';

/** Bars before the wanted ones, so that an outlier at the edge is seen as one. */
const MARGIN_BARS = 30;
/** Bars before the wanted ones that are kept. */
const KEPT_BARS = 60;

export class CanonicalSeries {
  private bars: RegimeBar[] = [];
  private switches: CanonicalBars['switches'][number][] = [];
  private disagreements: CanonicalBars['disagreements'][number][] = [];
  private outliers: CanonicalBars['outliers'][number][] = [];
  private comparedTo = Number.NEGATIVE_INFINITY;
  private from = Number.POSITIVE_INFINITY;
  private to = Number.NEGATIVE_INFINITY;
  private news = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly memory: SourceMemory,
    private readonly sources: ComponentSources,
    private readonly timeframe: RegimeTimeframe,
  ) {}

  /** Bars with open times in [from, to), UTC ms. */
  async between(from: number, to: number): Promise<CanonicalBars> {
    const step = TIMEFRAME_MS[this.timeframe];
    const first = Math.max(0, from - MARGIN_BARS * step);
    let changed = Math.min(this.to, to);
    for (const id of this.sources) changed = Math.min(changed, await this.memory.changedSince(id, first));
    if (first < this.from) {
      changed = Number.NEGATIVE_INFINITY;
      this.from = first;
    }
    this.truncate(changed, from - KEPT_BARS * step);
    const start = Math.max(changed, this.from);
    const rows = [];
    for (const id of this.sources) rows.push(await this.memory.rows(id, start, to));
    const found = chooseBars(rows, this.timeframe, this.bars.at(-1));
    // a call takes some 100,000 arguments at most; a first look brings as many bars
    this.bars = this.bars.concat(found.bars);
    this.switches = this.switches.concat(found.switches);
    this.disagreements = this.disagreements.concat(found.disagreements);
    this.outliers = this.outliers.concat(found.outliers);
    this.comparedTo = Math.max(this.comparedTo, found.comparedTo);
    this.to = to;
    this.news = Math.min(this.news, changed);
    return {
      bars: since(this.bars, from),
      switches: since(this.switches, from),
      disagreements: since(this.disagreements, from),
      comparedTo: this.comparedTo,
      outliers: since(this.outliers, from),
    };
  }

  /** From when on bars may be others than at the last call; everything at the first. */
  takeNews(): number {
    const { news } = this;
    this.news = Number.POSITIVE_INFINITY;
    return news;
  }

  private truncate(end: number, oldest: number): void {
    const kept = <T extends Timed>(rows: readonly T[]): T[] =>
      rows.slice(position(rows, oldest), position(rows, end));
    this.bars = kept(this.bars);
    this.switches = kept(this.switches);
    this.disagreements = kept(this.disagreements);
    this.outliers = kept(this.outliers);
    this.from = Math.max(this.from, oldest);
  }
}

interface Timed {
  readonly ts: number;
}

/** Place of the first row at or after a time; the rows ascend. */
function position(rows: readonly Timed[], time: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]!.ts < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function since<T extends Timed>(rows: readonly T[], from: number): T[] {
  return rows.slice(position(rows, from));
}
