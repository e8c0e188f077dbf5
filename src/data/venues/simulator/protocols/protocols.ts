/** Every simulated venue by its id. */
import type { VenueProtocol } from '../protocol.js';
import type { VenueId } from '../venue-ids.js';
import { binanceSpot, binanceUsdm } from './binance.js';
import { bybit } from './bybit.js';
import { coingecko } from './coingecko.js';
import { coinglass } from './coinglass.js';
import { dexscreener } from './dexscreener.js';
import { geckoterminal } from './geckoterminal.js';
import { hyperliquid } from './hyperliquid.js';
import { kraken } from './kraken.js';
import { okx } from './okx.js';

export const PROTOCOLS: Readonly<Record<VenueId, VenueProtocol>> = {
  binanceusdm: binanceUsdm,
  binance: binanceSpot,
  bybit,
  okx,
  hyperliquid,
  kraken,
  coingecko,
  coinglass,
  geckoterminal,
  dexscreener,
};
