/**
 * Bybit v5 public streams (pipelines spec §7.2). Tickers come whole once and then only with what changed. Liquidations
 * are complete; a side of Buy means that a long was closed.
 */
import { z } from 'zod';
import { decimal } from '../candle-rows.js';
import type { StreamDialect, StreamReader, TopicKind } from './stream-dialect.js';

const answer = z.object({
  success: z.boolean(),
  ret_msg: z.string(),
  op: z.string(),
  req_id: z.string().optional(),
});
const message = z.object({ topic: z.string(), ts: z.number(), data: z.unknown() });
const bars = z.array(
  z.object({
    start: z.number(),
    interval: z.literal('1'),
    open: decimal,
    high: decimal,
    low: decimal,
    close: decimal,
    volume: decimal,
    turnover: decimal,
    confirm: z.boolean(),
  }),
);
const trades = z.array(z.object({ T: z.number(), v: decimal, p: decimal, i: z.string() }));
const ticker = z.object({
  symbol: z.string(),
  markPrice: decimal.optional(),
  indexPrice: decimal.optional(),
  openInterest: decimal.optional(),
  fundingRate: z.union([decimal, z.literal('')]).optional(),
  nextFundingTime: z.union([decimal, z.literal('')]).optional(),
});
const liquidations = z.array(
  z.object({ T: z.number(), s: z.string(), S: z.enum(['Buy', 'Sell']), v: decimal, p: decimal }),
);

const TOPICS: Record<TopicKind, string> = {
  bars: 'kline.1',
  trades: 'publicTrade',
  mark: 'tickers',
  liquidations: 'allLiquidation',
};

export const bybitStream: StreamDialect = {
  host: 'wss://stream.bybit.com',
  // the names of one connection may take 21,000 characters
  mostTopics: 500,
  // spot takes no more in one message
  topicsPerMessage: 10,
  messagesPerSecond: 10,
  // 500 are documented
  limits: { connections: { most: 400, withinMs: 300_000 } },
  ping: '{"op":"ping"}',
  marksClosed: true,
  topics(kind, instrument) {
    const { symbol, section } = instrument;
    const isSpot = section === 'spot';
    if (isSpot && (kind === 'mark' || kind === 'liquidations')) return [];
    const path = isSpot ? '/v5/public/spot' : '/v5/public/linear';
    return [{ kind, instrument, symbol, name: `${TOPICS[kind]}.${symbol}`, path }];
  },
  subscribe: (topics, id) =>
    JSON.stringify({ op: 'subscribe', args: topics.map(({ name }) => name), req_id: String(id) }),
  unsubscribe: (topics, id) =>
    JSON.stringify({ op: 'unsubscribe', args: topics.map(({ name }) => name), req_id: String(id) }),
  read(text, reader) {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'topic' in parsed) {
      readMessage(message.parse(parsed), reader);
      return;
    }
    const { success, ret_msg, op, req_id } = answer.parse(parsed);
    if (op !== 'subscribe') return;
    if (success) reader.confirmed(req_id === undefined ? {} : { id: req_id });
    else reader.refused(ret_msg, req_id === undefined ? {} : { id: req_id });
  },
};

function readMessage({ topic, ts, data }: z.infer<typeof message>, reader: StreamReader): void {
  const symbol = topic.slice(topic.lastIndexOf('.') + 1);
  const what = topic.slice(0, topic.lastIndexOf('.'));
  switch (what) {
    case TOPICS.bars:
      for (const row of bars.parse(data)) {
        reader.bar({
          symbol,
          ts: row.start,
          open: row.open,
          high: row.high,
          low: row.low,
          close: row.close,
          volume: row.volume,
          quoteVolume: row.turnover,
          trades: Number.NaN,
          saysClosed: row.confirm,
          eventAt: ts,
        });
      }
      return;
    case TOPICS.trades:
      for (const { T, v, p, i } of trades.parse(data))
        reader.trade({ symbol, id: i, ts: T, price: p, size: v });
      return;
    case TOPICS.mark: {
      const said = ticker.parse(data);
      const numberOf = (value: number | '' | undefined): number =>
        value || value === 0 ? value : Number.NaN;
      reader.mark({
        symbol: said.symbol,
        eventAt: ts,
        mark: numberOf(said.markPrice),
        index: numberOf(said.indexPrice),
        fundingRate: numberOf(said.fundingRate),
        nextFundingAt: numberOf(said.nextFundingTime),
        openInterest: numberOf(said.openInterest),
      });
      return;
    }
    case TOPICS.liquidations:
      for (const { T, s, S, v, p } of liquidations.parse(data))
        reader.liquidation({
          symbol: s,
          ts: T,
          side: S === 'Buy' ? 'long' : 'short',
          price: p,
          quantity: v,
        });
      return;
    default:
      throw new RangeError(`the topic "${topic.slice(0, 40)}" was not asked for`);
  }
}
