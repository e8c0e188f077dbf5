/**
 * Minutes made from trades, for venues whose candles reach back only hours (Kraken; HMM spec §3.4).
 *
 * The pages follow each other by the venue's own cursor. A trade is counted once, by its id, so that pages may overlap;
 * a minute is handed on when a later trade has come, so that it is never a part of one. Minutes without a trade have no
 * bar, and are confirmed empty by the trades around them.
 *
 * Ids that count up show when a page leaves trades out: it is asked again, and what came is put together, until the ids
 * follow each other or two more answers agree that the venue itself has skipped them.
 */
import { TidewatchError } from '../../errors.js';
import type { Instrument } from '../../market/instrument.js';
import { CandleColumns } from '../venues/candle-columns.js';
import { noCounts } from '../venues/candle-page.js';
import type { Trade, TradePage, Venue } from '../venues/venue.js';
import type { Stretch } from './candle-stretches.js';

const MINUTE = 60_000;
/** Answers that do not move on before the cursor counts as stuck. */
const MOST_STUCK = 5;
/** Answers in a row without a missing trade that make a jump of the ids real. */
const AGREEING = 2;
const MOST_ANSWERS = 8;

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
  let before: number | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const { trades, next, pages } = await wholePage(venue, instrument, since, before, signal);
    for (const { id } of trades) before = Math.max(before ?? Number(id), Number(id));
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
        pages,
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

/** A page without a hole, as far as its ids tell; an empty one is believed when it stays so. @param before highest id so far */
async function wholePage(
  venue: Venue,
  instrument: Instrument,
  since: number | string,
  before: number | undefined,
  signal: AbortSignal | undefined,
): Promise<TradePage & { readonly pages: number }> {
  const first = await venue.trades(instrument, since, signal);
  let { trades, next } = first;
  let pages = 1;
  for (let agreeing = 0; agreeing < AGREEING && pages < MOST_ANSWERS && lacksTrades(trades, before); ) {
    const answer = await venue.trades(instrument, since, signal);
    pages += 1;
    const known = new Set(trades.map(({ id }) => id));
    const missing = answer.trades.filter(({ id }) => !known.has(id));
    agreeing = missing.length > 0 ? 0 : agreeing + 1;
    if (missing.length === 0) continue;
    trades = [...trades, ...missing].sort((a, b) => a.ts - b.ts || Number(a.id) - Number(b.id) || 0);
    next = furthest(next, answer.next);
  }
  return { trades, next, pages };
}

/** Whether the page is empty or a number is missing among its ids; ids that are no numbers tell nothing. */
function lacksTrades(trades: readonly Trade[], before: number | undefined): boolean {
  if (trades.length === 0) return true;
  const ids = trades.map(({ id }) => Number(id)).sort((a, b) => a - b);
  if (!ids.every(Number.isSafeInteger)) return false;
  let last = before !== undefined && Number.isSafeInteger(before) ? before : ids[0]! - 1;
  for (const id of ids) {
    if (id > last + 1) return true;
    last = Math.max(last, id);
  }
  return false;
}

/** Of two cursors, which are times in digits, the later one. */
function furthest(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return other.length > one.length || (other.length === one.length && other > one) ? other : one;
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
