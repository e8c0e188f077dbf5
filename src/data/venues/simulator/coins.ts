/** What the data vendors know of a coin beyond its price: names, supply and invented on-chain addresses. */

import type { SimulatedMarket } from './simulated-market.js';
import { noise } from './stable-noise.js';

const NAMES: Readonly<Record<string, readonly [id: string, name: string, supply: number]>> = {
  BTC: ['bitcoin', 'Bitcoin', 19_900_000],
  ETH: ['ethereum', 'Ethereum', 120_700_000],
  SOL: ['solana', 'Solana', 520_000_000],
  BNB: ['binancecoin', 'BNB', 140_900_000],
  HYPE: ['hyperliquid', 'Hyperliquid', 333_000_000],
};

export interface Coin {
  /** CoinGecko's id. */
  readonly id: string;
  readonly name: string;
  readonly symbol: string;
  readonly supply: number;
  readonly market: SimulatedMarket;
  /** Invented addresses, 44 letters: token and pool. */
  readonly token: string;
  readonly pool: string;
}

/** The coin behind a market; names that are not known are made from its base. */
export function coinOf(market: SimulatedMarket): Coin {
  const [id, name, supply] = NAMES[market.base] ?? [market.base.toLowerCase(), market.base, 1_000_000_000];
  return {
    id,
    name,
    symbol: market.base.toLowerCase(),
    supply,
    market,
    token: `Token${market.base}`.padEnd(44, '1'),
    pool: `Pool${market.base}`.padEnd(44, '1'),
  };
}

/** USD traded in the day before `now`: a function of coin and hour. */
export const volume24h = ({ market, id }: Coin, now: number): number =>
  Math.round(market.price(now) * 1e5 * (0.5 + noise(5, `${id} ${Math.floor(now / 3_600_000)}`)));
