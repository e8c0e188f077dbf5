/** The venues that the simulator speaks for, by their ccxt or product name, and what they are asked for. */
export const VENUE_IDS = [
  'binanceusdm',
  'binance',
  'bybit',
  'okx',
  'hyperliquid',
  'kraken',
  'coingecko',
  'coinglass',
  'geckoterminal',
  'dexscreener',
] as const;
export type VenueId = (typeof VENUE_IDS)[number];

/** What a request is about. Faults are aimed at these, so that one script fits every venue. */
export const ENDPOINTS = [
  'bars',
  'funding',
  'open_interest',
  'symbols',
  'time',
  'quotes',
  'trades',
  'caps',
  'stream',
] as const;
export type Endpoint = (typeof ENDPOINTS)[number];
