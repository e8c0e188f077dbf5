/**
 * Decides which rule fires where, and keeps the list of what was injected.
 *
 * A decision is a function of seed, rule and the thing itself (request with its n-th repetition, bar, frame, tick), not
 * of the order in which concurrent clients ask: the same seed injects the same faults again.
 */
import { noise } from '../stable-noise.js';
import type { Endpoint, VenueId } from '../venue-ids.js';
import { type FaultKind, type FaultLayer, faultShape } from './fault-catalogue.js';
import type { FaultRule } from './fault-rules.js';

/** What a fault could meet. */
export interface Target {
  readonly venue: VenueId;
  readonly endpoint: Endpoint;
  readonly symbol?: string;
  /** Names this thing among its like: a request's text, a bar's time. */
  readonly identity: string;
  /** Virtual time. */
  readonly now: number;
}

export interface InjectedFault {
  readonly kind: FaultKind;
  readonly venue: VenueId;
  readonly endpoint: Endpoint;
  readonly symbol?: string;
  /** Virtual time. */
  readonly at: number;
  readonly identity: string;
}

/** A rule that fires now; it counts only once `record` was called. */
export interface Firing {
  readonly kind: FaultKind;
  readonly rule: FaultRule;
  /** Size of the fault where it has one, in time or in rows. */
  readonly ms: number;
  readonly rows: number;
  /** Seed of this firing's own choices. */
  readonly seed: number;
  /** Confirms that the fault was injected. */
  record(): void;
}

interface RuleState {
  readonly rule: FaultRule;
  readonly index: number;
  matched: number;
  fired: number;
}

export class FaultDirector {
  private readonly states: readonly RuleState[];
  private readonly occurrences = new Map<string, number>();
  readonly injected: InjectedFault[] = [];

  constructor(
    rules: readonly FaultRule[],
    private readonly seed: number,
  ) {
    this.states = rules.map((rule, index) => ({ rule, index, matched: 0, fired: 0 }));
  }

  has(layer: FaultLayer): boolean {
    return this.states.some(({ rule }) => faultShape(rule.kind).layer === layer);
  }

  /**
   * Rules of these layers that want to fire at a target, first come first. A target that repeats (the same request
   * asked again) is drawn anew each time; one that is only looked at again (a bar) keeps its draw with `repeats` false.
   */
  *candidates(layers: readonly FaultLayer[], target: Target, repeats = true): Generator<Firing> {
    if (this.states.length === 0) return;
    const name = `${layers[0]} ${target.venue} ${target.identity}`;
    const occurrence = repeats ? (this.occurrences.get(name) ?? 0) : 0;
    if (repeats) this.occurrences.set(name, occurrence + 1);
    for (const state of this.states) {
      const { rule } = state;
      if (!layers.includes(faultShape(rule.kind).layer) || !this.matches(rule, target)) continue;
      state.matched += 1;
      if (rule.times !== undefined && state.fired >= rule.times) continue;
      const label = `${state.index} ${name} ${occurrence}`;
      const fires = rule.at ? rule.at.includes(state.matched) : noise(this.seed, label) < (rule.rate ?? 1);
      if (!fires) continue;
      const shape = faultShape(rule.kind);
      yield {
        kind: rule.kind,
        rule,
        ms: rule.ms ?? shape.ms ?? 0,
        rows: rule.rows ?? shape.rows ?? 0,
        seed: Math.floor(noise(this.seed, `${label} choices`) * 2 ** 31),
        record: () => {
          state.fired += 1;
          const { venue, endpoint, symbol, now, identity } = target;
          this.injected.push({
            kind: rule.kind,
            venue,
            endpoint,
            ...(symbol === undefined ? {} : { symbol }),
            at: Number.isFinite(now) ? now : (rule.from ?? 0),
            identity,
          });
        },
      };
    }
  }

  private matches(rule: FaultRule, { venue, endpoint, symbol, now }: Target): boolean {
    return (
      faultShape(rule.kind).endpoints.includes(endpoint) &&
      (rule.venue === undefined || rule.venue === venue) &&
      (rule.endpoint === undefined || rule.endpoint === endpoint) &&
      (rule.symbol === undefined || rule.symbol === symbol) &&
      (rule.from === undefined || now >= rule.from) &&
      (rule.until === undefined || now < rule.until)
    );
  }
}
