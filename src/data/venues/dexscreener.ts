/** DexScreener: pairs of tokens on chains (pipelines spec §7.8). A token it does not know is simply missing. */
import { z } from 'zod';
import { decimal } from './candle-rows.js';
import { amount, lastOfEach, moment, type Provider, positive } from './provider.js';

const token = z.object({ address: z.string().min(1), name: z.string(), symbol: z.string() });
const pair = z.object({
  chainId: z.string().min(1),
  dexId: z.string(),
  pairAddress: z.string().min(1),
  baseToken: token,
  quoteToken: token,
  priceUsd: positive.optional(),
  priceNative: positive.optional(),
  /** USD. */
  volume: z
    .object({ m5: amount.optional(), h1: amount.optional(), h6: amount.optional(), h24: amount.optional() })
    .optional(),
  /** Percent. */
  priceChange: z.object({ h24: decimal.optional() }).optional(),
  liquidity: z.object({ usd: amount.optional() }).optional(),
  fdv: amount.nullish(),
  marketCap: amount.nullish(),
  /** Epoch ms. */
  pairCreatedAt: moment.optional(),
});
const list = z.array(z.unknown());
const found = z.object({ pairs: list.nullable() }).transform(({ pairs }) => pairs ?? []);

export type DexPair = z.infer<typeof pair>;

/** Addresses of one call at most. */
const BATCH = 30;

export class DexScreener {
  constructor(private readonly provider: Provider) {}

  /** Pairs by words, deepest first. */
  async search(query: string, signal?: AbortSignal): Promise<readonly DexPair[]> {
    const question = { path: '/latest/dex/search', parameters: { q: query }, list: found, row: pair };
    return deepestFirst(lastOfEach(await this.provider.rows(question, signal), keyOf));
  }

  /** Pairs by the asked address that is their base token, deepest first; of each pair the last that was told. */
  async tokens(
    chain: string,
    addresses: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly DexPair[]>> {
    const batches = Array.from({ length: Math.ceil(addresses.length / BATCH) }, (_, at) =>
      addresses.slice(at * BATCH, (at + 1) * BATCH),
    );
    const ask = (batch: readonly string[]): Promise<readonly DexPair[]> => {
      const asked = new Set(batch.map(plain));
      return this.provider.rows(
        {
          path: `/tokens/v1/${encodeURIComponent(chain)}/${batch.map(encodeURIComponent).join(',')}`,
          list,
          row: pair.refine(
            ({ chainId, baseToken, quoteToken }) =>
              chainId === chain &&
              (asked.has(plain(baseToken.address)) || asked.has(plain(quoteToken.address))),
            'was not asked for',
          ),
        },
        signal,
      );
    };
    // all at once: the budget decides how fast
    const pairs = lastOfEach((await Promise.all(batches.map(ask))).flat(), keyOf);
    const byToken = new Map<string, DexPair[]>();
    for (const each of pairs) {
      const address = plain(each.baseToken.address);
      byToken.set(address, [...(byToken.get(address) ?? []), each]);
    }
    return new Map(
      addresses.flatMap((address) => {
        const known = byToken.get(plain(address));
        return known ? [[address, deepestFirst(known)] as const] : [];
      }),
    );
  }
}

const keyOf = ({ chainId, pairAddress }: DexPair): string => `${chainId} ${pairAddress}`;
const depth = ({ liquidity }: DexPair): number => liquidity?.usd ?? 0;
const deepestFirst = (pairs: readonly DexPair[]): DexPair[] => [...pairs].sort((a, b) => depth(b) - depth(a));

/** Addresses of EVM chains are the same in capitals and without; those of Solana are not. */
function plain(address: string): string {
  return /^0x[0-9a-f]{40}$/i.test(address) ? address.toLowerCase() : address;
}
