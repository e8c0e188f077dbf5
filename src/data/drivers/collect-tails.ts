/**
 * The short way of a minute: where everything older is there and settled, each source is asked for its newest bars alone,
 * all sources at once, and what came is written in one go. Whatever is not as it should be (an answer that lacks a bar, an
 * error, a clock that jumped, bars that look wrong) is left to the long way (collect-component.ts).
 *
 * A bar is settled when it was read five minutes after its close; until then it is asked for again, and written again
 * when it differs or has settled.
 */
import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import type { Clock } from '../../market/clock.js';
import { parseInstrument } from '../../market/instrument.js';
import { lowerBound } from '../../market/series.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import { SETTLED_MS } from '../ingest/held-bars.js';
import type { LakeAccess } from '../ingest/lake-access.js';
import { INGESTED_AT, RANK } from '../lake/merge-blocks.js';
import type { CandleColumns } from '../venues/candle-columns.js';
import type { Venues } from '../venues/open-venues.js';
import type { SourceRows } from './component-bars.js';
import { PAGE_RANK, type SourceMemory, type WrittenRows } from './source-memory.js';
import { MOST_SKEW_MS } from './venue-time.js';

export interface TailsRequest {
  readonly timeframe: RegimeTimeframe;
  /** Half-open range of closed bars, UTC ms. */
  readonly from: number;
  readonly to: number;
  /** Instruments whose newest bars are wanted, by component. */
  readonly wanted: ReadonlyMap<string, readonly string[]>;
  /** Times of an instrument at which its venue has no bar, as the long way found. */
  readonly absent: (instrument: string) => ReadonlySet<number>;
  readonly clock: Clock;
  /** Told of the clocks of the venues that answer minus ours, ms, before any bar is asked for. */
  readonly clocks?: (skews: readonly number[]) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface CollectedTails {
  /** Components of which every wanted source is up to date now. */
  readonly done: ReadonlySet<string>;
  /** Bars written. */
  readonly rows: number;
  /** Clocks of the venues minus ours, ms. */
  readonly skews: readonly number[];
}

/** Bars of a tail at most; the second source is asked once an hour. */
const MOST_BARS = 200;
/** Bars before the range that readers still look at. */
const KEPT_BARS = 100;
const VALUES = ['open', 'high', 'low', 'close', 'volume'] as const;

/** @throws what the lake throws; a venue that fails leaves its component out */
export async function collectTails(
  access: LakeAccess,
  venues: Venues,
  memory: SourceMemory,
  request: TailsRequest,
): Promise<CollectedTails> {
  const { timeframe, from, to, wanted, absent, clock, signal } = request;
  const step = TIMEFRAME_MS[timeframe];
  await memory.refresh();
  const names = [...new Set([...wanted.values()].flat().map((id) => parseInstrument(id).venue))];
  const skewOf = new Map<string, number>();
  const clocks = new Map(
    names.map((name) => {
      const asking = venues
        .of(name)
        .serverTime(signal)
        .catch(() => Number.NaN)
        .then((time) => {
          const skew = time - clock.now();
          // farther apart, the long way trusts that of the venue; near, it has closed the newest bar too
          if (Math.abs(skew) <= MOST_SKEW_MS && bucketOpen(time, timeframe) >= to) skewOf.set(name, skew);
          return skew;
        });
      return [name, asking] as const;
    }),
  );
  const told = Promise.all(clocks.values()).then((skews) =>
    request.clocks?.(skews.filter((skew) => !Number.isNaN(skew))),
  );
  const written = new Map<string, WrittenRows>();
  const done = new Set<string>();
  const one = async (component: string, sources: readonly string[]): Promise<void> => {
    const found: [string, WrittenRows][] = [];
    for (const id of sources) {
      const instrument = parseInstrument(id);
      const held = await memory.rows(id, from, to);
      const first = firstUnsettled(held, absent(id), step, from, to);
      if (first === to || (to - first) / step > MOST_BARS) {
        await clocks.get(instrument.venue);
        if (first === to && skewOf.has(instrument.venue)) continue;
        return;
      }
      const page = await venues
        .of(instrument.venue)
        .candles(instrument, timeframe, { from: first, to }, signal)
        .catch(() => undefined);
      await clocks.get(instrument.venue);
      signal?.throwIfAborted();
      if (page === undefined || !skewOf.has(instrument.venue) || page.columns.length !== (to - first) / step)
        return;
      const rows = newsOf(page.columns, held, step, clock.now());
      if (rows.ts.length > 0) found.push([id, rows]);
    }
    for (const [id, rows] of found) written.set(id, rows);
    done.add(component);
  };
  await Promise.all([told, ...[...wanted].map(([component, sources]) => one(component, sources))]);
  signal?.throwIfAborted();
  const rows = [...written.values()].reduce((sum, { ts }) => sum + ts.length, 0);
  if (rows > 0) {
    const ingestedAt = clock.now();
    const batch = batchOf(written, timeframe, rows);
    const files = await access.write((writer) => writer.append('bars', batch, { source: 'rest' }));
    memory.wrote(written, ingestedAt, files, from - KEPT_BARS * step);
  }
  return { done, rows, skews: [...skewOf.values()] };
}

/** Earliest time of the grid at which no settled bar is held; `to` when all are. */
function firstUnsettled(
  { ts, columns }: SourceRows,
  absent: ReadonlySet<number>,
  step: number,
  from: number,
  to: number,
): number {
  const [rank, ingestedAt] = [columns[RANK]!, columns[INGESTED_AT]!];
  let row = 0;
  for (let time = Math.ceil(from / step) * step; time < to; time += step) {
    while (row < ts.length && ts[row]! < time) row += 1;
    if (ts[row] !== time) {
      if (absent.has(time)) continue;
      return time;
    }
    const isNative = rank[row]! >= PAGE_RANK - 1;
    if (!isNative || ingestedAt[row]! < time + step + SETTLED_MS) return time;
  }
  return to;
}

/** Rows that say something new: other values, or that they have settled. */
function newsOf(page: CandleColumns, { ts, columns }: SourceRows, step: number, now: number): WrittenRows {
  const news: number[] = [];
  for (let row = 0; row < page.length; row += 1) {
    const time = page.time[row]!;
    const at = lowerBound(ts, time);
    if (ts[at] === time) {
      if (columns[RANK]![at]! > PAGE_RANK) continue;
      const isSame =
        columns[RANK]![at] === PAGE_RANK && VALUES.every((name) => columns[name]![at] === page[name][row]);
      const hasSettled = now >= time + step + SETTLED_MS;
      const wasSettled = columns[INGESTED_AT]![at]! >= time + step + SETTLED_MS;
      if (isSame && (wasSettled || !hasSettled)) continue;
    }
    news.push(row);
  }
  const pick = (column: Float64Array): Float64Array => Float64Array.from(news, (row) => column[row]!);
  return {
    ts: pick(page.time),
    columns: {
      open: pick(page.open),
      high: pick(page.high),
      low: pick(page.low),
      close: pick(page.close),
      volume: pick(page.volume),
      quote_volume: pick(page.quoteVolume),
      trades: pick(page.trades),
    },
  };
}

/** In the order in which the lake keeps them: then it need not sort. */
function batchOf(found: ReadonlyMap<string, WrittenRows>, timeframe: RegimeTimeframe, length: number) {
  const written = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  const column = (values: (rows: WrittenRows) => ArrayLike<number>): Float64Array => {
    const all = new Float64Array(length);
    let at = 0;
    for (const [, rows] of written) {
      all.set(values(rows), at);
      at += rows.ts.length;
    }
    return all;
  };
  const names = ['open', 'high', 'low', 'close', 'volume', 'quote_volume', 'trades'] as const;
  return {
    length,
    constants: { timeframe },
    columns: {
      instrument_id: written.flatMap(([id, { ts }]) => Array.from(ts, () => id)),
      ts: column(({ ts }) => ts),
      ...Object.fromEntries(names.map((name) => [name, column(({ columns }) => columns[name])])),
    },
  };
}
