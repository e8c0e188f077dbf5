/** Who can be asked for missing bars: the clients of the venues. */

import { barColumns } from '../data/ingest/bar-batch.js';
import { candleStretches } from '../data/ingest/candle-stretches.js';
import { tradeStretches } from '../data/ingest/trade-stretches.js';
import type { GapRepairer, SpanAnswer } from '../data/lake/gap-repair.js';
import { CandleColumns } from '../data/venues/candle-columns.js';
import type { Venues } from '../data/venues/open-venues.js';
import { parseInstrument } from '../market/instrument.js';
import { TIMEFRAME_MS } from '../market/timeframe.js';

/**
 * Asks the venue of each instrument. Both neighbours of a gap are stored, so an answer that lacks them is not believed.
 */
export function gapRepairer(venues: Venues): GapRepairer {
  return async function* (id, timeframe, spans, signal): AsyncGenerator<SpanAnswer> {
    const instrument = parseInstrument(id);
    const venue = venues.of(instrument.venue);
    const { candles, trades } = venue.capabilitiesOf(instrument);
    const step = TIMEFRAME_MS[timeframe];
    const newest = candles?.newestBars ?? Number.POSITIVE_INFINITY;
    for (const span of spans) {
      const now = await venue.serverTime(signal);
      const isOld = span.from < now - (newest - 30) * step;
      // what the venue does not keep cannot be confirmed: no answer
      if (isOld && (trades === null || timeframe !== '1m')) continue;
      const neighbours = new Set([span.from - step, span.to]);
      const stretches = isOld
        ? tradeStretches(venue, instrument, span.from, span.to, signal)
        : candleStretches(venue, instrument, timeframe, [span], {
            signal,
            now,
            isKnown: (time) => neighbours.has(time),
          });
      const columns = new CandleColumns(64);
      let settled = 0;
      for await (const stretch of stretches) {
        columns.append(stretch.columns);
        settled += stretch.columns.length;
        for (const { from, to } of stretch.absent) settled += (to - from) / step;
      }
      // where the venue contradicts itself nothing is confirmed: the span stays open
      if (settled < Math.floor((span.to - span.from) / step)) continue;
      yield { span, bars: { length: columns.length, columns: barColumns(columns) } };
    }
  };
}
