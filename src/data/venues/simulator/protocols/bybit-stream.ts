/** Bybit v5 public stream: kline, publicTrade, tickers and allLiquidation by topic; ping as a message. */
import { decimalText } from '../decimals.js';
import type { Channel, Scene, StreamDialect } from '../protocol.js';
import type { SimulatedMarket } from '../simulated-market.js';

const KINDS: Readonly<Record<string, Channel['kind']>> = {
  kline: 'bars',
  publicTrade: 'trades',
  tickers: 'mark',
  allLiquidation: 'liquidations',
};

export function bybitStream(
  intervals: Readonly<Record<string, number>>,
  marketOf: (scene: Scene, symbol: string) => SimulatedMarket | undefined,
): StreamDialect {
  const channelOf = (topic: string, scene: Scene): Channel | undefined => {
    const parts = topic.split('.');
    const kind = KINDS[parts[0] ?? ''];
    const market = marketOf(scene, parts.at(-1) ?? '');
    const interval = kind === 'bars' ? intervals[parts[1] ?? ''] : 0;
    if (!kind || !market || interval === undefined) return undefined;
    return { name: topic, kind, market, interval, intervalName: kind === 'bars' ? parts[1]! : '' };
  };
  const message = (topic: string, at: number, data: unknown): string =>
    JSON.stringify({ topic, type: 'snapshot', ts: at, data });

  return {
    marksFinal: true,
    open: () => [],
    receive(text, scene) {
      const asked = JSON.parse(text) as { op?: string; args?: string[]; req_id?: string };
      const id = asked.req_id === undefined ? {} : { req_id: asked.req_id };
      const args = asked.args ?? [];
      const reply = (success: boolean, ret_msg: string): string =>
        JSON.stringify({ success, ret_msg, conn_id: 'c0ffee', ...id, op: asked.op });
      if (asked.op === 'ping')
        return { replies: [reply(true, 'pong')], subscribe: [], unsubscribe: [], isPing: true };
      if (asked.op === 'unsubscribe') return { replies: [reply(true, '')], subscribe: [], unsubscribe: args };
      const channels = args.map((topic) => channelOf(topic, scene));
      const wrong = channels.indexOf(undefined);
      if (asked.op !== 'subscribe' || wrong >= 0) {
        const why = `error:handler not found,topic:${args[wrong] ?? ''}`;
        return { replies: [reply(false, why)], subscribe: [], unsubscribe: [] };
      }
      return { replies: [reply(true, '')], subscribe: channels as Channel[], unsubscribe: [] };
    },
    bar({ name, market, interval, intervalName }, bar, at) {
      const price = (value: number): string => decimalText(value, market.priceDecimals);
      const { time, open, high, low, close, volume, final } = bar;
      return message(name, at, [
        {
          start: time,
          end: time + interval - 1,
          interval: intervalName,
          open: price(open),
          close: price(close),
          high: price(high),
          low: price(low),
          volume: decimalText(volume, market.sizeDecimals),
          turnover: ((volume * (open + high + low + close)) / 4).toFixed(4),
          confirm: final,
          timestamp: at,
        },
      ]);
    },
    trades({ name, market }, trades, at) {
      if (trades.length === 0) return [];
      const data = trades.map(({ id, time, price, size, buy }) => ({
        T: time,
        s: `${market.base}${market.quote}`,
        S: buy ? 'Buy' : 'Sell',
        v: decimalText(size, market.sizeDecimals),
        p: decimalText(price, market.priceDecimals),
        i: String(id),
        BT: false,
      }));
      return [message(name, at, data)];
    },
    mark({ name, market }, at) {
      const text = (value: number): string => decimalText(value, market.priceDecimals);
      return message(name, at, {
        symbol: `${market.base}${market.quote}`,
        lastPrice: text(market.price(at)),
        markPrice: text(market.mark(at)),
        indexPrice: text(market.index(at)),
        openInterest: market.openInterest(at).amount.toFixed(3),
        fundingRate: decimalText(market.lastFunding(at, 8).rate, 8),
        nextFundingTime: String(market.nextFunding(at, 8)),
      });
    },
    liquidation({ name, market }, { time, price, size, side }, at) {
      const data = {
        T: time,
        s: `${market.base}${market.quote}`,
        S: side === 'long' ? 'Buy' : 'Sell',
        v: size.toFixed(3),
        p: decimalText(price, market.priceDecimals),
      };
      return message(name, at, [data]);
    },
    refuse(text) {
      const { op } = JSON.parse(text) as { op?: string };
      return JSON.stringify({ success: false, ret_msg: 'error:handler not found', conn_id: 'c0ffee', op });
    },
  };
}
