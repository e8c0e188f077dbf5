/**
 * What a client without a fault holds: the rows behind the damaged answers, for comparison row by row. Late bars count
 * from their close and corrected ones with their last values, so compare when the delays have passed.
 */

import { TidewatchError } from '../../../errors.js';
import { between, makeSeries, type Series } from '../../../market/series.js';
import { TIMEFRAME_MS, type Timeframe } from '../../../market/timeframe.js';
import type { Funding, Liquidation, OpenInterest } from './bar.js';
import { OPEN_INTEREST_GRID, type SimulatedMarket } from './simulated-market.js';
import type { SimulatedVenue } from './simulated-venue.js';
import type { VenueId } from './venue-ids.js';

export class Truth {
  constructor(
    private readonly venues: ReadonlyMap<string, SimulatedVenue>,
    private readonly now: () => number,
  ) {}

  /** Closed bars with from ≤ open time < to; volume in base units. */
  bars(venue: VenueId, symbol: string, timeframe: Timeframe, from: number, to: number): Series {
    const market = this.market(venue, symbol);
    const table = market.table(TIMEFRAME_MS[timeframe]);
    if (!table) {
      throw new TidewatchError('bad_parameter', `${symbol} has no ${timeframe} bars to make`, {
        hint: 'ask for a multiple of the bars that are replayed',
        details: { venue, symbol, timeframe },
      });
    }
    const closed = market.closedCount(table, this.now());
    const all = makeSeries(`${venue}:${symbol}`, timeframe, table);
    return between(all, from, Math.min(to, closed < table.time.length ? table.time[closed]! : to));
  }

  /** Settlements with from ≤ time < to at their nominal times, fraction per interval. */
  funding(venue: VenueId, symbol: string, from: number, to: number): readonly Funding[] {
    const hours = this.venue(venue).protocol.fundingHours;
    const known = this.market(venue, symbol).funding(from, Math.min(to - 1, this.now()), hours);
    return known.filter(({ time }) => time >= from && time < to);
  }

  /** Values on the five-minute grid with from ≤ time < to, as far as they are known. */
  openInterest(venue: VenueId, symbol: string, from: number, to: number): readonly OpenInterest[] {
    const market = this.market(venue, symbol);
    const rows: OpenInterest[] = [];
    const step = OPEN_INTEREST_GRID;
    const last = Math.min(to - 1, this.now() - step, market.ends);
    for (let time = Math.ceil(Math.max(from, market.listed) / step) * step; time <= last; time += step)
      rows.push(market.openInterest(time));
    return rows;
  }

  /** Liquidations with from ≤ time < to. */
  liquidations(venue: VenueId, symbol: string, from: number, to: number): readonly Liquidation[] {
    return this.market(venue, symbol).liquidations(from - 1, Math.min(to - 1, this.now()));
  }

  /** The venue's symbols. */
  symbols(venue: VenueId): readonly string[] {
    return this.venue(venue).symbols();
  }

  private venue(id: VenueId): SimulatedVenue {
    const venue = this.venues.get(id);
    if (venue) return venue;
    throw new TidewatchError('bad_parameter', `the venue ${id} is not simulated here`, {
      hint: `use one of ${[...this.venues.keys()].join(' ')}`,
      details: { venue: id },
    });
  }

  private market(id: VenueId, symbol: string): SimulatedMarket {
    const venue = this.venue(id);
    const market = venue.markets.find((each) => venue.protocol.symbolOf(each) === symbol);
    if (market) return market;
    throw new TidewatchError('bad_parameter', `${id} has no ${symbol}`, {
      hint: `use one of ${venue.symbols().join(' ')}`,
      details: { venue: id, symbol },
    });
  }
}
