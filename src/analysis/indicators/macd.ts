/**
 * Moving average convergence/divergence (Appel): macd = fast EMA − slow EMA, signal = EMA of macd, histogram = macd −
 * signal, price units.
 *
 * Seeds: `sma` is TA-Lib's alignment (spec hmm-regimes §4): both EMAs start at row slow − 1, each with the mean of its
 * own last values, the signal with the mean of the first `signal` macd values, and all lines begin with the signal, at
 * row slow + signal − 2. `first` seeds all three with their first value, from row 0.
 */
import type { EmaSeed } from './ema.js';
import { ValueIndicator } from './indicator.js';
import { memory } from './recursion-memory.js';
import { requireLength } from './require-length.js';

const COUNT = 0;
const FAST = 1;
const SLOW = 2;
const SIGNAL = 3;

/**
 * Difference of a fast and a slow EMA, its own EMA as the signal, and their difference, price units (Appel).
 */
export class Macd extends ValueIndicator<'macd' | 'signal' | 'histogram'> {
  readonly firstRow: number;
  readonly warmUp: number;

  /**
   * @param fast, slow, signal spans in bars, fast < slow
   * @throws TidewatchError `bad_parameter` otherwise
   */
  constructor(
    readonly fast = 12,
    readonly slow = 26,
    readonly signal = 9,
    readonly seed: EmaSeed = 'sma',
  ) {
    requireLength('fast', fast);
    requireLength('slow', slow, fast + 1);
    requireLength('signal', signal);
    super(['macd', 'signal', 'histogram'], 4);
    this.firstRow = seed === 'sma' ? slow + signal - 2 : 0;
    // The lines are small differences of large averages: forget the start to 1e-12 of the price.
    this.warmUp = this.firstRow + slow + 2 * memory(1 - 2 / (slow + 1), 1e-8);
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    const [macds, signals, histograms] = out as [Float64Array, Float64Array, Float64Array];
    const { state } = this;
    const sma = this.seed === 'sma';
    const slowLength = sma ? this.slow : 1;
    const fastLength = sma ? this.fast : 1;
    const signalLength = sma ? this.signal : 1;
    const fastAlpha = 2 / (this.fast + 1);
    const slowAlpha = 2 / (this.slow + 1);
    const signalAlpha = 2 / (this.signal + 1);
    let count = state[COUNT]!;
    let fast = state[FAST]!;
    let slow = state[SLOW]!;
    let signal = state[SIGNAL]!;
    for (let row = from; row < to; row++) {
      const value = values[row]!;
      macds[row] = Number.NaN;
      signals[row] = Number.NaN;
      histograms[row] = Number.NaN;
      if (!Number.isFinite(value)) continue;
      count++;
      if (count > slowLength) {
        fast = fastAlpha * value + (1 - fastAlpha) * fast;
        slow = slowAlpha * value + (1 - slowAlpha) * slow;
      } else {
        slow += value / slowLength;
        if (count > slowLength - fastLength) fast += value / fastLength;
        if (count < slowLength) continue;
      }
      const macd = fast - slow;
      const ahead = count - slowLength - signalLength + 1; // rows since the signal began
      signal = ahead > 0 ? signalAlpha * macd + (1 - signalAlpha) * signal : signal + macd / signalLength;
      if (ahead < 0) continue;
      macds[row] = macd;
      signals[row] = signal;
      histograms[row] = macd - signal;
    }
    state[COUNT] = count;
    state[FAST] = fast;
    state[SLOW] = slow;
    state[SIGNAL] = signal;
  }
}
