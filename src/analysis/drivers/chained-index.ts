/**
 * A composite of several coins as a chained index (regime spec §6, §7.3): the mean of what each member did since its
 * own last bar, put on the last level. Scale-free, so a dear coin counts no more than a cheap one, and a member that
 * comes or goes does not move the level.
 *
 * Per time: a member's reference is the close of its last accepted bar, or its own open once that is more than G bars
 * old (1m 10, 1h 3, 1d 3). Ratios o, h, l, c of the bar to it; c outside [0.2, 5] drops the member for this bar and
 * leaves its reference, so a bad tick costs one bar and a lasting step is taken over when the reference has grown old.
 * Fewer than `minComponents` left: no bar and no reference moves, so what happened over a hole is kept. Else open =
 * P·mean(o), close = P·mean(c), high and low likewise but enclosing both, volume the sum.
 *
 * One implementation: `step` and the batch run the same `advance`. Sums run in alphabetical order of the members, so
 * stream, batch and restart agree bit for bit. Known limit: high and low are outer bounds, since the extremes of the
 * members need not coincide in time.
 */
import { TidewatchError } from '../../errors.js';
import type { BarColumns } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { CompositeBuilder, type CompositeColumns } from './composite-columns.js';
import type { RegimeTimeframe } from './driver.js';
import { isValidBar, type PriceBar } from './valid-bar.js';

/** Bars after which a member's last close no longer is its reference. */
export const REFERENCE_BARS: Readonly<Record<RegimeTimeframe, number>> = { '1m': 10, '1h': 3, '1d': 3 };
export const MIN_COMPONENTS = 3;
const START = 100;
const OUTLIER_HIGH = 5;
const OUTLIER_LOW = 0.2;

export interface ChainedIndexOptions {
  readonly timeframe: RegimeTimeframe;
  /** Distinct members with a valid bar at the same time; default 3. */
  readonly minComponents?: number;
}

/** What a restart needs; JSON as in the table `composite_state`. */
export interface CompositeState {
  /** Open of the last composite bar, UTC ms; null before the first. */
  readonly last_ts: number | null;
  /** Its close, index points; null before the first. */
  readonly last_close: number | null;
  /** Last accepted bar of each member that can still be a reference. */
  readonly components: Readonly<Record<string, { readonly ts: number; readonly close: number }>>;
}

export interface CompositeBar extends PriceBar {
  /** Members that contributed. */
  readonly componentCount: number;
}

/** A member that did not count in one bar: its bar was no valid one, or its return an outlier. */
export interface DroppedComponent {
  /** Open of the bar, UTC ms. */
  readonly ts: number;
  readonly component: string;
  readonly reason: 'invalid' | 'outlier';
}

/** Bars of several members on a common clock, one member's columns each. */
export type ComponentBars = Readonly<Record<string, BarColumns>>;

export interface Composed {
  readonly bars: CompositeColumns;
  readonly dropped: readonly DroppedComponent[];
}

export class ChainedIndex {
  private readonly reach: number;
  private readonly least: number;
  private lastTs = Number.NEGATIVE_INFINITY;
  private level = START;
  private started = false;
  /** Member → slot of its reference. */
  private readonly slots = new Map<string, number>();
  private referenceTs = new Float64Array(16);
  private referenceClose = new Float64Array(16);
  // The members at hand, in alphabetical order.
  private names: string[] = [];
  private room = 0;
  private slot = new Int32Array(0);
  private open = new Float64Array(0);
  private high = new Float64Array(0);
  private low = new Float64Array(0);
  private close = new Float64Array(0);
  private volume = new Float64Array(0);
  private kept = new Int32Array(0);
  /** The bar that `advance` made. */
  private readonly made = { open: 0, high: 0, low: 0, close: 0, volume: 0, count: 0 };

  /** @throws TidewatchError `bad_parameter` for fewer than one component, or a state that is not one */
  constructor(options: ChainedIndexOptions, state?: CompositeState) {
    const { timeframe, minComponents = MIN_COMPONENTS } = options;
    if (!(Number.isInteger(minComponents) && minComponents > 0)) {
      throw new TidewatchError('bad_parameter', `minComponents of a composite is ${minComponents}`, {
        hint: 'give a whole number of at least 1',
      });
    }
    this.least = minComponents;
    this.reach = REFERENCE_BARS[timeframe] * TIMEFRAME_MS[timeframe];
    if (state !== undefined) this.restore(state);
  }

  /** Open of the last composite bar, UTC ms; −Infinity before the first. */
  get lastBarTime(): number {
    return this.lastTs;
  }

  /**
   * One time with the bars that members have at it; a member named twice counts with its first bar.
   * @param dropped gets the members that were left out although they had a bar
   * @returns null when too few contributed
   * @throws TidewatchError `time_not_increasing` for a time at or before the last composite bar
   */
  step(
    ts: number,
    bars: Iterable<readonly [component: string, bar: Omit<PriceBar, 'ts'>]>,
    dropped?: DroppedComponent[],
  ): CompositeBar | null {
    this.requireLater(ts);
    const sorted = [...new Map([...bars].reverse())].sort(([a], [b]) => (a < b ? -1 : 1));
    this.seat(sorted.length);
    this.names = sorted.map(([name]) => name);
    let count = 0;
    for (const [name, bar] of sorted) {
      this.slot[count] = this.slotOf(name);
      this.open[count] = bar.open;
      this.high[count] = bar.high;
      this.low[count] = bar.low;
      this.close[count] = bar.close;
      this.volume[count] = bar.volume;
      count += 1;
    }
    if (!this.advance(ts, count, dropped)) return null;
    const { count: componentCount, ...prices } = this.made;
    return { ts, ...prices, componentCount };
  }

  /**
   * All times of the members' columns after the last composite bar, in order.
   * @throws TidewatchError `time_not_increasing` when a member's times do not increase
   */
  run(components: ComponentBars): Composed {
    const members = Object.keys(components).sort();
    const columns = members.map((name) => components[name]!);
    const slots = members.map((name) => this.slotOf(name));
    const at = columns.map(({ time }, member) => this.firstAfter(time, members[member]!));
    this.seat(members.length);
    const out = new CompositeBuilder();
    const dropped: DroppedComponent[] = [];
    const names: string[] = [];
    for (;;) {
      let ts = Number.POSITIVE_INFINITY;
      for (let member = 0; member < members.length; member++) {
        const time = columns[member]!.time;
        const row = at[member]!;
        if (row < time.length && time[row]! < ts) ts = time[row]!;
      }
      if (ts === Number.POSITIVE_INFINITY) break;
      let count = 0;
      for (let member = 0; member < members.length; member++) {
        const bars = columns[member]!;
        const row = at[member]!;
        if (row >= bars.time.length || bars.time[row] !== ts) continue;
        at[member] = row + 1;
        names[count] = members[member]!;
        this.slot[count] = slots[member]!;
        this.open[count] = bars.open[row]!;
        this.high[count] = bars.high[row]!;
        this.low[count] = bars.low[row]!;
        this.close[count] = bars.close[row]!;
        this.volume[count] = bars.volume[row]!;
        count += 1;
      }
      this.names = names;
      if (!this.advance(ts, count, dropped)) continue;
      const { open, high, low, close, volume, count: contributed } = this.made;
      out.push(ts, open, high, low, close, volume, contributed);
    }
    return { bars: out.columns(), dropped };
  }

  /** The rule for one time; true when it made a bar. */
  private advance(ts: number, count: number, dropped: DroppedComponent[] | undefined): boolean {
    const { kept, made } = this;
    let n = 0;
    let o = 0;
    let h = 0;
    let l = 0;
    let c = 0;
    let volume = 0;
    for (let at = 0; at < count; at++) {
      const open = this.open[at]!;
      const close = this.close[at]!;
      if (!isValidBar(open, this.high[at]!, this.low[at]!, close, this.volume[at]!)) {
        dropped?.push({ ts, component: this.names[at]!, reason: 'invalid' });
        continue;
      }
      const slot = this.slot[at]!;
      const reference = ts - this.referenceTs[slot]! <= this.reach ? this.referenceClose[slot]! : open;
      const ratio = close / reference;
      if (ratio > OUTLIER_HIGH || ratio < OUTLIER_LOW) {
        dropped?.push({ ts, component: this.names[at]!, reason: 'outlier' });
        continue;
      }
      o += open / reference;
      h += this.high[at]! / reference;
      l += this.low[at]! / reference;
      c += ratio;
      const traded = this.volume[at]!;
      if (traded > 0) volume += traded;
      kept[n] = at;
      n += 1;
    }
    if (n < this.least) return false;
    const { level } = this;
    const open = level * (o / n);
    const close = level * (c / n);
    made.open = open;
    made.close = close;
    made.high = Math.max(open, close, level * (h / n));
    made.low = Math.min(open, close, level * (l / n));
    made.volume = volume;
    made.count = n;
    for (let at = 0; at < n; at++) {
      const row = kept[at]!;
      const slot = this.slot[row]!;
      this.referenceTs[slot] = ts;
      this.referenceClose[slot] = this.close[row]!;
    }
    this.level = close;
    this.lastTs = ts;
    this.started = true;
    return true;
  }

  /** What a restart needs, without references that have grown too old to count. */
  snapshot(): CompositeState {
    const components: Record<string, { ts: number; close: number }> = {};
    for (const name of [...this.slots.keys()].sort()) {
      const slot = this.slots.get(name)!;
      const ts = this.referenceTs[slot]!;
      if (this.lastTs - ts <= this.reach) components[name] = { ts, close: this.referenceClose[slot]! };
    }
    return {
      last_ts: Number.isFinite(this.lastTs) ? this.lastTs : null,
      last_close: this.started ? this.level : null,
      components,
    };
  }

  private restore({ last_ts, last_close, components }: CompositeState): void {
    if (last_close !== null) {
      if (!(last_close > 0 && Number.isFinite(last_close))) {
        throw new TidewatchError('bad_parameter', `the last close of a composite is ${last_close}`, {
          hint: 'rebuild the composite from the bars of its components',
        });
      }
      this.level = last_close;
      this.started = true;
    }
    this.lastTs = last_ts ?? Number.NEGATIVE_INFINITY;
    for (const [name, { ts, close }] of Object.entries(components)) {
      const slot = this.slotOf(name);
      this.referenceTs[slot] = ts;
      this.referenceClose[slot] = close;
    }
  }

  private slotOf(name: string): number {
    const known = this.slots.get(name);
    if (known !== undefined) return known;
    const slot = this.slots.size;
    if (slot === this.referenceTs.length) {
      const grow = (column: Float64Array) => {
        const grown = new Float64Array(2 * slot);
        grown.set(column);
        return grown;
      };
      this.referenceTs = grow(this.referenceTs);
      this.referenceClose = grow(this.referenceClose);
    }
    this.referenceTs[slot] = Number.NEGATIVE_INFINITY;
    this.slots.set(name, slot);
    return slot;
  }

  private seat(members: number): void {
    if (members <= this.room) return;
    this.room = members;
    this.slot = new Int32Array(members);
    this.kept = new Int32Array(members);
    this.open = new Float64Array(members);
    this.high = new Float64Array(members);
    this.low = new Float64Array(members);
    this.close = new Float64Array(members);
    this.volume = new Float64Array(members);
  }

  /** First row after the last composite bar; checks the order on the way. */
  private firstAfter(time: Float64Array, name: string): number {
    let first = 0;
    let before = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < time.length; row++) {
      const ts = time[row]!;
      if (!(ts > before)) throw notLater(`a bar of the component ${name}`, ts);
      before = ts;
      if (ts <= this.lastTs) first = row + 1;
    }
    return first;
  }

  private requireLater(ts: number): void {
    if (!(ts > this.lastTs)) throw notLater('a composite bar', ts);
  }
}

function notLater(what: string, ts: number): TidewatchError {
  return new TidewatchError('time_not_increasing', `${what} at ${ts} does not come after the one before`, {
    hint: 'a correction of the past needs the composite rebuilt from the bars of its components',
    details: { ts: String(ts) },
  });
}

/** The whole history of a composite from the bars of its members. @throws as `ChainedIndex.run` */
export function composeIndex(
  components: ComponentBars,
  options: ChainedIndexOptions,
  state?: CompositeState,
): Composed & { readonly state: CompositeState } {
  const index = new ChainedIndex(options, state);
  return { ...index.run(components), state: index.snapshot() };
}
