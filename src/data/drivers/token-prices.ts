/**
 * Bars of low-cap tokens (regime spec §5, pipelines spec §7.8, §7.9). Live: one price point per token and minute from
 * DexScreener, thirty tokens a call, with the market cap that later tags the token; a minute without a point is no bar.
 * History, once per token and timeframe: bars of its deepest pool from GeckoTerminal, which know no market cap. A bar that
 * is stored is never replaced by the other kind.
 */

import type { RegimeTimeframe } from '../../analysis/drivers/driver.js';
import type { Clock } from '../../market/clock.js';
import type { Instrument } from '../../market/instrument.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import { barBatch } from '../ingest/bar-batch.js';
import type { LakeAccess } from '../ingest/lake-access.js';
import type { RowOf } from '../lake/dataset-rows.js';
import type { LakeFile } from '../lake/lake-file.js';
import type { DexPair, DexScreener } from '../venues/dexscreener.js';
import type { GeckoTerminal } from '../venues/geckoterminal.js';
import { columnsOf } from './row-columns.js';

export interface AskedPrices {
  readonly points: readonly RowOf<'price_points'>[];
  /** Tokens that the provider does not know now. */
  readonly unknown: readonly string[];
  readonly failures: readonly { readonly source: string; readonly message: string }[];
}

/** One point per token, stamped by `clock` when its answer is there. */
export async function askPrices(
  dexscreener: DexScreener,
  tokens: readonly Instrument[],
  clock: Clock,
  signal?: AbortSignal,
): Promise<AskedPrices> {
  const points: RowOf<'price_points'>[] = [];
  const unknown: string[] = [];
  const failures: { source: string; message: string }[] = [];
  const byChain = new Map<string, Instrument[]>();
  for (const token of tokens) {
    const members = byChain.get(token.section);
    if (members) members.push(token);
    else byChain.set(token.section, [token]);
  }
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
        else points.push(pointOf(id, ts, point));
      }
    } catch (error) {
      signal?.throwIfAborted();
      failures.push({ source: `dexscreener ${chain}`, message: messageOf(error) });
    }
  }
  return { points, unknown, failures };
}

/** @returns the files that hold them */
export function storePrices(access: LakeAccess, { points }: AskedPrices): Promise<readonly LakeFile[]> {
  return access.write((writer) =>
    writer.append('price_points', columnsOf(points), { source: 'dexscreener' }),
  );
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
  return fillFromPool(access, gecko, pool, token, timeframe, { from: to - bars * step, to }, signal);
}

/**
 * Bars of a token's pool in a window of at most a page, as far as none is stored.
 * @returns bars written
 * @throws the failures of the provider
 */
export async function fillFromPool(
  access: LakeAccess,
  gecko: GeckoTerminal,
  pool: TokenPool,
  token: Instrument,
  timeframe: RegimeTimeframe,
  window: { readonly from: number; readonly to: number },
  signal?: AbortSignal,
): Promise<number> {
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
