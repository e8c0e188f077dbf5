/**
 * Minutes made from trades, for venues whose candles reach back only hours (Kraken; HMM spec §3.4).
 *
 * The pages follow each other by the venue's own cursor. A trade is counted once, by its id, so that pages may overlap;
 * a minute is handed on when a later trade has come, so that it is never a part of one. Minutes without a trade have no
 * bar, and are confirmed empty by the trades around them.
 */
import { TidewatchError } from '../../errors.js';
import type { Instrument } from '../../market/instrument.js';
import { CandleColumns } from '../venues/candle-columns.js';
import { noCounts } from '../venues/candle-page.js';
import type { Trade, Venue } from '../venues/venue.js';
import type { Stretch } from './candle-stretches.js';

const MINUTE = 60_000;
/** Answers that do not move on before the cursor counts as stuck. */
const MOST_STUCK = 5;

/** Complete minutes with trades in [from, to). */
export async function* tradeStretches(
  venue: Venue,
  instrument: Instrument,
  from: number,
  to: number,
  signal?: AbortSignal,
): AsyncGenerator<Stretch> {
  let since: number | string = from;
  let seen = new Set<string>();
  let open: CandleColumns | undefined;
  let done = from;
  let stuck = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { trades, next } = await venue.trades(instrument, since, signal);
    const fresh = trades.filter(({ id, ts }) => !seen.has(id) && ts >= from);
    const columns = new CandleColumns(fresh.length + 1);
    if (open !== undefined) columns.append(open);
    for (const trade of fresh) if (trade.ts < to) addTrade(columns, trade);
    const newest = trades.at(-1)?.ts ?? Number.NaN;
    const isEnd = trades.length === 0 || next === null || newest >= to;
    // the minute that is still open waits for the next page
    open = undefined;
    if (!isEnd && columns.length > 0) {
      open = new CandleColumns(1);
      open.append(columns, columns.length - 1, columns.length);
      columns.length -= 1;
    }
    const through: number = isEnd ? to : Math.max(done, open?.time[0] ?? done);
    if (through > done || columns.length > 0) {
      yield {
        window: { from: done, to: through },
        columns,
        absent: emptyMinutes(columns, done, through),
        counts: { ...noCounts(), duplicates: trades.length - fresh.length },
        pages: 1,
      };
      done = through;
    }
    if (isEnd) return;
    stuck = next === since || fresh.length === 0 ? stuck + 1 : 0;
    if (stuck >= MOST_STUCK) {
      throw new TidewatchError('cursor_stuck', `${venue.id} · its cursor of trades does not move on`, {
        hint: 'run it again later: it goes on where it stopped',
        details: { venue: venue.id, instrument: instrument.id, cursor: next },
      });
    }
    seen = new Set(trades.map(({ id }) => id));
    since = next;
  }
}

/** Into the last minute, or a new one. Trades come in order; one that is late by a page would be of a closed minute. */
function addTrade(columns: CandleColumns, { ts, price, size }: Trade): void {
  const minute = Math.floor(ts / MINUTE) * MINUTE;
  const last = columns.length - 1;
  if (last >= 0 && columns.time[last] === minute) {
    columns.high[last] = Math.max(columns.high[last]!, price);
    columns.low[last] = Math.min(columns.low[last]!, price);
    columns.close[last] = price;
    columns.volume[last] = columns.volume[last]! + size;
    columns.quoteVolume[last] = columns.quoteVolume[last]! + price * size;
    columns.trades[last] = columns.trades[last]! + 1;
    return;
  }
  columns.reserve(1);
  const row = columns.length;
  columns.time[row] = minute;
  columns.open[row] = price;
  columns.high[row] = price;
  columns.low[row] = price;
  columns.close[row] = price;
  columns.volume[row] = size;
  columns.quoteVolume[row] = price * size;
  columns.trades[row] = 1;
  columns.length = row + 1;
}

function emptyMinutes(
  columns: CandleColumns,
  from: number,
  to: number,
): { readonly from: number; readonly to: number }[] {
  const empty: { from: number; to: number }[] = [];
  let at = from;
  for (const time of columns.cut('time')) {
    if (time > at) empty.push({ from: at, to: time });
    at = time + MINUTE;
  }
  if (to > at) empty.push({ from: at, to });
  return empty;
}
