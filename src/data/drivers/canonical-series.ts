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
    let since = Math.min(this.to, to);
    for (const id of this.sources) since = Math.min(since, await this.memory.changedSince(id, first));
    if (first < this.from) {
      since = Number.NEGATIVE_INFINITY;
      this.from = first;
    }
    this.truncate(since, from - KEPT_BARS * step);
    const start = Math.max(since, this.from);
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
    this.news = Math.min(this.news, since);
    const isWanted = ({ ts }: { readonly ts: number }): boolean => ts >= from;
    return {
      bars: this.bars.filter(isWanted),
      switches: this.switches.filter(isWanted),
      disagreements: this.disagreements.filter(isWanted),
      comparedTo: this.comparedTo,
      outliers: this.outliers.filter(isWanted),
    };
  }

  /** From when on bars may be others than at the last call; everything at the first. */
  takeNews(): number {
    const { news } = this;
    this.news = Number.POSITIVE_INFINITY;
    return news;
  }

  private truncate(since: number, oldest: number): void {
    const isKept = ({ ts }: { readonly ts: number }): boolean => ts < since && ts >= oldest;
    this.bars = this.bars.filter(isKept);
    this.switches = this.switches.filter(isKept);
    this.disagreements = this.disagreements.filter(isKept);
    this.outliers = this.outliers.filter(isKept);
    this.from = Math.max(this.from, oldest);
  }
}
