/** The simulator as a client meets it: pages, limits, streams, time and truth, without faults. */
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import {
  startVenueSimulator,
  type VenueSimulator,
  type VenueSimulatorOptions,
} from '../../src/data/venues/simulator/venue-simulator.js';
import { START, walkBars } from './local-bars.js';

const MINUTE = 60_000;
let simulator: VenueSimulator;
const start = async (options: Partial<VenueSimulatorOptions> = {}): Promise<VenueSimulator> => {
  simulator = await startVenueSimulator({
    bars: [walkBars('BTC', 3000), walkBars('ETH', 3000, { price: 200 })],
    clock: { start: START + 2000 * MINUTE },
    ...options,
  });
  return simulator;
};
afterEach(() => simulator.stop());

const get = async (path: string) => {
  const response = await fetch(`${simulator.url('binanceusdm')}${path}`);
  return { status: response.status, headers: response.headers, body: (await response.json()) as never };
};
const info = async (body: unknown) => {
  const response = await fetch(`${simulator.url('hyperliquid')}/info`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as never };
};

describe('pages', () => {
  it('serve the true bars, ascending, the forming one last', async () => {
    await start();
    await simulator.advance(32_000);
    const { body, headers } = await get(
      `/fapi/v1/klines?symbol=BTCUSDT&interval=1m&startTime=${START}&limit=1500`,
    );
    const rows = body as unknown[][];
    const truth = simulator.truth.bars('binanceusdm', 'BTCUSDT', '1m', START, simulator.now());
    expect(rows).toHaveLength(1500);
    rows.forEach((row, i) => {
      const [time, ...prices] = row.slice(0, 6).map(Number);
      expect(time).toBe(truth.time[i]);
      expect(prices).toEqual(
        [truth.open, truth.high, truth.low, truth.close, truth.volume].map((column) => column[i]),
      );
    });
    expect(headers.get('x-mbx-used-weight-1m')).toBe('10');
    const rest = (
      await get(`/fapi/v1/klines?symbol=BTCUSDT&interval=1m&startTime=${START + 1500 * MINUTE}&limit=1500`)
    ).body as unknown[][];
    expect(rest).toHaveLength(501);
    const forming = rest.at(-1)!;
    expect(forming[0]).toBe(START + 2000 * MINUTE);
    expect(Number(forming[6])).toBeGreaterThan(simulator.now());
    // two or three of its four trades have happened
    expect(forming[8]).toBe(3);
    expect(truth.length).toBe(2000);
  });
});

describe('streams', () => {
  it('repeat the open bar and close it, and advancing waits for the reader', async () => {
    await start();
    const socket = new WebSocket(`${simulator.wsUrl('binanceusdm')}/stream?streams=btcusdt@kline_1m`);
    const frames: { data: { k: { t: number; x: boolean; c: string } } }[] = [];
    socket.on('message', (data) => frames.push(JSON.parse(String(data))));
    await new Promise((resolve) => socket.on('open', resolve));
    await simulator.advance(2 * MINUTE);
    const truth = simulator.truth.bars(
      'binanceusdm',
      'BTCUSDT',
      '1m',
      START + 2000 * MINUTE,
      simulator.now(),
    );
    const final = frames.filter(({ data }) => data.k.x);
    expect(final.map(({ data }) => [data.k.t, Number(data.k.c)])).toEqual(
      [0, 1].map((i) => [truth.time[i], truth.close[i]]),
    );
    expect(frames.filter(({ data }) => !data.k.x)).toHaveLength(6);
    socket.close();
  });
});

describe('Hyperliquid', () => {
  it('answers the newest candles, with the error shapes that were seen', async () => {
    await start();
    const candles = await info({
      type: 'candleSnapshot',
      req: { coin: 'BTC', interval: '15m', startTime: START, endTime: simulator.now() },
    });
    expect((candles.body as unknown[]).length).toBe(134);
    expect((await info({ type: 'nope' }).catch(() => ({ status: 422 }))).status).toBe(422);
  });
});
