/**
 * Market caps of coins as tags of the instruments that the home knows (operational schema §4.5): each watched or stored
 * market of an exchange takes the largest coin whose symbol is its base. Tokens of DEXes are tagged from their own bars.
 */
import { bucketOf, mcapTierOf } from '../../analysis/drivers/market-cap-labels.js';
import type { MarketCap } from '../../data/venues/coingecko.js';
import { EXCHANGES } from '../../data/venues/open-venues.js';
import { parseInstrument } from '../../market/instrument.js';
import type { TokenCap } from '../../platform/store/token-caps.js';

/** @param caps by size, the largest first */
export function taggedCaps(
  instruments: Iterable<string>,
  caps: readonly MarketCap[],
): readonly Omit<TokenCap, 'updated_at'>[] {
  const coins = new Map<string, MarketCap>();
  for (const coin of caps) {
    const symbol = coin.symbol.toUpperCase();
    if (!coins.has(symbol)) coins.set(symbol, coin);
  }
  return [...new Set(instruments)].sort().flatMap((id) => {
    const { venue, section, symbol, base } = parseInstrument(id);
    const coin = coins.get(base.toUpperCase());
    // what builders list at Hyperliquid are stocks and metals as often as coins
    const isCoin =
      (EXCHANGES as readonly string[]).includes(venue) && (venue !== 'hyperliquid' || section === 'main');
    if (!isCoin || coin?.marketCap == null || !(coin.marketCap > 0)) return [];
    return [
      {
        instrument_id: id,
        token_chain: venue,
        token_contract: symbol,
        bucket: bucketOf(coin.marketCap),
        mcap_tier: mcapTierOf(coin.marketCap),
        market_cap_usd: coin.marketCap,
        circulating_supply: coin.circulatingSupply,
      },
    ];
  });
}
