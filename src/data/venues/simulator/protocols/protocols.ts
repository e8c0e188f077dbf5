/** Every simulated venue by its id. */
import type { VenueProtocol } from '../protocol.js';
import type { VenueId } from '../venue-ids.js';
import { binanceSpot, binanceUsdm } from './binance.js';
import { hyperliquid } from './hyperliquid.js';

export const PROTOCOLS: Readonly<Record<VenueId, VenueProtocol>> = {
  binanceusdm: binanceUsdm,
  binance: binanceSpot,
  hyperliquid,
};
