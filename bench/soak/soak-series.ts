/** What a soak downloads: series of six exchanges with their truth in the simulator. */
import type { ExchangeId } from '../../src/data/venues/open-venues.js';

export interface SoakSeries {
  readonly id: string;
  readonly venue: ExchangeId;
  /** As the venue writes it. */
  readonly symbol: string;
  readonly funding: boolean;
  readonly openInterest: boolean;
}

const perpetual = { funding: true, openInterest: false };
const spot = { funding: false, openInterest: false };

export const SOAK_SERIES: readonly SoakSeries[] = [
  {
    id: 'binanceusdm:-:BTCUSDT',
    venue: 'binanceusdm',
    symbol: 'BTCUSDT',
    funding: true,
    openInterest: true,
  },
  { id: 'binanceusdm:-:ETHUSDT', venue: 'binanceusdm', symbol: 'ETHUSDT', ...perpetual },
  { id: 'hyperliquid:main:BTC', venue: 'hyperliquid', symbol: 'BTC', ...perpetual },
  { id: 'bybit:linear:BTCUSDT', venue: 'bybit', symbol: 'BTCUSDT', ...perpetual },
  { id: 'okx:perp:ETHUSDT', venue: 'okx', symbol: 'ETH-USDT-SWAP', funding: false, openInterest: false },
  { id: 'binance:spot:BTCUSDT', venue: 'binance', symbol: 'BTCUSDT', ...spot },
  { id: 'kraken:spot:BTCUSDT', venue: 'kraken', symbol: 'XBTUSDT', ...spot },
];

/** What a worker is told to do, as JSON. */
export interface SoakTask {
  readonly home: string;
  readonly seed: number;
  readonly now: number;
  readonly urls: Readonly<Partial<Record<ExchangeId, string>>>;
  readonly series: readonly SoakSeries[];
  /** Ids that are followed live after the fetches, and for how long in simulated time. */
  readonly live: { readonly ids: readonly string[]; readonly ms: number } | null;
  readonly compact: boolean;
}

/** What a worker that was not killed answers. */
export interface SoakDone {
  /** Tasks that failed or left something open, as text. */
  readonly open: readonly string[];
  readonly published: number;
  readonly peakBytes: number;
}

export type FromWorker =
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'done'; readonly done: SoakDone };
