/**
 * What a series of bars tells about itself: repeated bars and jumps between one bar's close and the next one's open.
 *
 * A jump is looked for between bars, not inside them: markets that trade without a pause open where they closed, and a
 * coin that rises fivefold in a day does so inside its bar. Its size is compared with the series' own habit (median
 * jump, median range), so a wild market is not accused. Jumps by the ratio of a split or by a power of ten are alarms;
 * other large ones (AAPL opening 48 % lower on 2000-09-29) are notices up to a factor of eight.
 *
 * Limits: prediction markets are left out (a resolution is a jump); a split of less than 3:2 and a swap of two
 * instruments that cost about the same look like ordinary moves.
 */
import type { Series } from '../../../market/series.js';
import { upperMedian } from '../../upper-median.js';
import type { DefectKind } from './finding.js';

/** A finding before it has the name of its series. */
export interface SeriesDefect {
  readonly kind: DefectKind;
  readonly severity: 'alarm' | 'notice';
  /** First and last ts concerned, UTC ms, and how many rows. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly message: string;
}

export interface Jump {
  readonly row: number;
  readonly time: number;
  readonly before: number;
  readonly after: number;
  /** Natural logarithm of open ÷ last close. */
  readonly size: number;
}

const STALE_BARS = 5;
const SMALLEST_JUMP = Math.log(1.4);
const HABITS = 12;
const CERTAIN_JUMP = Math.log(8);
const SPLIT_RATIOS = [1.5, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 50];

/** Runs of equal bars that show trade (a flat bar without volume is a market at rest). */
export function staleRepeats({ time, open, high, low, close, volume, length }: Series): SeriesDefect[] {
  const found: SeriesDefect[] = [];
  for (let first = 0; first < length; ) {
    let next = first + 1;
    while (
      next < length &&
      close[next] === close[first] &&
      open[next] === open[first] &&
      high[next] === high[first] &&
      low[next] === low[first] &&
      volume[next] === volume[first]
    ) {
      next += 1;
    }
    const isTraded = volume[first]! > 0 || high[first]! > low[first]!;
    if (isTraded && next - first >= STALE_BARS) {
      found.push({
        kind: 'stale_repeat',
        severity: 'alarm',
        from: time[first]!,
        to: time[next - 1]!,
        count: next - first,
        message: `the same bar ${next - first} times`,
      });
    }
    first = next;
  }
  return found;
}

/** Bars that open far from the close before them, by the standards of the series. */
export function jumpsOf({ time, open, high, low, close, length }: Series): Jump[] {
  const between: number[] = [];
  const ranges: number[] = [];
  for (let row = 1; row < length; row += 1) {
    const size = Math.log(open[row]! / close[row - 1]!);
    if (Number.isFinite(size)) between.push(Math.abs(size));
    const range = Math.log(high[row]! / low[row]!);
    if (Number.isFinite(range)) ranges.push(range);
  }
  const threshold = Math.max(SMALLEST_JUMP, HABITS * upperMedian(between), 2 * upperMedian(ranges));
  const jumps: Jump[] = [];
  for (let row = 1; row < length; row += 1) {
    const [before, after] = [close[row - 1]!, open[row]!];
    const size = Math.log(after / before);
    if (Number.isFinite(size) && Math.abs(size) > threshold)
      jumps.push({ row, time: time[row]!, before, after, size });
  }
  return jumps;
}

/**
 * Names the jumps of one series; each is one defect that ends where a jump of the same size leads back, or at the end.
 * @param lastTime of the series
 */
export function jumpDefects(jumps: readonly Jump[], lastTime: number): SeriesDefect[] {
  const found: SeriesDefect[] = [];
  const closed = new Set<Jump>();
  for (const [at, jump] of jumps.entries()) {
    if (closed.has(jump)) continue;
    const back = jumps
      .slice(at + 1)
      .find((later) => !closed.has(later) && Math.abs(later.size + jump.size) < 0.25);
    if (back) closed.add(back);
    const { kind, severity } = nameOf(jump.size);
    found.push({
      kind,
      severity,
      from: jump.time,
      to: back ? back.time : lastTime,
      count: 1,
      message: `opens at ${jump.after} after a close of ${jump.before}${back ? ', and goes back later' : ''}`,
    });
  }
  return found;
}

function nameOf(size: number): { kind: DefectKind; severity: 'alarm' | 'notice' } {
  const tens = Math.abs(size) / Math.LN10;
  if (tens > 1.5 && Math.abs(tens - Math.round(tens)) * Math.LN10 < 0.3) {
    return { kind: 'wrong_price_unit', severity: 'alarm' };
  }
  const isSplit = SPLIT_RATIOS.some((ratio) => Math.abs(Math.abs(size) - Math.log(ratio)) < 0.03);
  if (isSplit) return { kind: 'split_like_jump', severity: 'alarm' };
  return { kind: 'price_jump', severity: Math.abs(size) > CERTAIN_JUMP ? 'alarm' : 'notice' };
}

/** Jumps at one time by which two series take each other's price. Returns pairs of keys with the jumps. */
export function swaps(
  jumpsBySubject: ReadonlyMap<string, readonly Jump[]>,
): { readonly subjects: readonly [string, string]; readonly jumps: readonly [Jump, Jump] }[] {
  const found: { subjects: [string, string]; jumps: [Jump, Jump] }[] = [];
  const byTime = new Map<number, [string, Jump][]>();
  for (const [subject, jumps] of jumpsBySubject) {
    for (const jump of jumps) {
      const same = byTime.get(jump.time);
      if (same) same.push([subject, jump]);
      else byTime.set(jump.time, [[subject, jump]]);
    }
  }
  const isNear = (a: number, b: number): boolean => Math.abs(Math.log(a / b)) < 0.15;
  for (const same of byTime.values()) {
    for (const [at, [first, a]] of same.entries()) {
      for (const [second, b] of same.slice(at + 1)) {
        if (isNear(a.after, b.before) && isNear(b.after, a.before)) {
          found.push({ subjects: [first, second], jumps: [a, b] });
        }
      }
    }
  }
  return found;
}
