/** Each venue's documented and recorded frames, read as the venue means them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseInstrument } from '../../../market/instrument.js';
import type { StreamDialect, StreamReader, TopicKind } from './stream-dialect.js';
import { STREAM_DIALECTS, streamHost } from './stream-dialects.js';

const PAYLOADS = new URL('../../../../test/venues/payloads/', import.meta.url);
interface Recorded {
  readonly frames: readonly { readonly dir: 'in' | 'out'; readonly json: unknown }[];
}
const recorded = (name: string): Recorded =>
  JSON.parse(readFileSync(new URL(`${name}.json`, PAYLOADS), 'utf8')) as Recorded;

/** Everything that frames say, by kind. */
function said(dialect: StreamDialect, frames: readonly string[]): Record<string, unknown[]> {
  const all: Record<string, unknown[]> = {};
  const keep =
    (kind: string) =>
    (...given: unknown[]): void => {
      all[kind] ??= [];
      all[kind].push(given.length === 1 ? given[0] : given);
    };
  const reader: StreamReader = {
    bar: keep('bar'),
    trade: keep('trade'),
    mark: keep('mark'),
    liquidation: keep('liquidation'),
    confirmed: keep('confirmed'),
    refused: keep('refused'),
  };
  for (const frame of frames) dialect.read(frame, reader);
  return all;
}
const incoming = ({ frames }: Recorded): string[] =>
  frames.filter(({ dir }) => dir === 'in').map(({ json }) => JSON.stringify(json));
const outgoing = ({ frames }: Recorded): unknown[] =>
  frames.filter(({ dir }) => dir === 'out').map(({ json }) => json);

const { binanceusdm, binance, bybit, okx, hyperliquid, kraken } = STREAM_DIALECTS;
const BTC = {
  binanceusdm: parseInstrument('binanceusdm:-:BTCUSDT'),
  binance: parseInstrument('binance:spot:BTCUSDT'),
  bybit: parseInstrument('bybit:linear:BTCUSDT'),
  okx: parseInstrument('okx:perp:BTCUSDT'),
  hyperliquid: parseInstrument('hyperliquid:main:BTC'),
  kraken: parseInstrument('kraken:spot:BTCUSD'),
};

describe('frames of the venues', () => {
  it('binance: candle, mark with funding, liquidation', () => {
    const payload = recorded('binance_ws_market');
    const found = said(binanceusdm, incoming(payload));
    expect(found.confirmed).toEqual([{ id: '1' }]);
    expect(found.bar).toHaveLength(2);
    expect(found.bar![1]).toEqual({
      symbol: 'BTCUSDT',
      ts: 1767182400000,
      open: 88900,
      high: 88910,
      low: 88880,
      close: 88893.4,
      volume: 110.5,
      quoteVolume: 9822700,
      trades: 101,
      saysClosed: true,
      eventAt: 1767182460010,
    });
    expect(found.mark![0]).toMatchObject({
      mark: 88894.2,
      fundingRate: 0.0000912,
      nextFundingAt: 1767196800000,
    });
    expect(found.liquidation![0]).toMatchObject({ symbol: 'BTCUSDT', side: 'long' });
  });

  it('binance: subscribes as documented', () => {
    const kinds: TopicKind[] = ['bars', 'mark', 'liquidations'];
    const topics = kinds.flatMap((kind) => binanceusdm.topics(kind, BTC.binanceusdm));
    expect(JSON.parse(binanceusdm.subscribe(topics, 1))).toEqual(outgoing(recorded('binance_ws_market'))[0]);
    expect(topics.every(({ path }) => path === '/market/stream')).toBe(true);
    expect(binance.topics('mark', BTC.binance)).toEqual([]);
  });

  it('bybit: candle and complete liquidations; a ticker that tells only what changed', () => {
    const found = said(bybit, incoming(recorded('bybit_ws')));
    expect(found.bar).toMatchObject([
      { saysClosed: false },
      { saysClosed: true, close: 88893.4, volume: 22.1 },
    ]);
    expect(found.liquidation).toEqual([
      { symbol: 'BTCUSDT', ts: 1767182460900, side: 'long', price: 88012.3, quantity: 0.5 },
    ]);
    const delta = {
      topic: 'tickers.BTCUSDT',
      type: 'delta',
      ts: 5,
      data: { symbol: 'BTCUSDT', fundingRate: '-0.0001' },
    };
    expect(said(bybit, [JSON.stringify(delta)]).mark![0]).toMatchObject({
      fundingRate: -0.0001,
      mark: Number.NaN,
    });
  });

  it('hyperliquid: candles as recorded, trades by tid, an error as recorded', () => {
    const found = said(hyperliquid, incoming(recorded('hyperliquid_ws_trades')));
    expect(found.trade).toMatchObject([{ id: '1001', size: 0.01 }, { id: '1002' }, { id: '1002' }]);
    expect(found.confirmed).toEqual([{ name: 'trades BTC' }]);
    const minutes = incoming(recorded('hyperliquid_ws_candles_real')).filter((text) => text.includes('"1m"'));
    expect(said(hyperliquid, minutes).bar!.length).toBeGreaterThanOrEqual(3);
    const refusal = said(hyperliquid, incoming(recorded('hyperliquid_ws_error_real'))).refused as [
      [string, unknown],
    ];
    expect(refusal[0][1]).toEqual({ name: 'candles BTC' });
    const again = { channel: 'error', data: 'Already subscribed: {"type":"trades","coin":"BTC"}' };
    expect(said(hyperliquid, [JSON.stringify(again)])).toEqual({ confirmed: [{ name: 'trades BTC' }] });
  });

  it('okx: volume in base units, whatever stands first', () => {
    const row = ['1767182400000', '1', '3', '1', '2', '700', '7', '14', '1'];
    const frame = (instId: string): string =>
      JSON.stringify({ arg: { channel: 'candle1m', instId }, data: [row] });
    expect(said(okx, [frame('BTC-USDT-SWAP')]).bar![0]).toMatchObject({ volume: 7, saysClosed: true });
    expect(said(okx, [frame('BTC-USDT')]).bar![0]).toMatchObject({ volume: 700 });
    expect(okx.topics('mark', BTC.okx).map(({ name }) => name)).toEqual([
      'mark-price BTC-USDT-SWAP',
      'funding-rate BTC-USDT-SWAP',
      'open-interest BTC-USDT-SWAP',
    ]);
    expect(said(okx, ['pong'])).toEqual({});
  });

  it('okx: liquidations of all swaps in one subscription, in contracts', () => {
    // as the documentation shows it: https://www.okx.com/docs-v5/en/#public-data-websocket-liquidation-orders-channel
    const frame = {
      arg: { channel: 'liquidation-orders', instType: 'SWAP' },
      data: [
        {
          details: [
            {
              bkLoss: '0',
              bkPx: '0.007831',
              ccy: '',
              posSide: 'short',
              side: 'buy',
              sz: '13',
              ts: '1692266434010',
            },
          ],
          instFamily: 'IOST-USDT',
          instId: 'IOST-USDT-SWAP',
          instType: 'SWAP',
          uly: 'IOST-USDT',
        },
      ],
    };
    expect(said(okx, [JSON.stringify(frame)]).liquidation).toEqual([
      { symbol: 'IOST-USDT-SWAP', ts: 1692266434010, side: 'short', price: 0.007831, quantity: 13 },
    ]);
    const [topic] = okx.topics('liquidations', BTC.okx);
    expect(JSON.parse(okx.subscribe([topic!], 7))).toEqual({
      id: '7',
      op: 'subscribe',
      args: [{ channel: 'liquidation-orders', instType: 'SWAP' }],
    });
    const reply = { id: '7', event: 'subscribe', arg: frame.arg, connId: 'a4d3ae55' };
    expect(said(okx, [JSON.stringify(reply)]).confirmed).toEqual([{ name: topic!.name }]);
    expect(okx.inContracts?.(BTC.okx)).toBe(true);
    expect(okx.topics('liquidations', parseInstrument('okx:perp:BTCUSD'))).toEqual([]);
  });

  it('kraken: a candle with nine decimals of a second, a heartbeat that says nothing', () => {
    const row = {
      symbol: 'BTC/USD',
      open: 1,
      high: 3,
      low: 1,
      close: 2,
      trades: 4,
      volume: 0.5,
      vwap: 2,
      interval_begin: '2025-12-31T12:00:00.000000000Z',
      interval: 1,
      timestamp: '2025-12-31T12:01:00.000000Z',
    };
    const frames = [{ channel: 'ohlc', type: 'update', data: [row] }, { channel: 'heartbeat' }].map((each) =>
      JSON.stringify(each),
    );
    expect(said(kraken, frames)).toMatchObject({ bar: [{ ts: Date.UTC(2025, 11, 31, 12), volume: 0.5 }] });
    expect(kraken.topics('bars', BTC.kraken)[0]).toMatchObject({ symbol: 'BTC/USD', path: '/v2' });
  });

  it.each(Object.entries(STREAM_DIALECTS))('%s: what is no message of the venue throws', (_, dialect) => {
    for (const text of ['<<< not json >>>', '[]', '{}', '{"channel":"ohlc","data":[{"symbol":1}]}', 'null'])
      expect(() => said(dialect, [text]), text).toThrow();
  });

  it('goes to the address of a base_url instead of the venue', () => {
    expect(streamHost(bybit, 'http://127.0.0.1:9/bybit')).toBe('ws://127.0.0.1:9/bybit');
    expect(streamHost(bybit, null)).toBe('wss://stream.bybit.com');
  });
});
