/**
 * Binance market streams: `/ws/<stream>`, `/stream?streams=a/b`, SUBSCRIBE and UNSUBSCRIBE on an open connection, with
 * or without the routing part (`/market`, `/public`) in the address. Combined addresses wrap every event in
 * {stream, data}.
 */
import type { Bar } from '../bar.js';
import { decimalText } from '../decimals.js';
import type { Channel, Scene, StreamDialect } from '../protocol.js';
import type { SimulatedMarket } from '../simulated-market.js';
import { INTERVALS } from './request-values.js';

interface BinanceStreamOptions {
  marketOf(scene: Scene, symbol: string): SimulatedMarket | undefined;
  /** Futures have marks and liquidations, spot has not. */
  readonly hasMarks: boolean;
}

export function binanceStream({ marketOf, hasMarks }: BinanceStreamOptions): StreamDialect {
  const channelsOf = (name: string, scene: Scene): readonly Channel[] => {
    const made = (kind: Channel['kind'], market: SimulatedMarket, interval = 0, intervalName = '') => ({
      name,
      kind,
      market,
      interval,
      intervalName,
    });
    if (hasMarks && name === '!forceOrder@arr')
      return scene.markets.map((market) => made('liquidations', market));
    if (hasMarks && /^!markPrice@arr(@1s)?$/.test(name))
      return scene.markets.map((market) => made('mark', market));
    const [symbol = '', what = ''] = name.split(/@(.*)/s);
    const market = marketOf(scene, symbol.toUpperCase());
    if (!market) return [];
    const interval = INTERVALS[what.replace(/^kline_/, '')];
    if (what.startsWith('kline_') && interval !== undefined)
      return [made('bars', market, interval, what.slice('kline_'.length))];
    if (what === 'aggTrade' || what === 'trade') return [made('trades', market)];
    if (hasMarks && /^markPrice(@1s)?$/.test(what)) return [made('mark', market)];
    if (hasMarks && what === 'forceOrder') return [made('liquidations', market)];
    return [];
  };

  const wrapped = (path: string, name: string, event: unknown): string =>
    JSON.stringify(/\/stream\b/.test(path) ? { stream: name, data: event } : event);

  return {
    marksFinal: true,
    open(path, query, scene) {
      const names = [
        ...(query.get('streams')?.split('/') ?? []),
        ...path.split('/').filter((part) => part.includes('@')),
      ];
      return names.flatMap((name) => channelsOf(name, scene));
    },
    receive(text, scene) {
      const message = JSON.parse(text) as { method?: string; params?: string[]; id?: number };
      const names = Array.isArray(message.params) ? message.params : [];
      const id = message.id ?? null;
      if (message.method === 'SUBSCRIBE') {
        return {
          replies: [JSON.stringify({ result: null, id })],
          subscribe: names.flatMap((name) => channelsOf(name, scene)),
          unsubscribe: [],
        };
      }
      if (message.method === 'UNSUBSCRIBE')
        return { replies: [JSON.stringify({ result: null, id })], subscribe: [], unsubscribe: names };
      return {
        replies: [JSON.stringify({ error: { code: 2, msg: 'Invalid request: unknown variant' }, id })],
        subscribe: [],
        unsubscribe: [],
      };
    },
    bar({ name, market, interval, intervalName }, bar, at, path) {
      return wrapped(path, name, klineEvent(market, bar, { interval, intervalName, at }));
    },
    trades({ name, market }, trades, at, path) {
      return trades.map(({ id, time, price, size, buy }) =>
        wrapped(path, name, {
          e: name.endsWith('@trade') ? 'trade' : 'aggTrade',
          E: at,
          s: `${market.base}${market.quote}`,
          ...(name.endsWith('@trade') ? { t: id } : { a: id, f: id, l: id }),
          p: decimalText(price, market.priceDecimals),
          q: decimalText(size, market.sizeDecimals),
          T: time,
          m: !buy,
        }),
      );
    },
    mark({ name, market }, at, path) {
      return wrapped(path, name, {
        e: 'markPriceUpdate',
        E: at,
        s: `${market.base}${market.quote}`,
        p: market.mark(at).toFixed(8),
        i: market.index(at).toFixed(8),
        P: market.index(at).toFixed(8),
        r: market.lastFunding(at, 8).rate.toFixed(8),
        T: market.nextFunding(at, 8),
      });
    },
    liquidation({ name, market }, { time, price, size, side }, at, path) {
      const quantity = size.toFixed(3);
      const text = decimalText(price, market.priceDecimals);
      return wrapped(path, name, {
        e: 'forceOrder',
        E: at,
        o: {
          s: `${market.base}${market.quote}`,
          S: side === 'long' ? 'SELL' : 'BUY',
          o: 'LIMIT',
          f: 'IOC',
          q: quantity,
          p: text,
          ap: text,
          X: 'FILLED',
          l: quantity,
          z: quantity,
          T: time,
        },
      });
    },
    refuse(text) {
      const id = (JSON.parse(text) as { id?: number }).id ?? null;
      return JSON.stringify({ error: { code: 2, msg: 'Invalid request: invalid stream' }, id });
    },
  };
}

function klineEvent(
  market: SimulatedMarket,
  bar: Bar,
  { interval, intervalName, at }: { interval: number; intervalName: string; at: number },
): Record<string, unknown> {
  const price = (value: number): string => decimalText(value, market.priceDecimals);
  const traded = (bar.volume * (bar.open + bar.high + bar.low + bar.close)) / 4;
  const lastId = Math.floor(bar.time / 60_000) * 4 + bar.trades;
  return {
    e: 'kline',
    E: at,
    s: `${market.base}${market.quote}`,
    k: {
      t: bar.time,
      T: bar.time + interval - 1,
      s: `${market.base}${market.quote}`,
      i: intervalName,
      f: lastId - bar.trades,
      L: lastId,
      o: price(bar.open),
      c: price(bar.close),
      h: price(bar.high),
      l: price(bar.low),
      v: decimalText(bar.volume, market.sizeDecimals),
      n: bar.trades,
      x: bar.final,
      q: traded.toFixed(5),
      V: decimalText(bar.volume / 2, market.sizeDecimals),
      Q: (traded / 2).toFixed(5),
      B: '0',
    },
  };
}
