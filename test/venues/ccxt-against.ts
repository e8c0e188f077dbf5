/** The real ccxt client, its addresses turned to the simulator and its waits to the simulator's clock. */
import ccxt, { type Exchange } from 'ccxt';
import type { VenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';

export const CCXT_VENUES = ['binanceusdm', 'binance', 'bybit', 'okx', 'hyperliquid', 'kraken'] as const;
export type CcxtVenue = (typeof CCXT_VENUES)[number];

/** Spellings of the first market in ccxt and at the venue. */
export const CCXT_SYMBOLS: Readonly<Record<CcxtVenue, { ccxt: string; venue: string }>> = {
  binanceusdm: { ccxt: 'BTC/USDT:USDT', venue: 'BTCUSDT' },
  binance: { ccxt: 'BTC/USDT', venue: 'BTCUSDT' },
  bybit: { ccxt: 'BTC/USDT:USDT', venue: 'BTCUSDT' },
  okx: { ccxt: 'BTC/USDT:USDT', venue: 'BTC-USDT-SWAP' },
  hyperliquid: { ccxt: 'BTC/USDC:USDC', venue: 'BTC' },
  kraken: { ccxt: 'BTC/USDT', venue: 'XBTUSDT' },
};

export async function ccxtAgainst(venue: CcxtVenue, simulator: VenueSimulator): Promise<Exchange> {
  const exchange = new ccxt.pro[venue]({ enableRateLimit: false, newUpdates: true }) as Exchange;
  exchange.urls.api = turned(exchange.urls.api, exchange.hostname, venue, simulator) as never;
  // ccxt wants its agent module before it opens an address without TLS
  await exchange.loadHttpProxyAgent();
  if (venue === 'binance') exchange.options.fetchMarkets = { types: ['spot'] };
  // "now" decides what ccxt asks for; it has to be the simulator's
  exchange.milliseconds = () => simulator.now();
  return exchange;
}

/** Every address below `value` with scheme and host replaced, the path kept. */
function turned(
  value: unknown,
  hostname: string | undefined,
  venue: CcxtVenue,
  simulator: VenueSimulator,
): unknown {
  if (typeof value === 'string') {
    const url = new URL(value.replace('{hostname}', hostname ?? ''));
    const base = url.protocol === 'wss:' ? simulator.wsUrl(venue) : simulator.url(venue);
    return `${base}${url.pathname === '/' ? '' : url.pathname}`;
  }
  return Object.fromEntries(
    Object.entries(value as Record<string, unknown>).map(([key, each]) => [
      key,
      turned(each, hostname, venue, simulator),
    ]),
  );
}
