/**
 * OKX v5 streams (pipelines spec §7.3): candles on the business address, the rest on the public one. Mark, funding and
 * open interest are three subscriptions; each message tells one of them.
 *
 * Trades and liquidations of swaps come in contracts, whose size the venue's list of instruments tells; who reads them
 * multiplies (`inContracts`). Contracts that settle in the coin have another unit and neither is read of them.
 * Liquidations are one subscription for all swaps.
 */
import { z } from 'zod';
import { decimal } from '../candle-rows.js';
import { okxName } from '../instrument-names.js';
import type { StreamDialect, StreamMark, StreamReader, Topic } from './stream-dialect.js';

const argument = z.object({
  channel: z.string(),
  instId: z.string().optional(),
  instType: z.string().optional(),
});
const answer = z.object({
  event: z.string(),
  arg: argument.optional(),
  id: z.string().optional(),
  msg: z.string().optional(),
});
const message = z.object({ arg: argument, data: z.array(z.unknown()) });
const bar = z.tuple([decimal, decimal, decimal, decimal, decimal, decimal, decimal, decimal, decimal]);
const trade = z.object({ instId: z.string(), tradeId: z.string(), px: decimal, sz: decimal, ts: decimal });
const mark = z.object({ instId: z.string(), markPx: decimal, ts: decimal });
const funding = z.object({
  instId: z.string(),
  fundingRate: decimal,
  fundingTime: decimal,
  ts: decimal.optional(),
});
const openInterest = z.object({ instId: z.string(), oiCcy: decimal, ts: decimal });

const liquidations = z.object({
  instId: z.string(),
  details: z.array(z.object({ side: z.enum(['buy', 'sell']), bkPx: decimal, sz: decimal, ts: decimal })),
});

const CANDLES = 'candle1m';
const LIQUIDATIONS = 'liquidation-orders';
const ALL_SWAPS = 'SWAP';
const MARK_CHANNELS = ['mark-price', 'funding-rate', 'open-interest'];

export const okxStream: StreamDialect = {
  host: 'wss://ws.okx.com:8443',
  // 480 subscriptions an hour on one connection: all of them, and once more
  mostTopics: 240,
  topicsPerMessage: 50,
  messagesPerSecond: 2,
  // 3 a second are documented
  limits: { connections: { most: 2, withinMs: 1_100 } },
  ping: 'ping',
  marksClosed: true,
  topics(kind, instrument) {
    const symbol = okxName(instrument);
    const isSpot = instrument.section === 'spot';
    const isLinear = !isSpot && instrument.quote !== 'USD';
    const made = (channel: string): Topic => ({
      kind,
      instrument,
      symbol,
      name: `${channel} ${symbol}`,
      path: channel === CANDLES ? '/ws/v5/business' : '/ws/v5/public',
    });
    if (kind === 'bars') return [made(CANDLES)];
    if (kind === 'trades') return isSpot || isLinear ? [made('trades')] : [];
    if (kind === 'liquidations') {
      return isLinear ? [{ ...made(LIQUIDATIONS), name: `${LIQUIDATIONS} ${ALL_SWAPS}` }] : [];
    }
    return kind === 'mark' && !isSpot ? MARK_CHANNELS.map(made) : [];
  },
  inContracts: ({ section }) => section !== 'spot',
  subscribe: (topics, id) =>
    JSON.stringify({ id: String(id), op: 'subscribe', args: topics.map(argumentOf) }),
  unsubscribe: (topics, id) =>
    JSON.stringify({ id: String(id), op: 'unsubscribe', args: topics.map(argumentOf) }),
  read(text, reader) {
    if (text === 'pong') return;
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'data' in parsed) {
      const { arg, data } = message.parse(parsed);
      for (const row of data) readRow(arg.channel, arg.instId ?? '', row, reader);
      return;
    }
    const { event, arg, id, msg } = answer.parse(parsed);
    if (event === 'error') reader.refused(msg ?? 'refused', id === undefined ? {} : { id });
    else if (event === 'subscribe' && arg) {
      reader.confirmed({ name: `${arg.channel} ${arg.instId ?? arg.instType ?? ''}` });
    }
  },
};

function argumentOf({ kind, name, symbol }: Topic): z.infer<typeof argument> {
  const channel = name.slice(0, name.indexOf(' '));
  return kind === 'liquidations' ? { channel, instType: ALL_SWAPS } : { channel, instId: symbol };
}

function readRow(channel: string, symbol: string, row: unknown, reader: StreamReader): void {
  const nothing = Number.NaN;
  const say = (part: Partial<StreamMark> & { symbol: string; eventAt: number }): void =>
    reader.mark({
      mark: nothing,
      index: nothing,
      fundingRate: nothing,
      nextFundingAt: nothing,
      openInterest: nothing,
      ...part,
    });
  switch (channel) {
    case CANDLES: {
      const [ts, open, high, low, close, contracts, base, quoteVolume, confirm] = bar.parse(row);
      reader.bar({
        symbol,
        ts,
        open,
        high,
        low,
        close,
        // of spot markets the first volume is in base units, of swaps the second
        volume: symbol.endsWith('-SWAP') ? base : contracts,
        quoteVolume,
        trades: nothing,
        saysClosed: confirm === 1,
        eventAt: nothing,
      });
      return;
    }
    case 'trades': {
      const { instId, tradeId, px, sz, ts } = trade.parse(row);
      reader.trade({ symbol: instId, id: tradeId, ts, price: px, size: sz });
      return;
    }
    case LIQUIDATIONS: {
      const { instId, details } = liquidations.parse(row);
      for (const { side, bkPx, sz, ts } of details) {
        // the order that closes a long sells
        reader.liquidation({
          symbol: instId,
          ts,
          side: side === 'sell' ? 'long' : 'short',
          price: bkPx,
          quantity: sz,
        });
      }
      return;
    }
    case 'mark-price': {
      const { instId, markPx, ts } = mark.parse(row);
      say({ symbol: instId, eventAt: ts, mark: markPx });
      return;
    }
    case 'funding-rate': {
      const { instId, fundingRate, fundingTime, ts } = funding.parse(row);
      say({ symbol: instId, eventAt: ts ?? nothing, fundingRate, nextFundingAt: fundingTime });
      return;
    }
    case 'open-interest': {
      const { instId, oiCcy, ts } = openInterest.parse(row);
      say({ symbol: instId, eventAt: ts, openInterest: oiCcy });
      return;
    }
    default:
      throw new RangeError(`the channel "${channel.slice(0, 40)}" was not asked for`);
  }
}
