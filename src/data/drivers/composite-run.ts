/**
 * A composite that goes on bar by bar, and goes back when the past has changed (regime spec §6, §7.3). Whoever feeds it
 * says from when on its components may be other than before; when that lies behind the last bar, it goes on from where it
 * stood before that, or composes everything from the first stored bar of the components when that is too long ago.
 * Comparing by value (regime-series.ts) writes only what differs.
 */
import {
  ChainedIndex,
  type CompositeState,
  type DroppedComponent,
} from '../../analysis/drivers/chained-index.js';
import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import type { PriceBar } from '../../analysis/drivers/valid-bar.js';
import type { RegimeBar } from './regime-series.js';

/** What a composite is made of. */
export interface Components {
  /** Times at which any component has a bar, after `after`, before `to`, ascending. */
  timesBetween(after: number, to: number): Iterable<number>;
  at(time: number): Iterable<readonly [string, Omit<PriceBar, 'ts'>]>;
}

export interface CompositeAdvance {
  readonly bars: readonly RegimeBar[];
  readonly dropped: readonly DroppedComponent[];
  readonly rebuilt: boolean;
}

/** Bars between two places to go back to, and how many of them are kept. */
const APART = 8;
const KEPT = 16;

export class CompositeRun {
  private index: ChainedIndex;
  private fedTo = Number.NEGATIVE_INFINITY;
  private fed = 0;
  /** Where it stood after the bars up to a time, oldest first. */
  private places: { readonly fedTo: number; readonly state: CompositeState }[] = [];

  constructor(
    private readonly timeframe: RegimeTimeframe,
    private readonly minComponents: number,
  ) {
    this.index = this.fresh();
  }

  /**
   * @param changedSince earliest time at which a component may be other than at the last call
   * @param to only bars that opened before; they have closed
   */
  advance(components: Components, changedSince: number, to: number): CompositeAdvance {
    const rebuilt = changedSince <= this.fedTo;
    if (rebuilt) this.goBack(changedSince);
    const bars: RegimeBar[] = [];
    const dropped: DroppedComponent[] = [];
    for (const ts of components.timesBetween(this.fedTo, to)) {
      const bar = this.index.step(ts, components.at(ts), dropped);
      this.fedTo = ts;
      this.fed += 1;
      if (this.fed % APART === 0) {
        this.places.push({ fedTo: ts, state: this.index.snapshot() });
        if (this.places.length > KEPT) this.places.shift();
      }
      if (bar === null) continue;
      const { componentCount: count, ...prices } = bar;
      bars.push({
        ...prices,
        source: 'composite',
        count,
        partial: false,
        coverage: 100,
        used: 1,
        expected: 1,
      });
    }
    return { bars, dropped, rebuilt };
  }

  state(): CompositeState {
    return this.index.snapshot();
  }

  /** To the last place before a time. */
  private goBack(time: number): void {
    while (this.places.length > 0 && this.places[this.places.length - 1]!.fedTo >= time) this.places.pop();
    const place = this.places.at(-1);
    this.index = this.fresh(place?.state);
    this.fedTo = place?.fedTo ?? Number.NEGATIVE_INFINITY;
  }

  private fresh(state?: CompositeState): ChainedIndex {
    return new ChainedIndex({ timeframe: this.timeframe, minComponents: this.minComponents }, state);
  }
}
