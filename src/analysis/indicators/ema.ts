/**
 * Exponential moving average, α = 2 / (span + 1), e ← α·x + (1 − α)·e.
 *
 * Seeds: `first` starts at the first value (pandas ewm(adjust=False), the uptrend engine, spec uptrend-engine §1.2);
 * `sma` starts at row span − 1 with the mean of the first `span` values (TA-Lib, spec hmm-regimes §4). The two
 * converge as (1 − α)^n. The form with two products keeps one multiply and one add between a value and the next.
 */
import { ValueIndicator } from './indicator.js';
import { memory } from './recursion-memory.js';
import { requireLength } from './require-length.js';

/** `first`: the first value (pandas); `sma`: the mean of the first `span` values (TA-Lib). */
export type EmaSeed = 'first' | 'sma';

const COUNT = 0; // values used for the seed
const AVERAGE = 1;

/** Exponential moving average with α = 2 / (span + 1), in the unit of the values. */
export class Ema extends ValueIndicator<'ema'> {
  readonly firstRow: number;
  readonly warmUp: number;

  /**
   * @param span bars, ≥ 1
   * @throws TidewatchError `bad_parameter` otherwise
   */
  constructor(
    readonly span: number,
    readonly seed: EmaSeed = 'first',
  ) {
    requireLength('span', span);
    super(['ema'], 2);
    this.firstRow = seed === 'sma' ? span - 1 : 0;
    this.warmUp = this.firstRow + (span === 1 ? 1 : memory(1 - 2 / (span + 1)));
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    advance(values, out[0]!, this.state, this.span, this.seed === 'sma' ? this.span : 1, from, to);
  }
}

function advance(
  values: Float64Array,
  averages: Float64Array,
  state: Float64Array,
  span: number,
  seedLength: number,
  from: number,
  to: number,
): void {
  const alpha = 2 / (span + 1);
  const keep = 1 - alpha;
  let count = state[COUNT]!;
  let average = state[AVERAGE]!;
  for (let row = from; row < to; row++) {
    const value = values[row]!;
    if (!Number.isFinite(value)) {
      averages[row] = Number.NaN;
    } else if (count === seedLength) {
      average = alpha * value + keep * average;
      averages[row] = average;
    } else {
      average += value;
      count++;
      if (count === seedLength) average /= seedLength;
      averages[row] = count === seedLength ? average : Number.NaN;
    }
  }
  state[COUNT] = count;
  state[AVERAGE] = average;
}
