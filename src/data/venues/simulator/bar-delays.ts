/**
 * Bars that a venue publishes late or corrects: the only faults that live in what the venue knows, so that pages and
 * stream agree about them. A bar is drawn once; afterwards every look at it gives the same answer until it is put right.
 */
import type { Bar } from './bar.js';
import type { FaultDirector } from './faults/fault-director.js';
import { altered } from './faults/row-faults.js';
import type { Page } from './protocol.js';
import type { VenueId } from './venue-ids.js';

/** Moments are multiples of the stream's step, so that the stream can put a bar right on time. */
const STEP = 15_000;

export interface Delay {
  readonly kind: 'late_bar' | 'corrected_bar';
  /** Virtual time at which the bar is as it stays. */
  readonly until: number;
}

export class BarDelays {
  private readonly drawn = new Map<string, Delay | null>();

  constructor(
    private readonly director: FaultDirector,
    private readonly venue: VenueId,
  ) {}

  /** What happens to a bar that closes at `closes`; undefined for most. */
  of(symbol: string, interval: number, closes: number): Delay | undefined {
    if (!this.director.has('bar')) return undefined;
    const identity = `${symbol} ${interval} ${closes}`;
    const known = this.drawn.get(identity);
    if (known !== undefined) return known ?? undefined;
    let found: Delay | null = null;
    const target = { venue: this.venue, endpoint: 'bars', symbol, identity, now: closes } as const;
    for (const { kind, ms, record } of this.director.candidates(['bar'], target, false)) {
      if (kind !== 'late_bar' && kind !== 'corrected_bar') continue;
      found = { kind, until: closes + Math.max(STEP, Math.round(ms / STEP) * STEP) };
      record();
      break;
    }
    this.drawn.set(identity, found);
    return found ?? undefined;
  }

  /** A page as the venue knows it at `now`: late bars missing, uncorrected ones wrong. */
  applied(page: Page, now: number): Page {
    const { range } = page;
    if (!range || page.endpoint !== 'bars' || !this.director.has('bar')) return page;
    const { market, table } = range;
    // delays are short: only the newest bars can be under way
    const settled = now - 3_600_000;
    let last = range.last;
    const rows: Bar[] = [];
    while (last > range.first && table.time[last - 1]! + page.interval > settled) {
      last -= 1;
      const bar = market.bar(table, last);
      const delay = this.of(page.symbol, page.interval, bar.time + page.interval);
      if (!delay || delay.until <= now) rows.unshift(bar);
      else if (delay.kind === 'corrected_bar') rows.unshift(altered(bar) as Bar);
    }
    return { ...page, range: { ...range, last }, rows: [...rows, ...page.rows] };
  }
}
