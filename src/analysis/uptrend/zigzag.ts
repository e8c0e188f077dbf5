/**
 * ZigZag pivots in units of ATR (spec uptrend-engine §3): a pivot is confirmed by a reversal of λ ATR of the extreme on
 * the close, or λ − 0.25 on the wick, at least three bars later, and legs last at least four bars.
 *
 * Known weakness, kept: when the extreme sits less than four bars after the last pivot, the detector waits for a new
 * extreme and may stall.
 */

export interface Pivot {
  readonly index: number;
  readonly kind: 'H' | 'L';
}

/** From one pivot to the next; `start` and `end` are rows. */
export interface ZigzagLeg {
  readonly start: number;
  readonly end: number;
  /** |change of the close| in ATR at the start; 1 where that is not positive. */
  readonly amplitudeAtr: number;
  readonly durationBars: number;
}

export interface Zigzag {
  readonly pivots: readonly Pivot[];
  readonly upLegs: readonly ZigzagLeg[];
  readonly downLegs: readonly ZigzagLeg[];
}

export const ZIGZAG_LAMBDA = 1.2;
export const CALM_ATR_SHARE = 0.003;
export const CALM_LAMBDA_EXTRA = 0.2;
export const WICK_RELAXATION = 0.25;
export const BACKSTEP = 3;
export const SHORTEST_LEG = 4;

/**
 * @param atr ATR of each bar, same length as `close`
 * @param range highs and lows; without them only closes reverse
 */
export function zigzag(
  close: ArrayLike<number>,
  atr: ArrayLike<number>,
  range?: { readonly high: ArrayLike<number>; readonly low: ArrayLike<number> },
  lambda = ZIGZAG_LAMBDA,
): Zigzag {
  const pivots: Pivot[] = [];
  const count = close.length;
  const unequal = range !== undefined && (range.high.length !== count || range.low.length !== count);
  if (count === 0 || atr.length !== count || unequal) return { pivots, upLegs: [], downLegs: [] };
  const threshold = lambda + (meanAtrShare(close, atr) < CALM_ATR_SHARE ? CALM_LAMBDA_EXTRA : 0);
  let high = close[0]!;
  let low = close[0]!;
  let highIndex = 0;
  let lowIndex = 0;
  let up = 0;
  const lastPivot = (): number => pivots[pivots.length - 1]!.index;
  for (let i = 1; i < count; i++) {
    const now = close[i]!;
    if (now > high) {
      high = now;
      highIndex = i;
    }
    if (now < low) {
      low = now;
      lowIndex = i;
    }
    if (up === 0) {
      const start = threshold * atr[0]!;
      if (now - close[0]! >= start) {
        up = 1;
        pivots.push({ index: 0, kind: 'L' });
      } else if (close[0]! - now >= start) {
        up = -1;
        pivots.push({ index: 0, kind: 'H' });
      }
    } else if (up === 1) {
      const unit = atr[highIndex]!;
      const reversed =
        high - now >= threshold * unit ||
        (range !== undefined && high - range.low[i]! >= (threshold - WICK_RELAXATION) * unit);
      if (reversed && i - highIndex >= BACKSTEP && highIndex - lastPivot() >= SHORTEST_LEG) {
        pivots.push({ index: highIndex, kind: 'H' });
        up = -1;
        low = now;
        lowIndex = i;
      }
    } else {
      const unit = atr[lowIndex]!;
      const reversed =
        now - low >= threshold * unit ||
        (range !== undefined && range.high[i]! - low >= (threshold - WICK_RELAXATION) * unit);
      if (reversed && i - lowIndex >= BACKSTEP && lowIndex - lastPivot() >= SHORTEST_LEG) {
        pivots.push({ index: lowIndex, kind: 'L' });
        up = 1;
        high = now;
        highIndex = i;
      }
    }
  }
  if (up !== 0) {
    const index = up === 1 ? highIndex : lowIndex;
    const kind = up === 1 ? 'H' : 'L';
    const last = pivots[pivots.length - 1]!;
    if (last.kind !== kind && count - 1 - index >= BACKSTEP && index - last.index >= SHORTEST_LEG) {
      pivots.push({ index, kind });
    }
  }
  return { pivots, ...legsOf(pivots, close, atr) };
}

/** Mean of ATR / close over bars with a positive close; 0 when there are none. */
function meanAtrShare(close: ArrayLike<number>, atr: ArrayLike<number>): number {
  let sum = 0;
  let bars = 0;
  for (let i = 0; i < close.length; i++) {
    if (close[i]! > 0) {
      sum += atr[i]! / close[i]!;
      bars++;
    }
  }
  return bars === 0 ? 0 : sum / bars;
}

function legsOf(
  pivots: readonly Pivot[],
  close: ArrayLike<number>,
  atr: ArrayLike<number>,
): { upLegs: ZigzagLeg[]; downLegs: ZigzagLeg[] } {
  const upLegs: ZigzagLeg[] = [];
  const downLegs: ZigzagLeg[] = [];
  for (let i = 1; i < pivots.length; i++) {
    const start = pivots[i - 1]!.index;
    const end = pivots[i]!.index;
    const unit = atr[start]! > 0 ? atr[start]! : 1;
    const leg = {
      start,
      end,
      amplitudeAtr: Math.abs(close[end]! - close[start]!) / unit,
      durationBars: end - start,
    };
    if (pivots[i - 1]!.kind === 'L') upLegs.push(leg);
    else downLegs.push(leg);
  }
  return { upLegs, downLegs };
}
