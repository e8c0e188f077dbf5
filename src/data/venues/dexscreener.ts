/** DexScreener: pairs of tokens on chains (pipelines spec §7.8). A token it does not know is simply missing. */
import { z } from 'zod';
import { decimal } from './candle-rows.js';
import type { Provider } from './provider.js';

const token = z.object({ address: z.string(), name: z.string(), symbol: z.string() });
const pair = z.object({
  chainId: z.string(),
  dexId: z.string(),
  pairAddress: z.string(),
  baseToken: token,
  quoteToken: token,
  priceUsd: decimal.optional(),
  priceNative: decimal.optional(),
  /** USD. */
  volume: z
    .object({
      m5: z.number().optional(),
      h1: z.number().optional(),
      h6: z.number().optional(),
      h24: z.number().optional(),
    })
    .optional(),
  /** Percent. */
  priceChange: z.object({ h24: z.number().optional() }).optional(),
  liquidity: z.object({ usd: z.number().optional() }).optional(),
  fdv: z.number().nullish(),
  marketCap: z.number().nullish(),
  /** Epoch ms. */
  pairCreatedAt: z.number().optional(),
});
const found = z.object({ pairs: z.array(pair).nullable() });

export type DexPair = z.infer<typeof pair>;

/** Addresses of one call at most. */
const BATCH = 30;

export class DexScreener {
  constructor(private readonly provider: Provider) {}

  async search(query: string, signal?: AbortSignal): Promise<readonly DexPair[]> {
    return (await this.provider.get('/latest/dex/search', { q: query }, found, signal)).pairs ?? [];
  }

  /** Pairs whose base token is one of the addresses, deepest first per token. */
  async tokens(
    chain: string,
    addresses: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly DexPair[]>> {
    const byToken = new Map<string, DexPair[]>();
    const batches = Array.from({ length: Math.ceil(addresses.length / BATCH) }, (_, at) =>
      addresses
        .slice(at * BATCH, (at + 1) * BATCH)
        .map(encodeURIComponent)
        .join(','),
    );
    const ask = (batch: string): Promise<DexPair[]> =>
      this.provider.get(`/tokens/v1/${encodeURIComponent(chain)}/${batch}`, {}, z.array(pair), signal);
    // all at once: the budget decides how fast
    for (const each of (await Promise.all(batches.map(ask))).flat()) {
      const known = byToken.get(each.baseToken.address);
      if (known) known.push(each);
      else byToken.set(each.baseToken.address, [each]);
    }
    for (const pairs of byToken.values()) {
      pairs.sort((a, b) => (b.liquidity?.usd ?? 0) - (a.liquidity?.usd ?? 0));
    }
    return byToken;
  }
}
