/** Which bars an answer holds: the part of the history that the request and the venue's own limits leave. */
import { lowerBound } from '../../../market/series.js';
import type { Bar } from './bar.js';
import type { Page } from './protocol.js';
import type { SimulatedMarket } from './simulated-market.js';

/** How a venue reads a range: which bounds, how many rows, and which end is cut. */
export interface BarSelection {
  /** Inclusive bounds on the open time, ms. */
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  /** Which end of the range survives the limit. */
  readonly keep: 'oldest' | 'newest';
  /** The venue only knows this many newest bars (Kraken 720, Hyperliquid 5,000); all when left out. */
  readonly reach?: number;
}

/** undefined when the market has no bars of this length. */
export function selectBars(
  market: SimulatedMarket,
  interval: number,
  selection: BarSelection,
  now: number,
): { range: NonNullable<Page['range']>; rows: readonly Bar[] } | undefined {
  const table = market.table(interval);
  if (!table) return undefined;
  const { from, to, limit, keep, reach = Number.POSITIVE_INFINITY } = selection;
  const closed = market.closedCount(table, now);
  const open = market.forming(table, now);
  const forming = open && open.time >= from && open.time <= to ? open : undefined;
  const oldest = Math.max(0, closed + (open ? 1 : 0) - reach);
  let first = Math.max(oldest, lowerBound(table.time, from));
  let last = Math.max(first, Math.min(closed, lowerBound(table.time, to + 1)));
  let hasForming = forming !== undefined;
  if (last - first + (hasForming ? 1 : 0) > limit) {
    if (keep === 'oldest') {
      last = first + limit;
      hasForming = false;
    } else {
      first = last - (limit - (hasForming ? 1 : 0));
    }
  }
  return { range: { market, table, first, last }, rows: hasForming && forming ? [forming] : [] };
}
