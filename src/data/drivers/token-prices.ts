/**
 * Bars of low-cap tokens (regime spec §5, pipelines spec §7.8, §7.9). Live: one price point per token and minute from
 * DexScreener, thirty tokens a call, with the market cap that later tags the token; a minute without a point is no bar.
 * History, once per token and timeframe: bars of its deepest pool from GeckoTerminal, which know no market cap. A bar that
 * is stored is never replaced by the other kind.
 */

import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import { pointsToMinutes } from '../../analysis/drivers/price-points.js';
import type { Clock } from '../../market/clock.js';
import type { Instrument } from '../../market/instrument.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import type { LakeAccess } from '../ingest/backfill.js';
import { barBatch } from '../ingest/bar-batch.js';
import type { RowOf } from '../lake/dataset-rows.js';
import type { DexPair, DexScreener } from '../venues/dexscreener.js';
import type { GeckoTerminal } from '../venues/geckoterminal.js';

export interface CollectedPoints {
  readonly points: number;
  /** Tokens that the provider does not know now. */
  readonly unknown: readonly string[];
  readonly failures: readonly { readonly source: string; readonly message: string }[];
}

/** One point per token, stamped now. */
export async function collectPrices(
  access: LakeAccess,
  dexscreener: DexScreener,
  tokens: readonly Instrument[],
  clock: Clock,
  signal?: AbortSignal,
): Promise<CollectedPoints> {
  const rows: RowOf<'price_points'>[] = [];
  const unknown: string[] = [];
  const failures: { source: string; message: string }[] = [];
  const byChain = new Map<string, Instrument[]>();
  for (const token of tokens) byChain.set(token.section, [...(byChain.get(token.section) ?? []), token]);
  for (const [chain, members] of byChain) {
    try {
      const pairs = await dexscreener.tokens(
        chain,
        members.map(({ symbol }) => symbol),
        signal,
      );
      const ts = clock.now();
      for (const { id, symbol } of members) {
        const point = pairs.get(symbol)?.find(({ priceUsd }) => priceUsd !== undefined && priceUsd > 0);
        if (point === undefined) unknown.push(id);
        else rows.push(pointOf(id, ts, point));
      }
    } catch (error) {
      signal?.throwIfAborted();
      failures.push({ source: `dexscreener ${chain}`, message: messageOf(error) });
    }
  }
  if (rows.length > 0) {
    await access.write((writer) => writer.append('price_points', rows, { source: 'dexscreener' }));
  }
  return { points: rows.length, unknown, failures };
}

function pointOf(instrument_id: string, ts: number, pair: DexPair): RowOf<'price_points'> {
  return {
    instrument_id,
    ts,
    price_usd: pair.priceUsd!,
    price_native: pair.priceNative ?? null,
    volume_5m: pair.volume?.m5 ?? null,
    volume_1h: pair.volume?.h1 ?? null,
    volume_6h: pair.volume?.h6 ?? null,
    volume_24h: pair.volume?.h24 ?? null,
    quote_token: pair.quoteToken.symbol || null,
    liquidity_usd: pair.liquidity?.usd ?? null,
    price_change_24h: pair.priceChange?.h24 ?? null,
    market_cap: pair.marketCap ?? null,
    fdv: pair.fdv ?? null,
    dex_id: pair.dexId || null,
    pair_address: pair.pairAddress || null,
  };
}

interface StoredPoint {
  readonly instrument_id: string;
  readonly ts: number;
  readonly price_usd: number;
  readonly volume_1m: number | null;
  readonly volume_5m: number | null;
  readonly market_cap: number | null;
  readonly liquidity_usd: number | null;
  readonly fdv: number | null;
  readonly price_change_24h: number | null;
  readonly dex_id: string | null;
  readonly pair_address: string | null;
}

/** A minute opens at the close of the one before when that is not older than this. */
const OPENS_FROM_MS = 3_600_000;

/**
 * Closed minutes of the half-open range [from, to) from stored points; those that are stored already stay.
 * @returns bars written
 */
export async function minutesOfPoints(
  access: LakeAccess,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<number> {
  const { lake } = access;
  const points = (await lake.query(
    'price_points',
    { venue: 'dex', from: from - 2 * OPENS_FROM_MS, to },
    (relation, run) =>
      run(
        `SELECT instrument_id, ts, price_usd, volume_1m, volume_5m, market_cap, liquidity_usd, fdv, price_change_24h,
              dex_id, pair_address
         FROM ${relation} WHERE ts >= ${from - 2 * OPENS_FROM_MS} AND ts < ${to} ORDER BY instrument_id, ts`,
      ),
  )) as unknown as StoredPoint[];
  if (points.length === 0) return 0;
  const held = new Set(
    (
      await lake.query('bars', { venue: 'dex', timeframe: '1m', from, to }, (relation, run) =>
        run(`SELECT instrument_id, ts FROM ${relation} WHERE ts >= ${from} AND ts < ${to}`),
      )
    ).map((row) => `${row.instrument_id as string} ${row.ts as number}`),
  );
  const byToken = new Map<string, StoredPoint[]>();
  for (const point of points) {
    const own = byToken.get(point.instrument_id);
    if (own) own.push(point);
    else byToken.set(point.instrument_id, [point]);
  }
  const rows: RowOf<'bars'>[] = [];
  for (const [instrument_id, own] of byToken) {
    const newest = new Map(own.map((point) => [bucketOpen(point.ts, '1m'), point]));
    for (const stretch of unbroken(own)) {
      const priced = stretch.map(({ ts, price_usd, volume_1m, volume_5m }) => ({
        ts,
        price: price_usd,
        volume_1m,
        volume_5m,
      }));
      for (const bar of pointsToMinutes(priced)) {
        if (bar.ts < from || bar.ts + TIMEFRAME_MS['1m'] > to) continue;
        if (held.has(`${instrument_id} ${bar.ts}`)) continue;
        const { market_cap, liquidity_usd, fdv, price_change_24h, dex_id, pair_address } = newest.get(
          bar.ts,
        )!;
        rows.push({
          instrument_id,
          timeframe: '1m',
          ts: bar.ts,
          open: bar.open,
          high: bar.high,
          low: bar.low,
          close: bar.close,
          volume: bar.volume / bar.close,
          quote_volume: bar.volume,
          volume_estimated: true,
          market_cap,
          liquidity_usd,
          fdv,
          price_change_24h,
          dex_id,
          pair_address,
        });
      }
    }
  }
  if (rows.length > 0) await access.write((writer) => writer.append('bars', rows, { source: 'points' }));
  return rows.length;
}

/** Points in order, parted where none came for an hour: what opens after that opens at its own price. */
function unbroken(points: readonly StoredPoint[]): StoredPoint[][] {
  const stretches: StoredPoint[][] = [];
  let before = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    if (bucketOpen(point.ts, '1m') - before > OPENS_FROM_MS) stretches.push([]);
    stretches.at(-1)!.push(point);
    before = bucketOpen(point.ts, '1m');
  }
  return stretches;
}

/** What GeckoTerminal calls a chain, where it is another word. */
const NETWORKS: Readonly<Record<string, string>> = { ethereum: 'eth', polygon: 'polygon_pos' };

export interface TokenPool {
  readonly network: string;
  readonly address: string;
}

/**
 * The deepest pool of a token; undefined where the provider knows none.
 * @throws the failures of the provider
 */
export async function deepestPool(
  gecko: GeckoTerminal,
  token: Instrument,
  signal?: AbortSignal,
): Promise<TokenPool | undefined> {
  const network = NETWORKS[token.section] ?? token.section;
  const [address] = await gecko.pools(network, token.symbol, signal);
  return address === undefined ? undefined : { network, address };
}

/**
 * The newest `bars` closed bars of a token's pool, as far as none is stored.
 * @returns bars written
 * @throws the failures of the provider
 */
export async function backfillToken(
  access: LakeAccess,
  gecko: GeckoTerminal,
  pool: TokenPool,
  token: Instrument,
  timeframe: RegimeTimeframe,
  {
    bars,
    now,
    signal,
  }: { readonly bars: number; readonly now: number; readonly signal?: AbortSignal | undefined },
): Promise<number> {
  const step = TIMEFRAME_MS[timeframe];
  const to = bucketOpen(now, timeframe);
  const window = { from: to - bars * step, to };
  const { columns } = await gecko.candles(pool.network, pool.address, timeframe, window, signal);
  const { ts } = await access.lake.columns('bars', { subject: token.id, timeframe, ...window, columns: [] });
  const held = new Set(ts);
  let kept = 0;
  for (let row = 0; row < columns.length; row += 1) {
    if (held.has(columns.time[row]!)) continue;
    columns.copyRow(row, kept);
    kept += 1;
  }
  columns.length = kept;
  if (kept > 0) {
    await access.write((writer) =>
      writer.append('bars', barBatch(token.id, timeframe, columns), { source: 'rest' }),
    );
  }
  return kept;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
