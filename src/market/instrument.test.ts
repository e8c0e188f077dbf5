import { describe, expect, it } from 'vitest';
import { TidewatchError } from '../errors.js';
import { displaySymbol, parseInstrument, resolveInstrument } from './instrument.js';

const codeOf = (action: () => unknown): string | undefined => {
  try {
    action();
  } catch (error) {
    if (error instanceof TidewatchError) return error.code;
    throw error;
  }
  return undefined;
};

describe('parseInstrument', () => {
  it.each([
    ['binance:spot:BTCUSDT', 'spot', 'BTC', 'USDT', 'BTC/USDT'],
    ['binanceusdm:-:BTCUSDT', 'perp', 'BTC', 'USDT', 'BTC/USDT'],
    ['kraken:spot:BTCUSD', 'spot', 'BTC', 'USD', 'BTC/USD'],
    ['hyperliquid:main:BTC', 'perp', 'BTC', undefined, 'BTC'],
    ['file:equity:SPY', 'equity', 'SPY', 'USD', 'SPY'],
    ['file:fx:EURUSD', 'fx', 'EUR', 'USD', 'EUR/USD'],
    ['file:fx:XAUUSD', 'fx', 'XAU', 'USD', 'XAU/USD'],
    ['polymarket:polygon:1234567890', 'prediction', '1234567890', 'USDC', '1234567890'],
  ])('reads %s', (id, kind, base, quote, shown) => {
    const instrument = parseInstrument(id);
    expect(instrument).toMatchObject({ id, kind, base, quote });
    expect(displaySymbol(instrument)).toBe(shown);
  });

  it('stores EVM addresses in lower case and leaves Solana mints alone', () => {
    expect(parseInstrument('dex:base:0xAbCdEf0123456789aBcDeF0123456789ABCDEF01').id).toBe(
      'dex:base:0xabcdef0123456789abcdef0123456789abcdef01',
    );
    const mint = 'dex:solana:So11111111111111111111111111111111111111112';
    expect(parseInstrument(mint).id).toBe(mint);
  });

  it.each([
    '',
    'BTCUSDT',
    'binance:spot',
    'binance:spot:BTC/USDT',
    'Binance:spot:BTCUSDT',
    'a:b:c:d',
    'a:b:../c',
  ])('refuses %j', (id) => {
    expect(codeOf(() => parseInstrument(id))).toBe('invalid_instrument');
  });
});

describe('resolveInstrument', () => {
  const watched = ['binance:spot:BTCUSDT'];
  const stored = [
    'binanceusdm:-:BTCUSDT',
    'binanceusdm:-:ETHUSDT',
    'binance:spot:ETHUSDT',
    'file:equity:SPY',
  ];

  it('prefers watched instruments over stored ones', () => {
    expect(resolveInstrument('BTC/USDT', watched, stored).id).toBe('binance:spot:BTCUSDT');
  });

  it('takes a bare symbol, a venue prefix, and a dash for the slash', () => {
    expect(resolveInstrument('SPY', watched, stored).id).toBe('file:equity:SPY');
    expect(resolveInstrument('binanceusdm:ETH/USDT', watched, stored).id).toBe('binanceusdm:-:ETHUSDT');
    expect(resolveInstrument('binance:ETH-USDT', watched, stored).id).toBe('binance:spot:ETHUSDT');
  });

  it('lists the candidates when two fit at one rank', () => {
    expect(() => resolveInstrument('ETH/USDT', watched, stored)).toThrow(
      /binanceusdm:-:ETHUSDT, binance:spot:ETHUSDT/,
    );
    expect(codeOf(() => resolveInstrument('ETH/USDT', watched, stored))).toBe('ambiguous_instrument');
  });

  it('does not take a name from an object prototype for a symbol', () => {
    expect(codeOf(() => resolveInstrument('constructor', watched, stored))).toBe('invalid_instrument');
  });
});
