/**
 * The state of the uptrend engine as a feature column, 0 to 4 for S0 to S4, from the timeframe's minimum of bars on
 * (spec uptrend-engine §5). The engine's own technical record and state machine, without levels and decay, on which no
 * state depends: test/uptrend/state-feature.test.ts holds it equal to the engine's payloads.
 *
 * Gaps split segments but do not begin the machine anew: the engine counts bars. A state depends on the one before, so
 * it forgets where the series began only when two machines meet. That took 998 bars at most over 1,200 starts in six
 * sample series; the warm-up is twice that, a measure and not a law.
 */
import type { BarInput } from '../indicators/indicator.js';
import { type UptrendConfig, type UptrendProfile, uptrendConfig } from '../uptrend/profile.js';
import { type LevelsNow, newTaNow, type TaNow } from '../uptrend/scores.js';
import {
  type EpisodeClock,
  type MachineMemory,
  newMemory,
  noDecay,
  stepMachine,
} from '../uptrend/state-machine.js';
import { UptrendTa } from '../uptrend/ta.js';
import { stateNumber } from '../uptrend/uptrend-rows.js';
import {
  type FeatureBar,
  type FeatureCursor,
  type FeatureSet,
  featureSetOf,
  foreignSnapshot,
} from './feature-set.js';
import type { Market } from './feature-table.js';

/** Name of the column. */
export const UPTREND_STATE = 'uptrend_state';

export const UPTREND_WARM_UP = 2000;

const NO_LEVELS: LevelsNow = { length: 0, price: new Float64Array(0), strength: new Float64Array(0) };
const NO_EPISODE: EpisodeClock = {
  begin: () => undefined,
  decay: () => noDecay(0, { error: 'insufficient_s3_bars', s3_bars: 0 }),
};
const AVERAGES = ['ema20', 'ema30', 'ema60', 'ema144', 'ema250', 'ema333'] as const;

function step(memory: MachineMemory, close: number, record: TaNow, config: UptrendConfig): number {
  return stateNumber(stepMachine(memory, 0, close, record, NO_LEVELS, NO_EPISODE, config).state);
}

class StateCursor implements FeatureCursor {
  private readonly ta: UptrendTa;
  private memory = newMemory();
  private before = newMemory();
  private readonly record = newTaNow();

  constructor(
    { timeframe }: Market,
    private readonly config: UptrendConfig,
  ) {
    this.ta = new UptrendTa(timeframe, { window: config.window, scoresOnly: true });
  }

  next(bar: FeatureBar): Float64Array {
    this.before = { ...this.memory };
    this.ta.next(bar);
    return this.state(bar);
  }

  replaceLast(bar: FeatureBar): Float64Array {
    this.memory = { ...this.before };
    this.ta.replaceLast(bar);
    return this.state(bar);
  }

  private state({ close }: BarInput): Float64Array {
    for (const name of AVERAGES) this.record[name] = this.ta.line(name);
    if (!Number.isFinite(this.record.ema20)) return Float64Array.of(Number.NaN);
    return Float64Array.of(step(this.memory, close, this.record, this.config));
  }

  snapshot(): unknown {
    return { ta: this.ta.snapshot(), state: this.memory.state, before: this.before.state };
  }

  restore(snapshot: unknown): void {
    const { ta, state, before } = (snapshot ?? {}) as {
      ta?: Parameters<UptrendTa['restore']>[0];
      state?: MachineMemory['state'];
      before?: MachineMemory['state'];
    };
    if (ta === undefined || state === undefined || before === undefined) throw foreignSnapshot();
    this.ta.restore(ta);
    this.memory = { ...newMemory(), state };
    this.before = { ...newMemory(), state: before };
  }
}

/** The feature set `uptrend`, or `uptrend:profile`. */
export function uptrendFeatureSet(profile: UptrendProfile = 'standard'): FeatureSet {
  const config = uptrendConfig(profile);
  return featureSetOf({
    name: profile === 'standard' ? 'uptrend' : `uptrend:${profile}`,
    features: [{ name: UPTREND_STATE, warmUp: UPTREND_WARM_UP, availability: 'bar_close' }],
    needs: [],
    compute: ({ bars }) => {
      const columns = new UptrendTa(bars.timeframe, { window: config.window, scoresOnly: true }).batch(bars);
      const memory = newMemory();
      const record = newTaNow();
      return [
        bars.close.map((close, bar) => {
          for (const name of AVERAGES) record[name] = columns[name][bar]!;
          return Number.isFinite(record.ema20) ? step(memory, close, record, config) : Number.NaN;
        }),
      ];
    },
    cursor: (market) => new StateCursor(market, config),
  });
}
