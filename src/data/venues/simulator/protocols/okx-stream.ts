/**
 * OKX v5 streams, `/public` and `/business` alike: candle…, trades, mark-price, funding-rate, open-interest and
 * liquidation-orders; "ping" as text.
 */
import { decimalText } from '../decimals.js';
import type { Channel, Scene, StreamDialect } from '../protocol.js';
import type { SimulatedMarket } from '../simulated-market.js';
import { contractSize, okxRow } from './okx-row.js';

interface Argument {
  readonly channel?: string;
  readonly instId?: string;
  readonly instType?: string;
}

const KINDS: Readonly<Record<string, Channel['kind']>> = {
  trades: 'trades',
  'mark-price': 'mark',
  'funding-rate': 'mark',
  'open-interest': 'mark',
  'liquidation-orders': 'liquidations',
};

const nameOf = ({ channel, instId }: Argument): string => `${channel} ${instId ?? 'SWAP'}`;

export function okxStream(
  intervals: Readonly<Record<string, number>>,
  marketOf: (scene: Scene, symbol: string) => SimulatedMarket | undefined,
): StreamDialect {
  const channelsOf = (argument: Argument, scene: Scene): readonly Channel[] => {
    const { channel = '', instId } = argument;
    const intervalName = channel.startsWith('candle') ? channel.slice('candle'.length) : '';
    const interval = intervalName === '' ? 0 : intervals[intervalName];
    const kind = intervalName === '' ? KINDS[channel] : 'bars';
    if (!kind || interval === undefined) return [];
    // liquidations are asked for by instrument type, not by instrument
    const found =
      instId === undefined ? (kind === 'liquidations' ? scene.markets : []) : [marketOf(scene, instId)];
    return found
      .filter((market) => market !== undefined)
      .map((market) => ({ name: nameOf(argument), kind, market, interval, intervalName }));
  };
  const message = (arg: Argument, rows: string): string => `{"arg":${JSON.stringify(arg)},"data":[${rows}]}`;
  const argumentOf = ({ name, market }: Channel): Argument => ({
    channel: name.split(' ')[0]!,
    instId: `${market.base}-${market.quote}-SWAP`,
  });

  return {
    marksFinal: true,
    open: () => [],
    receive(text, scene) {
      if (text === 'ping') return { replies: ['pong'], subscribe: [], unsubscribe: [], isPing: true };
      const { op, args = [], id } = JSON.parse(text) as { op?: string; args?: Argument[]; id?: string };
      const extra = id === undefined ? {} : { id };
      const replies = args.map((arg) => JSON.stringify({ ...extra, event: op, arg, connId: 'a4d3ae55' }));
      if (op === 'unsubscribe') return { replies, subscribe: [], unsubscribe: args.map(nameOf) };
      const channels = args.flatMap((arg) => channelsOf(arg, scene));
      if (op !== 'subscribe' || channels.length === 0)
        return { replies: [this.refuse(text)], subscribe: [], unsubscribe: [] };
      return { replies, subscribe: channels, unsubscribe: [] };
    },
    bar: (channel, bar) => message(argumentOf(channel), okxRow(channel.market, bar)),
    trades(channel, trades) {
      const { market } = channel;
      return trades.map(({ id, time, price, size, buy }) =>
        message(
          argumentOf(channel),
          JSON.stringify({
            instId: `${market.base}-${market.quote}-SWAP`,
            tradeId: String(id),
            px: decimalText(price, market.priceDecimals),
            sz: decimalText(Number((size / contractSize(market)).toFixed(8)), 2),
            side: buy ? 'buy' : 'sell',
            ts: String(time),
          }),
        ),
      );
    },
    mark(channel, at) {
      const { market } = channel;
      const arg = argumentOf(channel);
      const row = { instType: 'SWAP', instId: arg.instId, ts: String(at) };
      switch (arg.channel) {
        case 'funding-rate': {
          const fundingRate = decimalText(market.lastFunding(at, 8).rate, 8);
          const fundingTime = String(market.nextFunding(at, 8));
          return message(arg, JSON.stringify({ ...row, fundingRate, fundingTime }));
        }
        case 'open-interest': {
          const { amount, value } = market.openInterest(at);
          const oi = decimalText(Number((amount / contractSize(market)).toFixed(8)), 2);
          return message(
            arg,
            JSON.stringify({ ...row, oi, oiCcy: amount.toFixed(3), oiUsd: value.toFixed(4) }),
          );
        }
        default: {
          const markPx = decimalText(market.mark(at), market.priceDecimals);
          return message(arg, JSON.stringify({ ...row, markPx }));
        }
      }
    },
    liquidation({ market }, { time, price, size, side }) {
      const details = [
        {
          side: side === 'long' ? 'sell' : 'buy',
          posSide: side,
          bkPx: decimalText(price, market.priceDecimals),
          sz: decimalText(Number((size / contractSize(market)).toFixed(8)), 2),
          ts: String(time),
        },
      ];
      const row = { instType: 'SWAP', instId: `${market.base}-${market.quote}-SWAP`, details };
      return message({ channel: 'liquidation-orders', instType: 'SWAP' }, JSON.stringify(row));
    },
    refuse(text) {
      const { id } = JSON.parse(text) as { id?: string };
      const extra = id === undefined ? {} : { id };
      const msg = `Invalid request: ${text}`;
      return JSON.stringify({ ...extra, event: 'error', code: '60012', msg, connId: 'a4d3ae55' });
    },
  };
}
