/**
 * Trendlines through swing points (spec uptrend-engine §2, optional overlays): for charts, the engine does not read them.
 *
 * Swing highs (likewise lows) in time order form a group while each is near the one before in time and price; groups of
 * three and more are good. One least-squares line runs through all good highs, one through all good lows, over hours
 * since the first bar.
 *
 * Not causal by itself: a swing is known two bars late, so give it closes up to the bar at hand.
 */
import { swingAt } from './geometry.js';

/** One least-squares line through swing highs or swing lows, by hours since the first bar. */
export interface Trendline {
  readonly type: 'highs' | 'lows';
  /** Quote currency per hour. */
  readonly slope: number;
  /** Quote currency at the first bar. */
  readonly intercept: number;
  /** Share of the variance explained; 1 for points on one level. */
  readonly r2_score: number;
  readonly points_count: number;
  /** 0..1. */
  readonly confidence: number;
}

/** What counts as near in time and price. */
export interface TrendlineOptions {
  /** Hours between neighbours of a group, at most; 24 unless said. */
  readonly windowHours?: number;
  /** Distance of neighbours in price, percent of the earlier, at most; 10 unless said. */
  readonly thresholdPercent?: number;
}

const LEAST_POINTS = 3;

/**
 * @param closes of the bars in view @param hours of each bar's open since the first
 * @returns the lines there are, highs first
 */
export function trendlines(
  closes: ArrayLike<number>,
  hours: ArrayLike<number>,
  options: TrendlineOptions = {},
): readonly Trendline[] {
  const { windowHours = 24, thresholdPercent = 10 } = options;
  const lines: Trendline[] = [];
  for (const [type, side] of [
    ['highs', 1],
    ['lows', -1],
  ] as const) {
    const good: number[] = [];
    let group: number[] = [];
    const close = (): void => {
      if (group.length >= LEAST_POINTS) good.push(...group);
      group = [];
    };
    for (let bar = 2; bar < closes.length - 2; bar++) {
      if (swingAt(closes, bar) !== side) continue;
      const before = group.at(-1);
      const isNear =
        before !== undefined &&
        hours[bar]! - hours[before]! <= windowHours &&
        (Math.abs(closes[bar]! - closes[before]!) / closes[before]!) * 100 <= thresholdPercent;
      if (!isNear) close();
      group.push(bar);
    }
    close();
    if (good.length >= LEAST_POINTS) lines.push(lineThrough(type, good, closes, hours));
  }
  return lines;
}

function lineThrough(
  type: Trendline['type'],
  bars: readonly number[],
  closes: ArrayLike<number>,
  hours: ArrayLike<number>,
): Trendline {
  const count = bars.length;
  const meanHour = bars.reduce((sum, bar) => sum + hours[bar]!, 0) / count;
  const meanPrice = bars.reduce((sum, bar) => sum + closes[bar]!, 0) / count;
  let [hh, hp, pp] = [0, 0, 0];
  for (const bar of bars) {
    const h = hours[bar]! - meanHour;
    const p = closes[bar]! - meanPrice;
    hh += h * h;
    hp += h * p;
    pp += p * p;
  }
  const slope = hp / hh;
  const fit = pp === 0 ? 1 : (hp * hp) / (hh * pp);
  return {
    type,
    slope,
    intercept: meanPrice - slope * meanHour,
    r2_score: fit,
    points_count: count,
    confidence: Math.min(1, fit),
  };
}
