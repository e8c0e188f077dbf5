/** Every exchange gives the same shapes and the same failures; the answers are those that the vendors document. */
import { describe, expect, it } from 'vitest';
import { Venues } from '../../src/data/venues/open-venues.js';
import type { Venue } from '../../src/data/venues/venue.js';
import { VenueError } from '../../src/data/venues/venue-error.js';
import { parseInstrument } from '../../src/market/instrument.js';
import { TIMEFRAME_MS, type Timeframe } from '../../src/market/timeframe.js';
import { type Payload, payloads, ScriptedVenue } from './payloads.js';

const T0 = 1_767_182_400_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ok = (body: unknown): Payload => ({
  request: { method: 'GET', path: '' },
  status: 200,
  headers: {},
  body,
});

function scripted(id: string, script: readonly (Payload | 'no answer')[], now = T0 + DAY) {
  const far = new ScriptedVenue(script, now);
  const venue: Venue = new Venues({ exchange: far.exchange, timer: far.timer }).of(id);
  return { far, venue };
}

interface Exchange {
  readonly venue: string;
  readonly instrument: string;
  readonly candles: string;
  readonly timeframe: Timeframe;
  readonly bars: number;
  /** Final bars of the first answer. */
  readonly rows: number;
  readonly path: string;
  readonly symbol: string;
  readonly first: readonly number[];
  readonly unknown: Payload;
  readonly tooOften: Payload;
  readonly down: Payload;
}

const down: Payload = { ...payloads('binance_error_503_html')[0]! };
const EXCHANGES: readonly Exchange[] = [
  {
    venue: 'binanceusdm',
    instrument: 'binanceusdm:-:BTCUSDT',
    candles: 'binance_klines_page',
    timeframe: '1m',
    bars: 5,
    rows: 5,
    path: '/fapi/v1/klines',
    symbol: 'symbol=BTCUSDT',
    first: [T0, 88900, 88913.6, 88880.3, 88886.4, 107.397, 9546132.7008, 966],
    unknown: payloads('binance_error_symbol')[0]!,
    tooOften: payloads('binance_error_429')[0]!,
    down,
  },
  {
    venue: 'binance',
    instrument: 'binance:spot:BTCUSDT',
    candles: 'binance_klines_page',
    timeframe: '1m',
    bars: 5,
    rows: 5,
    path: '/api/v3/klines',
    symbol: 'symbol=BTCUSDT',
    first: [T0, 88900, 88913.6, 88880.3, 88886.4, 107.397, 9546132.7008, 966],
    unknown: payloads('binance_error_symbol')[0]!,
    tooOften: payloads('binance_error_429')[0]!,
    down,
  },
  {
    venue: 'bybit',
    instrument: 'bybit:linear:ETHUSDT',
    candles: 'bybit_kline',
    timeframe: '1h',
    bars: 3,
    rows: 3,
    path: '/v5/market/kline',
    symbol: 'symbol=ETHUSDT',
    first: [T0, 2990, 2990.64, 2982.11, 2985.89, 129.94, 387977.5889, Number.NaN],
    unknown: payloads('bybit_errors')[2]!,
    tooOften: payloads('bybit_errors')[0]!,
    down,
  },
  {
    venue: 'okx',
    instrument: 'okx:perp:BTCUSDT',
    candles: 'okx_candles',
    timeframe: '1h',
    bars: 4,
    rows: 3,
    path: '/api/v5/market/history-candles',
    symbol: 'instId=BTC-USDT-SWAP',
    first: [T0, 88803, 88822, 88568.7, 88680.9, 129.937, 11522934.39, Number.NaN],
    unknown: ok({ code: '51001', msg: 'Instrument ID does not exist', data: [] }),
    tooOften: payloads('okx_error_50011')[0]!,
    down,
  },
  {
    venue: 'hyperliquid',
    instrument: 'hyperliquid:main:BTC',
    candles: 'hyperliquid_candle_snapshot',
    timeframe: '15m',
    bars: 5,
    rows: 5,
    path: '/info',
    symbol: '"coin":"BTC"',
    first: [T0, 88900, 88954.5, 88852.7, 88885.8, 117.509, 117.509 * 88885.8, 1292],
    unknown: payloads('hyperliquid_info_errors')[1]!,
    tooOften: payloads('hyperliquid_info_errors')[2]!,
    down,
  },
  {
    venue: 'kraken',
    instrument: 'kraken:spot:BTCUSD',
    candles: 'kraken_ohlc',
    timeframe: '1h',
    bars: 3,
    rows: 3,
    path: '/0/public/OHLC',
    symbol: 'pair=XBTUSD',
    first: [T0, 88803, 88822, 88568.7, 88680.9, 129.937, Number.NaN, 649],
    unknown: payloads('kraken_errors')[0]!,
    tooOften: payloads('kraken_errors')[1]!,
    down: payloads('kraken_errors')[2]!,
  },
];

describe.each(EXCHANGES)('$venue', (exchange) => {
  const instrument = parseInstrument(exchange.instrument);
  const step = TIMEFRAME_MS[exchange.timeframe];
  const window = { from: T0, to: T0 + exchange.bars * step };
  const page = payloads(exchange.candles)[0]!;
  const ask = (script: readonly (Payload | 'no answer')[]) => {
    const { far, venue } = scripted(exchange.venue, script);
    return { far, answer: venue.candles(instrument, exchange.timeframe, window) };
  };

  it('gives pages of bars: ascending, unique, aligned, inside the window, in base and quote units', async () => {
    const { far, answer } = ask([page]);
    const { columns } = await answer;
    const time = Array.from(columns.cut('time'));
    expect(time).toEqual(Array.from({ length: exchange.rows }, (_, row) => T0 + row * step));
    expect([
      columns.time[0],
      columns.open[0],
      columns.high[0],
      columns.low[0],
      columns.close[0],
      columns.volume[0],
      columns.quoteVolume[0],
      columns.trades[0],
    ]).toEqual(exchange.first);
    const [request] = far.asked;
    expect(new URL(request!.url).pathname).toBe(exchange.path);
    expect(`${request!.url} ${request!.body ?? ''}`).toContain(exchange.symbol);
  });

  it('says what it offers', () => {
    const { venue } = scripted(exchange.venue, []);
    const { candles } = venue.capabilitiesOf(instrument);
    expect(candles!.timeframes).toContain('1m');
    expect(candles!.pageBars).toBeGreaterThanOrEqual(100);
  });

  it('waits when it is asked too often, then goes on', async () => {
    const { far, answer } = ask([exchange.tooOften, page]);
    await answer;
    expect(far.asked).toHaveLength(2);
    const wait = Number(exchange.tooOften.headers['retry-after'] ?? 0) * 1000;
    expect(far.times[1]! - far.times[0]!).toBeGreaterThanOrEqual(Math.max(wait, 800));
  });

  it('tries again after a failing server, a broken connection, a cut or foreign answer', async () => {
    const cut: Payload = { ...page, bodyText: JSON.stringify(page.body).slice(0, -30) };
    const html: Payload = { ...page, bodyText: '<html>please log in</html>' };
    const { far, answer } = ask([exchange.down, 'no answer', cut, html, page]);
    expect((await answer).columns.length).toBe(exchange.rows);
    const pauses = far.times.slice(1).map((time, at) => time - far.times[at]!);
    for (const [at, pause] of pauses.entries()) expect(pause).toBeGreaterThanOrEqual(0.8 * 1000 * 2 ** at);
  });

  it('gives up after five tries', async () => {
    const { far, answer } = ask(new Array(5).fill('no answer'));
    await expect(answer).rejects.toMatchObject({ code: 'venue_unavailable', exitCode: 4 });
    expect(far.asked).toHaveLength(5);
  });

  it('asks no second time for a symbol that is not listed', async () => {
    const { far, answer } = ask([exchange.unknown]);
    await expect(answer).rejects.toMatchObject({ failure: 'unknown_symbol', code: 'unknown_symbol' });
    expect(far.asked).toHaveLength(1);
  });

  it('asks no second time where the region is not served', async () => {
    const { far, answer } = ask([payloads('binance_error_451')[0]!]);
    await expect(answer).rejects.toMatchObject({ failure: 'blocked' });
    expect(far.asked).toHaveLength(1);
  });

  it('stores nothing of an answer that is cut off anywhere', async () => {
    const whole = JSON.stringify(page.body);
    for (let length = 0; length < whole.length; length += 13) {
      const far = new ScriptedVenue([{ ...page, bodyText: whole.slice(0, length) }], T0);
      const settings = { [exchange.venue]: { tries: 1 } };
      const venue = new Venues({ exchange: far.exchange, timer: far.timer, settings }).of(exchange.venue);
      await expect(venue.candles(instrument, exchange.timeframe, window)).rejects.toBeInstanceOf(VenueError);
    }
  });
});

describe('faults of pages', () => {
  const instrument = parseInstrument('binanceusdm:-:BTCUSDT');
  const candles = (name: string, bars: number) =>
    scripted('binanceusdm', payloads(name)).venue.candles(instrument, '1m', {
      from: T0,
      to: T0 + bars * MINUTE,
    });

  it('sorts rows, and of one open time takes the last', async () => {
    const { columns, counts } = await candles('binance_klines_disordered', 5);
    expect(Array.from(columns.cut('time'))).toEqual([0, 1, 2, 3, 4].map((at) => T0 + at * MINUTE));
    expect(columns.close[3]).toBe(88808.2);
    expect(counts).toMatchObject({ duplicates: 2, outOfOrder: 1 });
  });

  it('leaves out rows off the grid and rows that are no bars, and counts them', async () => {
    const { columns, counts } = await candles('binance_klines_misaligned', 4);
    expect(columns.length).toBe(2);
    expect(counts).toMatchObject({ misaligned: 1, invalid: 1 });
  });

  it('stops every call to the host while it is banned, until the time that the venue says', async () => {
    const banned = payloads('binance_error_418')[0]!;
    const page = payloads('binance_klines_page')[0]!;
    const far = new ScriptedVenue([banned, page, page], T0);
    const venues = new Venues({ exchange: far.exchange, timer: far.timer });
    const blocks: unknown[] = [];
    venues.onBlocked((block) => blocks.push(block));
    const window = { from: T0, to: T0 + 5 * MINUTE };
    const venue = venues.of('binanceusdm');
    const first = venue.candles(instrument, '1m', window);
    while (blocks.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([first, venue.candles(instrument, '1m', window)]);
    expect(far.times.slice(1).every((time) => time >= 1_767_182_580_000)).toBe(true);
    expect(blocks).toEqual([{ venue: 'binanceusdm', reason: 'banned', until: 1_767_182_580_000 }]);
  });

  it('ends at once when the ban is longer than a quarter of an hour', async () => {
    const banned = { ...payloads('binance_error_418')[0]!, body: { code: -1003, msg: 'banned' } };
    const { far, venue } = scripted('binanceusdm', [{ ...banned, headers: { 'retry-after': '86400' } }], T0);
    const window = { from: T0, to: T0 + 5 * MINUTE };
    await expect(venue.candles(instrument, '1m', window)).rejects.toMatchObject({
      code: 'venue_banned',
      details: { until: T0 + DAY },
    });
    expect(far.asked).toHaveLength(1);
  });

  it('pauses Bybit for ten minutes when its network says too frequent', async () => {
    const { far, venue } = scripted('bybit', [payloads('bybit_errors')[1]!, payloads('bybit_kline')[0]!]);
    const window = { from: T0, to: T0 + 3 * HOUR };
    await venue.candles(parseInstrument('bybit:linear:ETHUSDT'), '1h', window);
    expect(far.times[1]! - far.times[0]!).toBeGreaterThanOrEqual(600_000);
  });
});

describe('funding', () => {
  it('of Binance is rounded to the second, rates are fractions', async () => {
    const { venue } = scripted('binanceusdm', payloads('binance_funding_rate'));
    const window = { from: T0 - DAY, to: T0 };
    const { events } = await venue.funding(parseInstrument('binanceusdm:-:BTCUSDT'), window);
    expect(events).toEqual([
      { ts: 1_767_110_400_000, rate: 0.0000612 },
      { ts: 1_767_139_200_000, rate: 0.0001 },
      { ts: 1_767_168_000_000, rate: -0.00001933 },
    ]);
  });

  it('interval of Binance is what is announced, else eight hours', async () => {
    const { venue } = scripted('binanceusdm', payloads('binance_funding_info'));
    expect(await venue.announcedFundingHours(parseInstrument('binanceusdm:-:BLZUSDT'))).toBe(4);
    expect(await venue.announcedFundingHours(parseInstrument('binanceusdm:-:BTCUSDT'))).toBe(8);
  });

  it.each([
    ['bybit', 'bybit:linear:ETHUSDT', 'bybit_funding', [1_767_139_200_000, 1_767_168_000_000]],
    ['okx', 'okx:perp:BTCUSDT', 'okx_funding', [1_767_139_200_000, 1_767_168_000_000]],
    [
      'hyperliquid',
      'hyperliquid:main:BTC',
      'hyperliquid_funding_history',
      [1_767_175_200_000, 1_767_178_800_000, 1_767_182_400_000],
    ],
  ])('of %s is ascending', async (id, instrument, name, times) => {
    const { venue } = scripted(id, payloads(name));
    const window = { from: T0 - DAY, to: T0 + MINUTE };
    const { events } = await venue.funding(parseInstrument(instrument), window);
    expect(events.map(({ ts }) => ts)).toEqual(times);
  });

  it('is not offered by spot markets', async () => {
    const { venue } = scripted('kraken', []);
    await expect(
      venue.funding(parseInstrument('kraken:spot:BTCUSD'), { from: 0, to: 1 }),
    ).rejects.toMatchObject({ code: 'not_offered', exitCode: 2 });
  });
});

describe('open interest', () => {
  it('of Binance is asked once more a day later when the start is refused, never in a loop', async () => {
    const script = payloads('binance_oi_hist_error_1130');
    const refused = script[0]!;
    const { far, venue } = scripted('binanceusdm', [refused, refused, script[1]!]);
    const instrument = parseInstrument('binanceusdm:-:BTCUSDT');
    const window = { from: 1_764_594_000_000, to: 1_764_594_000_000 + 2 * DAY };
    await venue.openInterest(instrument, '1h', window);
    const starts = far.asked.map(({ url }) => Number(new URL(url).searchParams.get('startTime')));
    expect(starts.at(-1)).toBe(window.from + DAY);
    for (const { url } of far.asked) expect(new URL(url).searchParams.get('endTime')).not.toBeNull();
  });

  it('of Bybit follows the cursor and takes overlapping rows once', async () => {
    const { far, venue } = scripted('bybit', payloads('bybit_open_interest'));
    const window = { from: T0 - 4 * HOUR, to: T0 + 1 };
    const rows = await venue.openInterest(parseInstrument('bybit:linear:ETHUSDT'), '1h', window);
    expect(rows.map(({ ts }) => ts)).toEqual([4, 3, 2, 1, 0].map((hours) => T0 - hours * HOUR));
    expect(far.asked).toHaveLength(2);
  });

  it('of OKX is in coins and dollars', async () => {
    const { venue } = scripted('okx', payloads('okx_oi_history'));
    const rows = await venue.openInterest(parseInstrument('okx:perp:BTCUSDT'), '1h', {
      from: T0 - DAY,
      to: T0 + HOUR,
    });
    expect(rows.at(-1)).toEqual({ ts: T0, base: 27312.345, usd: 2428067470.5 });
  });
});
