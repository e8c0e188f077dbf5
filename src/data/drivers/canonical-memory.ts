/** Canonical bars of several coins at one timeframe, remembered from call to call to tell when the past has changed. */
import type { PriceBar } from '../../analysis/drivers/valid-bar.js';
import type { Components } from './composite-run.js';
import type { RegimeBar } from './regime-series.js';
import { SortedTimes } from './sorted-times.js';

export class CanonicalMemory implements Components {
  private readonly byCoin = new Map<string, Map<number, RegimeBar>>();
  private readonly times = new SortedTimes();

  /**
   * Takes in the bars of a coin in a window that reaches to its newest one.
   * @returns the earliest time at which a bar is other than it was; Infinity when none is
   */
  take(coin: string, bars: readonly RegimeBar[], from: number): number {
    let earliest = Number.POSITIVE_INFINITY;
    let known = this.byCoin.get(coin);
    if (known === undefined) {
      known = new Map();
      this.byCoin.set(coin, known);
    }
    const given = new Set<number>();
    for (const bar of bars) {
      given.add(bar.ts);
      const before = known.get(bar.ts);
      if (before !== undefined && isSame(before, bar)) continue;
      known.set(bar.ts, bar);
      this.times.add(bar.ts);
      earliest = Math.min(earliest, bar.ts);
    }
    for (const ts of this.times.between(from - 1, Number.POSITIVE_INFINITY)) {
      if (given.has(ts) || !known.delete(ts)) continue;
      earliest = Math.min(earliest, ts);
    }
    return earliest;
  }

  timesBetween(after: number, to: number): readonly number[] {
    return this.times.between(after, to);
  }

  *at(time: number): Generator<readonly [string, Omit<PriceBar, 'ts'>]> {
    for (const [coin, bars] of this.byCoin) {
      const bar = bars.get(time);
      if (bar !== undefined) yield [coin, bar];
    }
  }
}

function isSame(a: RegimeBar, b: RegimeBar): boolean {
  return (
    a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume
  );
}
