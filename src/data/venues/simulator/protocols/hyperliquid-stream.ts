/** Hyperliquid's stream: candle, trades and activeAssetCtx, and the words that it shares with /info. */
import type { Bar } from '../bar.js';
import { decimalText } from '../decimals.js';
import type { Channel, Scene, StreamDialect } from '../protocol.js';
import type { SimulatedMarket } from '../simulated-market.js';
import { INTERVALS } from './request-values.js';

export const marketOf = (scene: Scene, coin: unknown): SimulatedMarket | undefined =>
  scene.markets.find(({ base }) => base === coin);

/** A `candle` message's data; `T` is the last millisecond of the bar. */
export function candle(
  coin: string,
  market: SimulatedMarket,
  interval: number,
  name: string,
  bar: Bar,
): unknown {
  const price = (value: number): string => decimalText(value, market.priceDecimals);
  return {
    t: bar.time,
    T: bar.time + interval - 1,
    s: coin,
    i: name,
    o: price(bar.open),
    c: price(bar.close),
    h: price(bar.high),
    l: price(bar.low),
    v: decimalText(bar.volume, market.sizeDecimals),
    n: bar.trades,
  };
}

/** The `activeAssetCtx` of a market at virtual time `now`. */
export function assetContext(market: SimulatedMarket, now: number): Record<string, unknown> {
  const text = (value: number): string => decimalText(value, market.priceDecimals);
  const mark = market.mark(now);
  return {
    funding: decimalText(market.lastFunding(now, 1).rate, 8),
    openInterest: decimalText(market.openInterest(now).amount, 3),
    prevDayPx: text(market.price(now - 86_400_000)),
    dayNtlVlm: '1000000.0',
    premium: '0.0001',
    oraclePx: text(market.index(now)),
    markPx: text(mark),
    midPx: text(mark),
    impactPxs: [text(mark), text(mark)],
    dayBaseVlm: '1000.0',
  };
}

interface Subscription {
  readonly type?: string;
  readonly coin?: string;
  readonly interval?: string;
}

const nameOf = ({ type, coin, interval }: Subscription): string =>
  [type, coin, interval].filter(Boolean).join(':');

function channelOf(subscription: Subscription, scene: Scene): Channel | undefined {
  const market = marketOf(scene, subscription.coin);
  const interval = INTERVALS[subscription.interval ?? ''] ?? 0;
  const kinds: Record<string, Channel['kind']> = {
    candle: 'bars',
    trades: 'trades',
    activeAssetCtx: 'mark',
  };
  const kind = kinds[subscription.type ?? ''];
  if (!market || !kind || (kind === 'bars' && interval === 0)) return undefined;
  return {
    name: nameOf(subscription),
    kind,
    market,
    interval,
    intervalName: subscription.interval ?? '',
  };
}

export const hyperliquidStream: StreamDialect = {
  marksFinal: false,
  open: () => [],
  receive(text, scene) {
    const none = { subscribe: [], unsubscribe: [] };
    const message = JSON.parse(text) as { method?: string; subscription?: Subscription };
    if (message.method === 'ping')
      return { replies: [JSON.stringify({ channel: 'pong' })], ...none, isPing: true };
    const { subscription = {} } = message;
    const channel = channelOf(subscription, scene);
    const acknowledged = JSON.stringify({
      channel: 'subscriptionResponse',
      data: { method: message.method, subscription },
    });
    if (message.method === 'unsubscribe')
      return { replies: [acknowledged], subscribe: [], unsubscribe: [nameOf(subscription)] };
    if (message.method === 'subscribe' && channel)
      return { replies: [acknowledged], subscribe: [channel], unsubscribe: [] };
    return { replies: [this.refuse(text)], ...none };
  },
  bar({ market, interval, intervalName }, bar) {
    return JSON.stringify({
      channel: 'candle',
      data: candle(market.base, market, interval, intervalName, bar),
    });
  },
  trades({ market }, trades) {
    if (trades.length === 0) return [];
    const user = '0x0000000000000000000000000000000000000000';
    return [
      JSON.stringify({
        channel: 'trades',
        data: trades.map(({ id, time, price, size, buy }) => ({
          coin: market.base,
          side: buy ? 'B' : 'A',
          px: decimalText(price, market.priceDecimals),
          sz: decimalText(size, market.sizeDecimals),
          hash: `0x${id.toString(16).padStart(64, '0')}`,
          time,
          tid: id,
          users: [user, user],
        })),
      }),
    ];
  },
  mark({ market }, at) {
    return JSON.stringify({
      channel: 'activeAssetCtx',
      data: { coin: market.base, ctx: assetContext(market, at) },
    });
  },
  liquidation: () => '',
  refuse: (text) =>
    JSON.stringify({
      channel: 'error',
      data: `Error parsing JSON into valid websocket request: ${text}`,
    }),
};
