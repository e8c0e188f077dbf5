/**
 * GeckoTerminal: bars of pools on chains (pipelines spec §7.9). Pages go back in time from `before_timestamp`; a bar that
 * cannot be (a negative price, a jump of a hundred times and back) is left out and stays a gap.
 */
import { z } from 'zod';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { CandleColumns } from './candle-columns.js';
import { type CandlePage, pageOf, type Window } from './candle-page.js';
import { amount, type Provider, positive } from './provider.js';

const ohlcv = z
  .object({ data: z.object({ attributes: z.object({ ohlcv_list: z.array(z.unknown()) }) }) })
  .transform(({ data }) => data.attributes.ohlcv_list);
const bar = z
  .tuple([positive, positive, positive, positive, positive, amount])
  .refine(
    ([, open, high, low, close]) => high >= Math.max(open, close) && low <= Math.min(open, close),
    'must have its high above its low',
  );
const pools = z.object({ data: z.array(z.unknown()) }).transform(({ data }) => data);
const pool = z
  .object({ attributes: z.object({ address: z.string().min(1), reserve_in_usd: amount.nullish() }) })
  .transform(({ attributes }) => attributes);

const UNITS: Partial<Record<Timeframe, readonly [string, number]>> = {
  '1m': ['minute', 1],
  '5m': ['minute', 5],
  '15m': ['minute', 15],
  '1h': ['hour', 1],
  '4h': ['hour', 4],
  '1d': ['day', 1],
};
const PAGE = 1000;
/** A bar that spans more than this is a fault of the source. */
const JUMP = 100;

export class GeckoTerminal {
  constructor(private readonly provider: Provider) {}

  /** Pools of a token, the deepest first. */
  async pools(network: string, token: string, signal?: AbortSignal): Promise<readonly string[]> {
    const path = `/api/v2/networks/${encodeURIComponent(network)}/tokens/${encodeURIComponent(token)}/pools`;
    const question = { path, parameters: { page: 1 }, list: pools, row: pool };
    const found = await this.provider.rows(question, signal);
    const depth = (each: z.infer<typeof pool>): number => each.reserve_in_usd ?? 0;
    return [...found].sort((a, b) => depth(b) - depth(a)).map(({ address }) => address);
  }

  /** Bars of a pool in USD, at most a page that ends at the window's end. */
  async candles(
    network: string,
    pool: string,
    timeframe: Timeframe,
    window: Window,
    signal?: AbortSignal,
  ): Promise<CandlePage> {
    const [unit, aggregate] = UNITS[timeframe] ?? ['minute', 1];
    const step = TIMEFRAME_MS[timeframe];
    const path = `/api/v2/networks/${encodeURIComponent(network)}/pools/${encodeURIComponent(pool)}/ohlcv/${unit}`;
    const parameters = {
      aggregate,
      // the bar at the end of the window comes too, and is none of it
      limit: Math.min(PAGE, Math.ceil((window.to - window.from) / step) + 1),
      before_timestamp: Math.floor(window.to / 1000),
      currency: 'usd',
      token: 'base',
    };
    // a minute without a trade is no bar, so that only a page without any is worth another look
    const lacks = (rows: readonly z.infer<typeof bar>[]) =>
      rows.some(([seconds]) => seconds * 1000 >= window.from && seconds * 1000 < window.to)
        ? undefined
        : 'no bar of the range came';
    const list = await this.provider.rows({ path, parameters, list: ohlcv, row: bar, lacks }, signal);
    const columns = new CandleColumns(list.length);
    for (const [row, [seconds, open, high, low, close, volume]] of list.entries()) {
      columns.time[row] = seconds * 1000;
      columns.open[row] = open;
      // NaN makes the page leave it out and count it
      columns.high[row] = high > JUMP * open || low * JUMP < open ? Number.NaN : high;
      columns.low[row] = low;
      columns.close[row] = close;
      // the provider's volume is USD; base units by the close, as for every token of a chain
      columns.volume[row] = volume / close;
      columns.quoteVolume[row] = volume;
      columns.trades[row] = Number.NaN;
    }
    columns.length = list.length;
    return pageOf(columns, window, step, true);
  }
}
