/**
 * Kraken's v2 stream (pipelines spec §7.5): candles that never say that they are closed and move only when something is
 * traded, trades, a heartbeat while nothing happens. Spot only, so there are no marks and no liquidations.
 */
import { z } from 'zod';
import type { StreamDialect, StreamReader, Topic } from './stream-dialect.js';

const message = z.object({
  channel: z.string(),
  data: z.unknown().optional(),
  timestamp: z.string().optional(),
});
const bars = z.array(
  z.object({
    symbol: z.string(),
    open: z.number(),
    high: z.number(),
    low: z.number(),
    close: z.number(),
    volume: z.number(),
    trades: z.number(),
    interval_begin: z.string(),
    interval: z.literal(1),
  }),
);
const trades = z.array(
  z.object({
    symbol: z.string(),
    price: z.number(),
    qty: z.number(),
    trade_id: z.number(),
    timestamp: z.string(),
  }),
);
const answer = z.object({
  method: z.string(),
  success: z.boolean().optional(),
  error: z.string().optional(),
  req_id: z.number().optional(),
  result: z.object({ channel: z.string().optional(), symbol: z.string().optional() }).optional(),
});

export const krakenStream: StreamDialect = {
  host: 'wss://ws.kraken.com',
  mostTopics: 200,
  topicsPerMessage: 50,
  messagesPerSecond: 5,
  // about 150 are documented
  limits: { connections: { most: 120, withinMs: 600_000 } },
  ping: '{"method":"ping"}',
  marksClosed: false,
  topics(kind, instrument) {
    const { base, quote } = instrument;
    if (quote === undefined || (kind !== 'bars' && kind !== 'trades')) return [];
    const symbol = `${base}/${quote}`;
    const channel = kind === 'bars' ? 'ohlc' : 'trade';
    return [{ kind, instrument, symbol, name: `${channel} ${symbol}`, path: '/v2' }];
  },
  subscribe: (topics, id) => ask('subscribe', topics, id),
  unsubscribe: (topics, id) => ask('unsubscribe', topics, id),
  read(text, reader) {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'channel' in parsed) {
      readMessage(message.parse(parsed), reader);
      return;
    }
    const { method, success, error, req_id, result } = answer.parse(parsed);
    if (method !== 'subscribe') return;
    if (success === false)
      reader.refused(error ?? 'refused', req_id === undefined ? {} : { id: String(req_id) });
    else if (result?.symbol !== undefined)
      reader.confirmed({ name: `${result.channel ?? 'ohlc'} ${result.symbol}` });
  },
};

function ask(method: string, topics: readonly Topic[], id: number): string {
  const { kind } = topics[0]!;
  const symbol = topics.map((topic) => topic.symbol);
  const channel = kind === 'bars' ? { channel: 'ohlc', interval: 1 } : { channel: 'trade' };
  return JSON.stringify({ method, params: { ...channel, symbol }, req_id: id });
}

function readMessage({ channel, data, timestamp }: z.infer<typeof message>, reader: StreamReader): void {
  switch (channel) {
    case 'ohlc': {
      const eventAt = timestamp === undefined ? Number.NaN : timeOf(timestamp);
      for (const row of bars.parse(data)) {
        reader.bar({
          symbol: row.symbol,
          ts: timeOf(row.interval_begin),
          open: row.open,
          high: row.high,
          low: row.low,
          close: row.close,
          volume: row.volume,
          quoteVolume: Number.NaN,
          trades: row.trades,
          saysClosed: false,
          eventAt,
        });
      }
      return;
    }
    case 'trade':
      for (const { symbol, price, qty, trade_id, timestamp: at } of trades.parse(data))
        reader.trade({ symbol, id: String(trade_id), ts: timeOf(at), price, size: qty });
      return;
    case 'heartbeat':
    case 'status':
      return;
    default:
      throw new RangeError(`the channel "${channel.slice(0, 40)}" was not asked for`);
  }
}

/** Its times have nine decimals. */
function timeOf(text: string): number {
  const time = Date.parse(text.replace(/(\.\d{3})\d*Z$/, '$1Z'));
  if (Number.isNaN(time)) throw new RangeError(`"${text.slice(0, 40)}" is no time`);
  return time;
}
