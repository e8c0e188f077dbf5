/**
 * Market streams of Binance, futures and spot (pipelines spec §7.1). Futures are routed: everything used here is served
 * under `/market`. Each frame is wrapped in {stream, data}, so that a frame is known by its stream's name before its
 * event is read. A liquidation stream tells one liquidation per symbol and second: sums of it are lower bounds.
 */
import { z } from 'zod';
import { decimal } from '../candle-rows.js';
import type { StreamDialect, StreamReader, Topic, TopicKind } from './stream-dialect.js';

const kline = z.object({
  E: z.number(),
  s: z.string(),
  k: z.object({
    t: z.number(),
    i: z.literal('1m'),
    o: decimal,
    h: decimal,
    l: decimal,
    c: decimal,
    v: decimal,
    q: decimal,
    n: z.number(),
    x: z.boolean(),
  }),
});
const trade = z.object({ s: z.string(), a: z.number(), p: decimal, q: decimal, T: z.number() });
const mark = z.object({
  E: z.number(),
  s: z.string(),
  p: decimal,
  i: decimal,
  r: z.union([decimal, z.literal('')]),
  T: z.number(),
});
const liquidation = z.object({
  o: z.object({ s: z.string(), S: z.enum(['BUY', 'SELL']), ap: decimal, z: decimal, T: z.number() }),
});
const frame = z.union([
  z.object({ stream: z.string(), data: z.looseObject({ e: z.string() }) }),
  z.object({ result: z.null(), id: z.number() }),
  z.object({ error: z.object({ code: z.number(), msg: z.string() }), id: z.number().nullish() }),
]);

const STREAMS: Record<TopicKind, string> = {
  bars: 'kline_1m',
  trades: 'aggTrade',
  mark: 'markPrice@1s',
  liquidations: 'forceOrder',
};

export function binanceStream(isFutures: boolean): StreamDialect {
  const message = (method: string, topics: readonly Topic[], id: number): string =>
    JSON.stringify({ method, params: topics.map(({ name }) => name), id });
  return {
    host: isFutures ? 'wss://fstream.binance.com' : 'wss://stream.binance.com:9443',
    mostTopics: 200,
    topicsPerMessage: 100,
    // spot takes 5, pings and pongs among them; futures 10
    messagesPerSecond: 3,
    // 300 are documented
    limits: { connections: { most: 240, withinMs: 300_000 } },
    ping: undefined,
    marksClosed: true,
    topics(kind, instrument) {
      if (!isFutures && (kind === 'mark' || kind === 'liquidations')) return [];
      const { symbol } = instrument;
      const name = `${symbol.toLowerCase()}@${STREAMS[kind]}`;
      return [{ kind, instrument, symbol, name, path: isFutures ? '/market/stream' : '/stream' }];
    },
    subscribe: (topics, id) => message('SUBSCRIBE', topics, id),
    unsubscribe: (topics, id) => message('UNSUBSCRIBE', topics, id),
    read(text, reader) {
      const said = frame.parse(JSON.parse(text));
      if ('stream' in said) readEvent(said.data, reader);
      else if ('error' in said) {
        const id = said.id ?? undefined;
        reader.refused(said.error.msg, id === undefined ? {} : { id: String(id) });
      } else reader.confirmed({ id: String(said.id) });
    },
  };
}

function readEvent(data: { e: string }, reader: StreamReader): void {
  switch (data.e) {
    case 'kline': {
      const { E, s, k } = kline.parse(data);
      reader.bar({
        symbol: s,
        ts: k.t,
        open: k.o,
        high: k.h,
        low: k.l,
        close: k.c,
        volume: k.v,
        quoteVolume: k.q,
        trades: k.n,
        saysClosed: k.x,
        eventAt: E,
      });
      return;
    }
    case 'aggTrade': {
      const { s, a, p, q, T } = trade.parse(data);
      reader.trade({ symbol: s, id: String(a), ts: T, price: p, size: q });
      return;
    }
    case 'markPriceUpdate': {
      const { E, s, p, i, r, T } = mark.parse(data);
      reader.mark({
        symbol: s,
        eventAt: E,
        mark: p,
        index: i,
        fundingRate: r === '' ? Number.NaN : r,
        nextFundingAt: T > 0 ? T : Number.NaN,
        openInterest: Number.NaN,
      });
      return;
    }
    case 'forceOrder': {
      const { o } = liquidation.parse(data);
      // a forced sale closes a long
      const side = o.S === 'SELL' ? 'long' : 'short';
      reader.liquidation({ symbol: o.s, ts: o.T, side, price: o.ap, quantity: o.z });
      return;
    }
    default:
      throw new RangeError(`an event "${data.e.slice(0, 20)}" was not asked for`);
  }
}
