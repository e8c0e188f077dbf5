/**
 * Hyperliquid's stream (pipelines spec §7.4): one message per subscription, confirmed by repeating it. Candles never say
 * that they are closed. Trades repeat after a reconnect and are told apart by `tid`. There is no stream of liquidations.
 */
import { z } from 'zod';
import { decimal } from '../candle-rows.js';
import { hyperliquidCoin } from '../instrument-names.js';
import type { StreamDialect, StreamReader, Topic, TopicKind } from './stream-dialect.js';

const message = z.object({ channel: z.string(), data: z.unknown().optional() });
const candle = z.object({
  t: z.number(),
  s: z.string(),
  i: z.literal('1m'),
  o: decimal,
  h: decimal,
  l: decimal,
  c: decimal,
  v: decimal,
  n: z.number(),
});
const trades = z.array(
  z.object({ coin: z.string(), px: decimal, sz: decimal, time: z.number(), tid: z.number() }),
);
const context = z.object({
  coin: z.string(),
  ctx: z.object({ funding: decimal, openInterest: decimal, oraclePx: decimal, markPx: decimal }),
});
const confirmation = z.object({
  method: z.string(),
  subscription: z.object({ type: z.string(), coin: z.string().optional() }),
});

const TYPES: Partial<Record<TopicKind, string>> = {
  bars: 'candle',
  trades: 'trades',
  mark: 'activeAssetCtx',
};
/** Messages that need no reading. */
const IDLE = new Set(['pong']);

export const hyperliquidStream: StreamDialect = {
  host: 'wss://api.hyperliquid.xyz',
  // an address may have a thousand, and five connections are the least that any edition allows: four, and one of them anew
  mostTopics: 200,
  mostInAll: 800,
  topicsPerMessage: 1,
  messagesPerSecond: 20,
  // 2000 messages and 30 connections a minute are documented
  limits: {
    connections: { most: 24, withinMs: 60_000 },
    messages: { most: 1_600, withinMs: 60_000 },
  },
  ping: '{"method":"ping"}',
  marksClosed: false,
  topics(kind, instrument) {
    const type = TYPES[kind];
    if (type === undefined) return [];
    const symbol = hyperliquidCoin(instrument);
    return [{ kind, instrument, symbol, name: `${type} ${symbol}`, path: '/ws' }];
  },
  subscribe: (topics) => JSON.stringify({ method: 'subscribe', subscription: subscriptionOf(topics[0]!) }),
  unsubscribe: (topics) =>
    JSON.stringify({ method: 'unsubscribe', subscription: subscriptionOf(topics[0]!) }),
  read(text, reader) {
    const { channel, data } = message.parse(JSON.parse(text));
    if (!IDLE.has(channel)) readData(channel, data, reader);
  },
};

function subscriptionOf({ kind, symbol }: Topic): Record<string, string> {
  return { type: TYPES[kind]!, coin: symbol, ...(kind === 'bars' ? { interval: '1m' } : {}) };
}

function readData(channel: string, data: unknown, reader: StreamReader): void {
  switch (channel) {
    case 'candle': {
      const { t, s, o, h, l, c, v, n } = candle.parse(data);
      reader.bar({
        symbol: s,
        ts: t,
        open: o,
        high: h,
        low: l,
        close: c,
        volume: v,
        // as its pages are read
        quoteVolume: v * c,
        trades: n,
        saysClosed: false,
        eventAt: Number.NaN,
      });
      return;
    }
    case 'trades':
      for (const { coin, px, sz, time, tid } of trades.parse(data))
        reader.trade({ symbol: coin, id: String(tid), ts: time, price: px, size: sz });
      return;
    case 'activeAssetCtx': {
      const { coin, ctx } = context.parse(data);
      reader.mark({
        symbol: coin,
        eventAt: Number.NaN,
        mark: ctx.markPx,
        index: ctx.oraclePx,
        fundingRate: ctx.funding,
        nextFundingAt: Number.NaN,
        openInterest: ctx.openInterest,
      });
      return;
    }
    case 'subscriptionResponse': {
      const { method, subscription } = confirmation.parse(data);
      const { type, coin = '' } = subscription;
      if (method === 'subscribe') reader.confirmed({ name: `${type} ${coin}` });
      return;
    }
    case 'error':
      refuse(z.string().parse(data), reader);
      return;
    default:
      throw new RangeError(`the channel "${channel.slice(0, 40)}" was not asked for`);
  }
}

/** An error ends with the message that it is about; "already subscribed" is as good as a confirmation. */
function refuse(reason: string, reader: StreamReader): void {
  const said = /"type"\s*:\s*"(\w+)"/.exec(reason);
  const coin = /"coin"\s*:\s*"([^"]+)"/.exec(reason);
  const by = said && coin ? { name: `${said[1]} ${coin[1]}` } : {};
  if (/^Already subscribed/i.test(reason)) reader.confirmed(by);
  else reader.refused(reason.slice(0, 200), by);
}
