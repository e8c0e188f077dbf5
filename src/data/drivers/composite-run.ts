/**
 * A composite that goes on bar by bar, and goes back when the past has changed (regime spec §6, §7.3). Whoever feeds it
 * says from when on its components may be other than before; when that lies behind the last bar, it goes on from where it
 * stood before that, or composes everything from the first stored bar of the components when that is too long ago.
 * Comparing by value (regime-series.ts) writes only what differs.
 *
 * A new process composes everything as well, unless bars of the components have been pruned since: an index chained from
 * a later first bar would be another one, so it goes on from where the former process stood, and never behind that.
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

/** What a former process has left. */
export interface Recorded {
  /** Open of the first bar of the composite, UTC ms. */
  readonly firstTs: number;
  readonly state: CompositeState & { readonly last_ts: number };
}

interface Place {
  readonly fedTo: number;
  readonly state: CompositeState;
}

/** Bars between two places to go back to, and how many of them are kept. */
const APART = 8;
const KEPT = 16;

export class CompositeRun {
  private index: ChainedIndex;
  private fedTo = Number.NEGATIVE_INFINITY;
  private fed = 0;
  /** Where it stood after the bars up to a time, oldest first. */
  private places: Place[] = [];
  /** Bars up to there stay as they are. */
  private base: Place | undefined;

  constructor(
    private readonly timeframe: RegimeTimeframe,
    private readonly minComponents: number,
  ) {
    this.index = this.fresh();
  }

  /** To be called before the first `advance`, with the components as stored now. */
  goOnFrom(recorded: Recorded | undefined, components: Components): void {
    if (recorded === undefined) return;
    const { firstTs, state } = recorded;
    const [first] = components.timesBetween(Number.NEGATIVE_INFINITY, state.last_ts + 1);
    if (first !== undefined && first <= firstTs) return;
    this.base = { fedTo: state.last_ts, state };
    this.goBack(Number.NEGATIVE_INFINITY);
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
    const place = this.places.at(-1) ?? this.base;
    this.index = this.fresh(place?.state);
    this.fedTo = place?.fedTo ?? Number.NEGATIVE_INFINITY;
  }

  private fresh(state?: CompositeState): ChainedIndex {
    return new ChainedIndex({ timeframe: this.timeframe, minComponents: this.minComponents }, state);
  }
}
