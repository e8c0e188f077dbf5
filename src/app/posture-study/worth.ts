/**
 * What a number known at the close of a bar was worth over the next bars.
 *
 * - gain: covariance of the number with the next bar's return, per year. It is what holding the asset in proportion to
 *   the number earned over holding it always in proportion to its mean. Gains of parts add up to the gain of their sum.
 * - rank: Spearman's correlation with the return over a horizon.
 *
 * Intervals by circular block bootstrap of rows, so that runs of states stay together; ranks are taken once. Nothing
 * here is annualised by a square root and nothing is compounded.
 */
import { type BootstrapInterval, bootstrapIntervals } from '../../backtest/believability/block-bootstrap.js';

export interface Pair {
  readonly name: string;
  readonly kind: 'gain' | 'rank';
  readonly signal: Float64Array;
  /** Returns; NaN where there is none. */
  readonly outcome: Float64Array;
}

export interface WorthOptions {
  readonly draws: number;
  readonly seed: number;
  /** Rows of a block. */
  readonly blockLength: number;
  /** For annualised figures. */
  readonly rowsPerYear: number;
}

/** Interval of each pair by its name. */
export function worthOf(
  pairs: readonly Pair[],
  { draws, seed, blockLength, rowsPerYear }: WorthOptions,
): Readonly<Record<string, BootstrapInterval>> {
  const prepared = pairs.map(prepare);
  const rows = pairs[0]!.signal.length;
  return bootstrapIntervals(
    rows,
    (positions) => {
      const figures: Record<string, number> = {};
      for (const { name, isGain, x, y, used } of prepared) {
        let count = 0;
        let sx = 0;
        let sy = 0;
        let sxx = 0;
        let syy = 0;
        let sxy = 0;
        for (const row of positions) {
          if (used[row] === 0) continue;
          const a = x[row]!;
          const b = y[row]!;
          count += 1;
          sx += a;
          sy += b;
          sxx += a * a;
          syy += b * b;
          sxy += a * b;
        }
        const covariance = sxy / count - (sx / count) * (sy / count);
        if (isGain) figures[name] = covariance * rowsPerYear;
        else {
          const vx = sxx / count - (sx / count) ** 2;
          const vy = syy / count - (sy / count) ** 2;
          figures[name] = vx > 1e-18 && vy > 1e-18 ? covariance / Math.sqrt(vx * vy) : Number.NaN;
        }
      }
      return figures;
    },
    { method: 'circular', blockLength, draws, seed, level: 0.95 },
  );
}

function prepare({ name, kind, signal, outcome }: Pair) {
  const used = Uint8Array.from(outcome, (value, row) =>
    Number.isFinite(value) && Number.isFinite(signal[row]!) ? 1 : 0,
  );
  const isGain = kind === 'gain';
  return {
    name,
    isGain,
    x: isGain ? signal : ranks(signal, used),
    y: isGain ? outcome : ranks(outcome, used),
    used,
  };
}

/** Mean ranks of the used values, from −½ to ½. */
function ranks(values: Float64Array, used: Uint8Array): Float64Array {
  const order = [...values.keys()].filter((row) => used[row] === 1).sort((a, b) => values[a]! - values[b]!);
  const ranked = new Float64Array(values.length).fill(Number.NaN);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let at = from; at < to; at++) ranked[order[at]!] = (from + to - 1) / 2 / order.length - 0.5;
    from = to;
  }
  return ranked;
}

/** Simple return from each close to the close `bars` later; NaN where a bar between is missing. */
export function forwardReturns(
  time: Float64Array,
  close: Float64Array,
  bars: number,
  barLength: number,
): Float64Array {
  return close.map((now, row) => {
    const later = row + bars;
    if (later >= close.length || time[later]! - time[row]! !== bars * barLength) return Number.NaN;
    return close[later]! / now - 1;
  });
}
