/** Kraken's v2 stream: ohlc and trade; the market is BTC/USDT here, and no candle ever says that it is closed. */
import type { Bar } from '../bar.js';
import type { Channel, Scene, StreamDialect } from '../protocol.js';
import type { SimulatedMarket } from '../simulated-market.js';

const MINUTE = 60_000;
/** Bar lengths on offer. */
export const MINUTES = [1, 5, 15, 30, 60, 240, 1440];

/** In place of the volume-weighted price, which the bars do not tell. */
export const krakenMean = ({ open, high, low, close }: Bar): number => (open + high + low + close) / 4;

interface Subscribe {
  readonly method?: string;
  readonly params?: { readonly channel?: string; readonly symbol?: string[]; readonly interval?: number };
  readonly req_id?: number;
}

const streamSymbol = ({ base, quote }: SimulatedMarket): string => `${base}/${quote}`;

function channelsOf({ params = {} }: Subscribe, scene: Scene): readonly Channel[] {
  const { channel, symbol = [], interval = 1 } = params;
  const isBars = channel === 'ohlc' && MINUTES.includes(interval);
  if (!isBars && channel !== 'trade') return [];
  return symbol.flatMap((name) => {
    const market = scene.markets.find((each) => streamSymbol(each) === name);
    if (!market) return [];
    return [
      {
        name: `${channel} ${name}${isBars ? ` ${interval}` : ''}`,
        kind: isBars ? ('bars' as const) : ('trades' as const),
        market,
        interval: isBars ? interval * MINUTE : 0,
        intervalName: isBars ? String(interval) : '',
      },
    ];
  });
}

function candle(market: SimulatedMarket, bar: Bar, interval: number) {
  return {
    symbol: streamSymbol(market),
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
    trades: bar.trades,
    volume: bar.volume,
    vwap: Number(krakenMean(bar).toFixed(market.priceDecimals)),
    interval_begin: new Date(bar.time).toISOString().replace('Z', '000000Z'),
    interval: interval / MINUTE,
    timestamp: new Date(bar.time + interval).toISOString().replace('Z', '000Z'),
  };
}

export const krakenStream: StreamDialect = {
  marksFinal: false,
  symbolOf: streamSymbol,
  open: () => [],
  receive(text, scene) {
    const message = JSON.parse(text) as Subscribe;
    const id = message.req_id === undefined ? {} : { req_id: message.req_id };
    const none = { subscribe: [], unsubscribe: [] };
    if (message.method === 'ping')
      return { replies: [JSON.stringify({ method: 'pong', ...id })], ...none, isPing: true };
    const channels = channelsOf(message, scene);
    if (channels.length === 0) return { replies: [this.refuse(text)], ...none };
    const replies = channels.map(({ market, interval }) =>
      JSON.stringify({
        method: message.method,
        result: {
          channel: message.params?.channel,
          symbol: streamSymbol(market),
          ...(interval > 0 ? { interval: interval / MINUTE } : {}),
          snapshot: true,
        },
        success: true,
        ...id,
      }),
    );
    return message.method === 'unsubscribe'
      ? { replies, subscribe: [], unsubscribe: channels.map(({ name }) => name) }
      : { replies, subscribe: channels, unsubscribe: [] };
  },
  snapshot({ kind, market, interval }, scene) {
    const table = kind === 'bars' ? market.table(interval) : undefined;
    const open = table && market.forming(table, scene.now);
    if (!open) return undefined;
    return JSON.stringify({ channel: 'ohlc', type: 'snapshot', data: [candle(market, open, interval)] });
  },
  bar({ market, interval }, bar, at) {
    return JSON.stringify({
      channel: 'ohlc',
      type: 'update',
      timestamp: new Date(at).toISOString(),
      data: [candle(market, bar, interval)],
    });
  },
  trades({ market }, trades) {
    if (trades.length === 0) return [];
    const data = trades.map(({ id, time, price, size, buy }) => ({
      symbol: streamSymbol(market),
      side: buy ? 'buy' : 'sell',
      price,
      qty: size,
      ord_type: 'limit',
      trade_id: id,
      timestamp: new Date(time).toISOString(),
    }));
    return [JSON.stringify({ channel: 'trade', type: 'update', data })];
  },
  mark: () => '',
  liquidation: () => '',
  refuse: (text) => {
    const { method, req_id } = JSON.parse(text) as Subscribe;
    return JSON.stringify({ error: 'Currency pair not supported', method, req_id, success: false });
  },
};
