/**
 * A composite that goes on bar by bar, and starts anew when the past has changed (regime spec §6, §7.3). Whoever feeds it
 * says from when on its components may be other than before; when that lies behind the last bar, everything is composed
 * again from the first stored bar of the components, and comparing by value (regime-series.ts) writes only what differs.
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

export class CompositeRun {
  private index: ChainedIndex;
  private fedTo = Number.NEGATIVE_INFINITY;

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
    if (rebuilt) {
      this.index = this.fresh();
      this.fedTo = Number.NEGATIVE_INFINITY;
    }
    const bars: RegimeBar[] = [];
    const dropped: DroppedComponent[] = [];
    for (const ts of components.timesBetween(this.fedTo, to)) {
      const bar = this.index.step(ts, components.at(ts), dropped);
      this.fedTo = ts;
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

  private fresh(): ChainedIndex {
    return new ChainedIndex({ timeframe: this.timeframe, minComponents: this.minComponents });
  }
}
