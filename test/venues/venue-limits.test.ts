/** Where each venue ends: pages, windows, cursors, budgets, bans, and its stream against its own history. */
import { afterEach, describe, expect, it } from 'vitest';
import type { VenueId } from '../../src/data/venues/simulator/venue-ids.js';
import {
  startVenueSimulator,
  type VenueSimulator,
  type VenueSimulatorOptions,
} from '../../src/data/venues/simulator/venue-simulator.js';
import { listen } from './listening.js';
import { START, walkBars } from './local-bars.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LENGTH = 45_000;
const NOW = START + 44_000 * MINUTE + 20_000;
const PERP = walkBars('BTC', LENGTH);
const SPOT = walkBars('BTC', LENGTH, { kind: 'spot' });
let simulator: VenueSimulator;

async function start(options: Partial<VenueSimulatorOptions> = {}): Promise<VenueSimulator> {
  simulator = await startVenueSimulator({
    bars: [PERP, SPOT],
    clock: { start: NOW },
    rateLimits: false,
    ...options,
  });
  return simulator;
}
afterEach(() => simulator.stop());

async function get<T>(venue: VenueId, path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${simulator.url(venue)}${path}`, { headers });
  return { status: response.status, headers: response.headers, body: (await response.json()) as T };
}
async function info<T>(body: unknown): Promise<T> {
  const response = await fetch(`${simulator.url('hyperliquid')}/info`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return (await response.json()) as T;
}
const minute = (time: number): number => Math.floor(time / MINUTE) * MINUTE;

describe('Binance', () => {
  it('cuts a page at 1,500 rows (spot 1,000), at the start that was asked for or else at the end', async () => {
    await start();
    const path = 'klines?symbol=BTCUSDT&interval=1m&limit=5000';
    const from = `&startTime=${START}`;
    const rows = async (venue: VenueId, base: string, more: string) =>
      (await get<[number][]>(venue, `${base}${path}${more}`)).body.map(([time]) => time);
    const first = await rows('binanceusdm', '/fapi/v1/', from);
    expect([first.length, first[0]]).toEqual([1500, START]);
    const last = await rows('binanceusdm', '/fapi/v1/', '');
    expect([last.length, last.at(-1)]).toEqual([1500, minute(NOW)]);
    expect(await rows('binance', '/api/v3/', from)).toHaveLength(1000);
  });

  it('keeps thirty days of open interest and refuses older starts with -1130', async () => {
    await start();
    const ask = (query: string) =>
      get<{ timestamp: number }[]>('binanceusdm', `/futures/data/openInterestHist?symbol=BTCUSDT&${query}`);
    const old = await ask(`period=5m&startTime=${NOW - 30 * DAY - 1}&endTime=${NOW}`);
    expect([old.status, old.body]).toMatchObject([400, { code: -1130 }]);
    const inside = await ask(`period=5m&limit=500&startTime=${NOW - 30 * DAY + HOUR}&endTime=${NOW}`);
    expect(inside.body).toHaveLength(500);
    const newest = await ask('period=1h&limit=3');
    // the last hour is known when it is over
    expect(newest.body.at(-1)!.timestamp).toBe(Math.floor(NOW / HOUR) * HOUR - HOUR);
    expect((await ask('period=1m')).body).toMatchObject({ code: -1130 });
  });

  it('counts weight per minute, answers 429 with the wait, and bans who goes on asking, longer each time', async () => {
    await start({ rateLimits: true });
    // the weight goes by the limit, so a page without rows costs as much
    const page = `/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=1500&startTime=${NOW + DAY}`;
    let used = 0;
    for (let i = 0; i < 240; i++)
      used = Number((await get('binanceusdm', page)).headers.get('x-mbx-used-weight-1m'));
    expect(used).toBe(2400);
    const banFor = async (): Promise<number> => {
      for (;;) {
        const { status, headers } = await get('binanceusdm', page);
        if (status === 418) return Number(headers.get('retry-after'));
        expect(status).toBe(429);
        expect(Number(headers.get('retry-after'))).toBe(
          Math.ceil((60_000 - (simulator.now() % MINUTE)) / 1000),
        );
      }
    };
    const first = await banFor();
    expect(first).toBe(120);
    await simulator.advance(first * 1000);
    expect((await get('binanceusdm', page)).status).toBe(200);
    for (let i = 0; i < 239; i++) await get('binanceusdm', page);
    expect(await banFor()).toBe(240);
  });
});

describe('Hyperliquid', () => {
  it('knows the newest 5,000 candles of a length', async () => {
    await start();
    const req = { coin: 'BTC', interval: '1m', startTime: START, endTime: NOW };
    const rows = await info<{ t: number; T: number }[]>({ type: 'candleSnapshot', req });
    expect([rows.length, rows[0]!.t, rows.at(-1)!.t]).toEqual([
      5000,
      minute(NOW) - 4999 * MINUTE,
      minute(NOW),
    ]);
    expect(rows[0]!.T - rows[0]!.t).toBe(MINUTE - 1);
  });

  it('pages hourly funding by 500, to continue from the last time plus one', async () => {
    await start();
    const times: number[] = [];
    for (let from = START; ; ) {
      const page = await info<{ time: number }[]>({ type: 'fundingHistory', coin: 'BTC', startTime: from });
      if (page.length === 0) break;
      expect(page.length).toBeLessThanOrEqual(500);
      times.push(...page.map(({ time }) => Math.round(time / HOUR) * HOUR));
      from = page.at(-1)!.time + 1;
    }
    const truth = simulator.truth.funding('hyperliquid', 'BTC', START, NOW);
    expect(times).toEqual(truth.map(({ time }) => time));
    expect(truth.length).toBe(734);
  });
});

describe('Bybit', () => {
  it('answers newest first and moves open interest by a cursor that repeats one row', async () => {
    await start();
    const query = `category=linear&symbol=BTCUSDT&intervalTime=1h&limit=50&startTime=${NOW - 5 * DAY}&endTime=${NOW}`;
    const seen: number[] = [];
    let repeats = 0;
    for (let cursor = ''; ; ) {
      type Page = { result: { list: { timestamp: string }[]; nextPageCursor: string } };
      const { result } = (await get<Page>('bybit', `/v5/market/open-interest?${query}&cursor=${cursor}`))
        .body;
      for (const { timestamp } of result.list) {
        if (seen.includes(Number(timestamp))) repeats += 1;
        else seen.push(Number(timestamp));
      }
      if (result.nextPageCursor === '') break;
      cursor = result.nextPageCursor;
    }
    expect(seen).toEqual(Array.from({ length: 120 }, (_, i) => Math.floor(NOW / HOUR) * HOUR - i * HOUR));
    expect(repeats).toBe(2);
  });

  it('refuses a funding start without an end', async () => {
    await start();
    const { body } = await get(
      'bybit',
      `/v5/market/funding/history?category=linear&symbol=BTCUSDT&startTime=${START}`,
    );
    expect(body).toMatchObject({ retCode: 10001 });
  });
});

describe('OKX', () => {
  it('pages back by `after`, from a short recent list or the long history', async () => {
    await start();
    const rows = async (path: string, after: number) =>
      (
        await get<{ data: string[][] }>(
          'okx',
          `/api/v5/market/${path}?instId=BTC-USDT-SWAP&bar=1m&limit=300&after=${after}`,
        )
      ).body.data.map(([time]) => Number(time));
    const newest = await rows('candles', NOW);
    expect([newest.length, newest[0]]).toEqual([300, minute(NOW)]);
    const older = await rows('candles', newest.at(-1)!);
    expect(older[0]).toBe(newest.at(-1)! - MINUTE);
    expect(await rows('candles', NOW - 2 * DAY)).toEqual([]);
    expect(await rows('history-candles', NOW - 2 * DAY)).toHaveLength(300);
  });
});

describe('Kraken', () => {
  it('knows 720 candles, whatever since says; trades lead back to the first', async () => {
    await start();
    type Candles = { result: { XBTUSDT: [number][] } };
    const { body } = await get<Candles>(
      'kraken',
      `/0/public/OHLC?pair=XBTUSDT&interval=1&since=${START / 1000}`,
    );
    expect(body.result.XBTUSDT).toHaveLength(720);
    type Trades = { result: { XBTUSDT: [string, string, number][]; last: string } };
    let since = '0';
    const volumes = new Map<number, number>();
    for (let page = 0; page < 3; page++) {
      const { result } = (await get<Trades>('kraken', `/0/public/Trades?pair=XBTUSDT&since=${since}`)).body;
      expect(result.XBTUSDT).toHaveLength(1000);
      for (const [, size, time] of result.XBTUSDT) {
        const open = minute(time * 1000);
        volumes.set(open, (volumes.get(open) ?? 0) + Number(size));
      }
      since = result.last;
    }
    const truth = simulator.truth.bars('kraken', 'XBTUSDT', '1m', START, START + 750 * MINUTE);
    expect([...volumes.keys()]).toEqual([...truth.time]);
    for (const [i, volume] of [...volumes.values()].entries())
      expect(volume).toBeCloseTo(truth.volume[i]!, 6);
  });
});

describe('data vendors', () => {
  it('CoinGecko: values of the last ten minutes, 365 days, points off the grid', async () => {
    await start();
    type Global = { data: { updated_at: number; market_cap_percentage: { btc: number; usdt: number } } };
    const { body } = await get<Global>('coingecko', '/api/v3/global');
    expect(body.data.updated_at * 1000).toBe(Math.floor(NOW / 600_000) * 600_000);
    expect(body.data.market_cap_percentage.usdt).toBeGreaterThan(0);
    const chart = await get<{ prices: [number, number][] }>(
      'coingecko',
      '/api/v3/coins/bitcoin/market_chart?vs_currency=usd&days=7',
    );
    const [times] = [chart.body.prices.map(([time]) => time)];
    expect(times.at(-1)).toBe(NOW);
    expect(times.filter((time) => time % HOUR === 0).length).toBeLessThan(10);
    expect((await get('coingecko', '/api/v3/coins/bitcoin/market_chart?days=max')).status).toBe(401);
  });

  it('CoinGlass: a key, percent, and errors inside 200', async () => {
    await start();
    const path = `/api/futures/funding-rate/history?exchange=Binance&symbol=BTCUSDT&interval=8h&limit=3`;
    expect((await get('coinglass', path)).body).toMatchObject({ code: '30001' });
    type Page = { code: string; data: { time: number; close: string }[] };
    const { body } = await get<Page>('coinglass', path, { 'cg-api-key': 'secret-key-1' });
    expect(body.code).toBe('0');
    const { time, close } = body.data.at(-1)!;
    const settled = simulator.truth.funding('binanceusdm', 'BTCUSDT', time, NOW).at(-1)!;
    expect(Number(close)).toBeCloseTo(settled.rate * 100, 6);
    const wrong = await get('coinglass', path.replace('BTC', 'NOPE'), { 'cg-api-key': 'secret-key-1' });
    expect([wrong.status, wrong.body]).toMatchObject([200, { code: '400' }]);
    expect(JSON.stringify(simulator.requests)).not.toContain('secret-key-1');
  });

  it('GeckoTerminal: pages back by before_timestamp with the boundary row again', async () => {
    await start();
    const pool = 'PoolBTC'.padEnd(44, '1');
    type Page = { data: { attributes: { ohlcv_list: number[][] } } };
    const page = async (more = '') =>
      (
        await get<Page>(
          'geckoterminal',
          `/api/v2/networks/solana/pools/${pool}/ohlcv/minute?aggregate=5&limit=100${more}`,
        )
      ).body.data.attributes.ohlcv_list.map(([time]) => time!);
    const first = await page();
    const second = await page(`&before_timestamp=${first.at(-1)}`);
    expect(second[0]).toBe(first.at(-1));
    expect(second[1]).toBe(first.at(-1)! - 300);
  });

  it('keeps keys in a query out of the log', async () => {
    await start();
    await get('coingecko', '/api/v3/ping?x_cg_demo_api_key=secret-key-2');
    expect(simulator.requests.at(-1)!.asked).toBe('x_cg_demo_api_key=hidden');
  });
});

describe('streams agree with history', () => {
  it.each([
    ['binanceusdm', 'BTCUSDT', '/ws/btcusdt@aggTrade', undefined],
    ['bybit', 'BTCUSDT', '/v5/public/linear', { op: 'subscribe', args: ['publicTrade.BTCUSDT'] }],
    ['hyperliquid', 'BTC', '/ws', { method: 'subscribe', subscription: { type: 'trades', coin: 'BTC' } }],
    ['kraken', 'XBTUSDT', '/v2', { method: 'subscribe', params: { channel: 'trade', symbol: ['BTC/USDT'] } }],
  ] as const)('%s: its trades make its bars', async (venue, symbol, path, subscribe) => {
    await start({ clock: { start: minute(NOW) } });
    const listener = await listen(`${simulator.wsUrl(venue)}${path}`);
    if (subscribe) await listener.say(subscribe);
    await simulator.advance(5 * MINUTE);
    const bars = new Map<number, number[]>();
    for (const text of listener.texts) {
      const frame = JSON.parse(text) as { data?: unknown };
      const list = (Array.isArray(frame.data) ? frame.data : [frame]) as Record<string, string | number>[];
      for (const trade of list) {
        const price = Number(trade.p ?? trade.px ?? trade.price);
        const size = Number(trade.q ?? trade.v ?? trade.sz ?? trade.qty);
        const stamp = trade.T ?? trade.time ?? trade.timestamp;
        if (!Number.isFinite(price) || stamp === undefined) continue;
        const open = minute(typeof stamp === 'number' ? stamp : Date.parse(stamp));
        const bar = bars.get(open) ?? [price, price, price, price, 0];
        bars.set(open, [
          bar[0]!,
          Math.max(bar[1]!, price),
          Math.min(bar[2]!, price),
          price,
          Number((bar[4]! + size).toFixed(8)),
        ]);
      }
    }
    const truth = simulator.truth.bars(venue, symbol, '1m', minute(NOW), simulator.now());
    expect([...bars]).toEqual(
      [...truth.time].map((time, i) => [
        time,
        [truth.open[i], truth.high[i], truth.low[i], truth.close[i], truth.volume[i]],
      ]),
    );
    listener.socket.terminate();
  });

  it('a client can leave what it listens to', async () => {
    await start();
    const listener = await listen(`${simulator.wsUrl('binanceusdm')}/stream`);
    const params = ['btcusdt@kline_1m', 'btcusdt@markPrice@1s'];
    await listener.say({ method: 'SUBSCRIBE', params, id: 1 });
    await listener.say({ method: 'UNSUBSCRIBE', params: params.slice(0, 1), id: 2 });
    await simulator.advance(15_000);
    const frames = listener.texts.map((text) => JSON.parse(text) as { stream?: string; id?: number });
    expect(frames.map(({ stream, id }) => stream ?? id)).toEqual([1, 2, 'btcusdt@markPrice@1s']);
    listener.socket.terminate();
  });

  it('a longer bar is the bars inside it, while it is open too', async () => {
    await start();
    const rows = (
      await get<(string | number)[][]>(
        'binanceusdm',
        `/fapi/v1/klines?symbol=BTCUSDT&interval=1h&startTime=${Math.floor(NOW / HOUR) * HOUR - HOUR}`,
      )
    ).body;
    const inside = simulator.truth.bars(
      'binanceusdm',
      'BTCUSDT',
      '1m',
      Number(rows[0]![0]),
      Number(rows[1]![0]),
    );
    expect(rows[0]!.slice(1, 5).map(Number)).toEqual([
      inside.open[0],
      Math.max(...inside.high),
      Math.min(...inside.low),
      inside.close.at(-1),
    ]);
    expect(Number(rows[0]![5])).toBeCloseTo(
      inside.volume.reduce((a, b) => a + b),
      6,
    );
    const truth = simulator.truth.bars('binanceusdm', 'BTCUSDT', '1h', Number(rows[0]![0]), NOW);
    expect(truth.length).toBe(1);
    // twenty closed minutes of four trades, and two trades in the first twenty seconds of the next
    expect(rows[1]![8]).toBe(82);
  });
});
