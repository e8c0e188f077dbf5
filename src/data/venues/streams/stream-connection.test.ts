/** Connections against a small server that does what it is told, on a clock that is moved by hand. */
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { parseInstrument } from '../../../market/instrument.js';
import { Random } from '../../../market/random.js';
import { binanceStream } from './binance-stream.js';
import { StreamConnection } from './stream-connection.js';
import type { Topic } from './stream-dialect.js';
import { StreamGate } from './stream-gate.js';

const dialect = binanceStream(true);
const topicOf = (symbol: string): Topic =>
  dialect.topics('bars', parseInstrument(`binanceusdm:-:${symbol}`))[0]!;
const [BTC, ETH] = [topicOf('BTCUSDT'), topicOf('ETHUSDT')];

let server: WebSocketServer;
let sockets: WebSocket[];
let asked: string[][];
/** What the server does with a subscription. */
let answers: 'confirm' | 'ignore' | 'refuse-together' | 'refuse-btc';
let refused: string[] = [];
let time: number;
let served: string[];
let lost: string[];
let bars: number;
let connection: StreamConnection;

beforeEach(async () => {
  [sockets, asked, served, lost, bars, time, answers] = [[], [], [], [], 0, 1_000_000, 'confirm'];
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('message', (data) => {
      const { params, id } = JSON.parse(String(data)) as { params: string[]; id: number };
      asked.push(params);
      if (answers === 'ignore') return;
      const isRefused =
        (answers === 'refuse-together' && params.length > 1) ||
        (answers === 'refuse-btc' && params.some((name) => name.startsWith('btc')));
      const reply = isRefused ? { error: { code: 2, msg: 'invalid stream' }, id } : { result: null, id };
      socket.send(JSON.stringify(reply));
    });
  });
  const { port } = server.address() as AddressInfo;
  refused = [];
  connection = new StreamConnection({
    url: `ws://127.0.0.1:${port}`,
    dialect,
    gate: new StreamGate(dialect.limits),
    now: () => time,
    random: new Random(1),
    events: {
      data: {
        bar: () => {
          bars += 1;
        },
        trade: () => undefined,
        mark: () => undefined,
        liquidation: () => undefined,
      },
      served: ({ name }) => served.push(name),
      refused: ({ name }, reason) => refused.push(`${name} ${reason}`),
      lost: (topics, reason) => lost.push(`${topics.length} ${reason}`),
    },
  });
});
afterEach(async () => {
  connection.stop();
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

/** Ticks on a clock that stands, until it holds. */
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn += 1) {
    expect(turn, 'turns').toBeLessThan(2000);
    connection.tick();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
/** Moves the clock in steps of a second. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    time += 1000;
    connection.tick();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
const candle = (symbol: string): string => {
  const k = { t: 0, i: '1m', o: '1', h: '1', l: '1', c: '1', v: '1', q: '1', n: 1, x: false };
  return JSON.stringify({ stream: 'x', data: { e: 'kline', E: 1, s: symbol, k } });
};

describe('a connection', () => {
  it('asks for everything in one message and tells what is served', async () => {
    connection.add(BTC);
    connection.add(ETH);
    await until(() => served.length === 2);
    expect(asked).toEqual([['btcusdt@kline_1m', 'ethusdt@kline_1m']]);
    expect(served).toEqual(['btcusdt@kline_1m', 'ethusdt@kline_1m']);
  });

  it('is dead when no data come for 30 s, though the socket answers pings', async () => {
    connection.add(BTC);
    await until(() => served.length === 1);
    sockets[0]!.send(candle('BTCUSDT'));
    await until(() => bars === 1);
    await pass(30);
    expect(lost).toEqual([]);
    await pass(1);
    expect(lost).toEqual(['1 no data for 31 s']);
    expect(connection.state).toBe('waiting');
    // half a second, give or take a fifth
    time += 399;
    connection.tick();
    expect(connection.state).toBe('waiting');
    time += 201;
    await until(() => served.length === 2);
    expect(connection.reconnects).toBe(1);
  });

  it('waits twice as long where silence was no fault, and as before where it was', async () => {
    connection.add(BTC);
    await until(() => served.length === 1);
    // no silence has ended it yet, so nothing is said of one
    connection.noteQuiet();
    await pass(31);
    expect(lost).toHaveLength(1);
    time += 1000;
    await until(() => served.length === 2);
    // every market of the connection says so, which counts once
    connection.noteQuiet();
    connection.noteQuiet();
    // its pings are answered meanwhile
    for (let rounds = 0; rounds < 59; rounds += 1) {
      await pass(1);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(lost).toHaveLength(1);
    await pass(2);
    expect(lost).toHaveLength(2);
    connection.noteMissed();
    time += 1500;
    await until(() => served.length === 3);
    await pass(31);
    expect(lost).toHaveLength(3);
  });

  it('asks again for what is not confirmed, and begins anew after the fourth time', async () => {
    answers = 'ignore';
    connection.add(BTC);
    await until(() => asked.length === 1);
    const keepAlive = setInterval(() => sockets[0]?.send(candle('ETHUSDT')), 1);
    try {
      for (let round = 0; round < 60 && lost.length === 0; round += 1) {
        await pass(1);
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    } finally {
      clearInterval(keepAlive);
    }
    expect(asked).toHaveLength(4);
    expect(lost).toEqual(['1 btcusdt@kline_1m is not served']);
  });

  it('asks one by one after a refusal, so that one bad name costs no other', async () => {
    answers = 'refuse-together';
    connection.add(BTC);
    connection.add(ETH);
    await until(() => connection.lastProblem === 'invalid stream');
    expect(served).toEqual([]);
    await pass(5);
    await until(() => served.length === 2);
    expect(asked.slice(1)).toEqual([['btcusdt@kline_1m'], ['ethusdt@kline_1m']]);
  });

  it('tells which one the venue refuses, once it is asked alone', async () => {
    answers = 'refuse-btc';
    connection.add(BTC);
    connection.add(ETH);
    await until(() => connection.lastProblem === 'invalid stream');
    expect(refused).toEqual([]);
    await pass(5);
    await until(() => served.length === 1 && refused.length === 1);
    expect([served, refused]).toEqual([['ethusdt@kline_1m'], ['btcusdt@kline_1m invalid stream']]);
  });

  it('counts what it cannot read and goes on', async () => {
    connection.add(BTC);
    await until(() => served.length === 1);
    for (const frame of ['<<<', '{"stream":1}', Buffer.from([1, 2, 3]), candle('BTCUSDT')])
      sockets[0]!.send(frame);
    await until(() => bars === 1);
    expect(connection.counts).toEqual({ frames: 5, badFrames: 3 });
  });

  it('replaces a socket before it is a day old, the new one first', async () => {
    connection.add(BTC);
    await until(() => served.length === 1);
    time += 23 * 3_600_000;
    sockets[0]!.send(candle('BTCUSDT'));
    while (bars === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await until(() => sockets.length === 2 && served.length === 2);
    expect(lost).toEqual([]);
    await until(() => sockets[0]!.readyState !== sockets[0]!.OPEN);
    sockets[1]!.send(candle('BTCUSDT'));
    await until(() => bars === 2);
    expect(connection.reconnects).toBe(0);
    sockets[1]!.terminate();
    await until(() => lost.length === 1);
  });

  it('ends many topics at the pace of the venue, several in a message', async () => {
    const many = Array.from({ length: 350 }, (_, at) => topicOf(`A${at}USDT`));
    for (const topic of many) connection.add(topic);
    await until(() => asked.length === 3);
    await pass(2);
    await until(() => served.length === many.length);
    for (const topic of many) connection.remove(topic);
    asked = [];
    await pass(2);
    await until(() => asked.length === 3);
    await pass(2);
    await until(() => asked.length === 4);
    expect(asked.map((names) => names.length)).toEqual([100, 100, 100, 50]);
  });

  it('backs off from a venue that refuses to connect', async () => {
    connection.add(BTC);
    await until(() => served.length === 1);
    server.close();
    for (const socket of server.clients) socket.terminate();
    await until(() => lost.length === 1);
    const attempts: number[] = [];
    let count = connection.reconnects;
    for (let tick = 0; tick < 400; tick += 1) {
      time += 250;
      connection.tick();
      await new Promise((resolve) => setTimeout(resolve, connection.state === 'connecting' ? 3 : 0));
      if (connection.reconnects > count) attempts.push(time);
      count = connection.reconnects;
    }
    const pauses = attempts.slice(1).map((at, index) => at - attempts[index]!);
    expect(pauses.length).toBeGreaterThan(3);
    expect(pauses.at(-1)!).toBeGreaterThan(pauses[0]! * 3);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(37_000);
  });
});
