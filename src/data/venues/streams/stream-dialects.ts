/** The stream dialect of each exchange. */
import type { ExchangeId } from '../open-venues.js';
import { binanceStream } from './binance-stream.js';
import { bybitStream } from './bybit-stream.js';
import { hyperliquidStream } from './hyperliquid-stream.js';
import { krakenStream } from './kraken-stream.js';
import { okxStream } from './okx-stream.js';
import type { StreamDialect } from './stream-dialect.js';

export const STREAM_DIALECTS: Readonly<Record<ExchangeId, StreamDialect>> = {
  binanceusdm: binanceStream(true),
  binance: binanceStream(false),
  bybit: bybitStream,
  okx: okxStream,
  hyperliquid: hyperliquidStream,
  kraken: krakenStream,
};

/** `http://127.0.0.1:9/venue` → `ws://127.0.0.1:9/venue`: where a base_url leads streams. */
export function streamHost(dialect: StreamDialect, baseUrl: string | null): string {
  return baseUrl === null ? dialect.host : baseUrl.replace(/^http/, 'ws');
}
