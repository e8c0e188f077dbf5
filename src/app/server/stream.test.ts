import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { CLI, cleanEnvironment } from '../../../test/run-cli.js';
import { syntheticSeries, writeCsv } from '../../../test/synthetic-bars.js';
import { UptrendEngine } from '../../analysis/uptrend/engine.js';
import { type UptrendStateChange, uptrendStateChange } from '../../analysis/uptrend/state-change.js';
import { slice } from '../../market/series.js';
import {
  appendBars,
  HOUR,
  type ServedHome,
  START,
  SYMBOL,
  serveHome,
  TOKEN,
  trainModel,
} from './served-home.fixture.js';
import { serverMessage } from './stream-messages.js';

const HOURS = 700;
const BARS = { topic: 'bars', instrument_id: SYMBOL, timeframe: '1h' };

let home: ServedHome;
const sockets: WebSocket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await home.close();
});

type Message = Record<string, unknown> & { type: string };

/** A client that keeps what it received; every message fits the schema. */
async function connect(headers: Record<string, string> = {}) {
  const address = home.server.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/stream`, { headers });
  sockets.push(socket);
  const received: Message[] = [];
  const waiting: (() => void)[] = [];
  const closed = new Promise<{ code: number; reason: string }>((done) => {
    socket.on('close', (code, reason) => done({ code, reason: String(reason) }));
  });
  socket.on('message', (data) => {
    received.push(serverMessage.parse(JSON.parse(String(data))) as Message);
    for (const wake of waiting.splice(0)) wake();
  });
  await new Promise((done, failed) => {
    socket.once('open', done);
    socket.once('error', failed);
  });
  return {
    socket,
    closed,
    received,
    say: (message: object) => socket.send(JSON.stringify(message)),
    /** The first message of a type, taken out. */
    async next(type: string): Promise<Message> {
      for (;;) {
        const at = received.findIndex((message) => message.type === type);
        if (at >= 0) return received.splice(at, 1)[0]!;
        await new Promise<void>((wake) => waiting.push(wake));
      }
    },
  };
}

async function serve(options: Parameters<typeof serveHome>[1] = {}): Promise<void> {
  home = await serveHome(HOURS, options);
  await home.server.listen({ host: '127.0.0.1', port: 0 });
}

describe('the stream', () => {
  it('tells of bars that another process publishes, within two seconds', async () => {
    await serve();
    const client = await connect();
    expect(await client.next('hello')).toMatchObject({ token_required: false });
    client.say({ type: 'subscribe', topics: [BARS] });
    expect(await client.next('subscribed')).toEqual({ type: 'subscribed', topics: [BARS] });

    const file = join(home.folder, 'new.csv');
    const all = syntheticSeries(SYMBOL, '1h', HOURS + 3, 3);
    writeCsv(file, slice(all, HOURS));
    const child = spawn(
      process.execPath,
      [CLI, 'lake', 'import', file, '--as', 'bars', '--symbol', SYMBOL, '--tf', '1h', '--home', home.folder],
      { env: cleanEnvironment(), stdio: 'ignore' },
    );
    const imported = new Promise<number>((done) => child.once('exit', () => done(performance.now())));
    const { bars, reload } = (await client.next('bars')) as unknown as {
      bars: { timestamp: number; close: number }[];
      reload: boolean;
    };
    const told = performance.now();
    // the file is there before the process ends; what counts is the time from the end at the latest
    expect(told - (await imported)).toBeLessThan(2000);
    expect(reload).toBe(false);
    expect(bars.map(({ timestamp }) => timestamp)).toEqual(Array.from(all.time.subarray(HOURS)));
    expect(bars.map(({ close }) => close)).toEqual(Array.from(all.close.subarray(HOURS)));
  });

  it('tells the regime of a new bar and whether it changed', async () => {
    await serve();
    const model_id = await trainModel(home.services);
    const client = await connect();
    client.say({ type: 'subscribe', topics: [{ topic: 'regime', model_id }] });
    await client.next('subscribed');
    const all = syntheticSeries(SYMBOL, '1h', HOURS + 1, 3);
    home.clock.advance(HOUR);
    await appendBars(home.services, slice(all, HOURS));
    const message = await client.next('regime');
    const { data } = (await home.get(`/api/hmm/regime?model_id=${model_id}&limit=2&persist=false`)).json();
    expect(message).toMatchObject({
      timestamp: START + HOURS * HOUR,
      regime: data[1].regime,
      previous: data[0].regime,
      changed: data[0].regime !== data[1].regime,
      price: all.close[HOURS],
    });
  });

  it('tells every change of the uptrend state that new bars bring, once', async () => {
    await serve();
    const all = syntheticSeries(SYMBOL, '1h', HOURS + 300, 3);
    const expected: UptrendStateChange[] = [];
    new UptrendEngine({ instrument: SYMBOL, timeframe: '1h' }).run(all, (payload) => {
      const change = uptrendStateChange(payload);
      if (change && change.ts >= all.time[HOURS]!) expected.push(change);
    });
    const client = await connect();
    const topic = { topic: 'uptrend', instrument_id: SYMBOL, timeframe: '1h', profile: 'standard' };
    client.say({ type: 'subscribe', topics: [topic] });
    await client.next('subscribed');
    home.clock.advance(300 * HOUR);
    const half = expected.length >> 1;
    const cut = all.time.indexOf(expected[half]!.ts);
    await appendBars(home.services, slice(all, HOURS, cut));
    const told: Message[] = [];
    while (told.length < half) told.push(await client.next('uptrend_state_change'));
    await appendBars(home.services, slice(all, cut));
    while (told.length < expected.length) told.push(await client.next('uptrend_state_change'));
    expect(half).toBeGreaterThan(1);
    expect(told.map(({ ts, from, to }) => [ts, from, to])).toEqual(
      expected.map(({ ts, from, to }) => [ts, from, to]),
    );
    expect(told[0]).toMatchObject({
      instrument_id: SYMBOL,
      timeframe: '1h',
      available_at: expected[0]!.ts + HOUR,
      payload: { ts: expected[0]!.ts, state: expected[0]!.to },
    });
  });

  it('tells the progress of a job', async () => {
    await serve({ hasStore: true });
    const client = await connect();
    client.say({ type: 'subscribe', topics: [{ topic: 'jobs' }] });
    await client.next('subscribed');
    const { job_id } = (
      await home.post('/api/hmm/train', { symbol: SYMBOL, timeframe: '1h', n_states: 2, async: true })
    ).json();
    let last = await client.next('job');
    while (last.status !== 'completed') last = await client.next('job');
    expect(last).toMatchObject({ job_id, kind: 'training', progress: 1 });
  });

  it('no longer tells what was unsubscribed', async () => {
    await serve();
    const client = await connect();
    client.say({ type: 'subscribe', topics: [BARS, { topic: 'jobs' }] });
    await client.next('subscribed');
    client.say({ type: 'unsubscribe', topics: [BARS] });
    expect(await client.next('subscribed')).toEqual({ type: 'subscribed', topics: [{ topic: 'jobs' }] });
  });

  it('refuses what does not fit, and who keeps sending it', async () => {
    await serve();
    const client = await connect();
    client.socket.send('{');
    expect(await client.next('error')).toMatchObject({ code: 'bad_parameter' });
    client.say({ type: 'subscribe', topics: [{ ...BARS, instrument_id: '../../etc/passwd' }] });
    expect(await client.next('error')).toMatchObject({ code: 'bad_parameter' });
    client.say({ type: 'subscribe', topics: [{ ...BARS, instrument_id: 'file:spot:NOTHING' }] });
    expect(await client.next('error')).toMatchObject({ code: 'no_data' });
    client.say({ type: 'subscribe', topics: [{ topic: 'regime', model_id: 'nothing' }] });
    expect(await client.next('error')).toMatchObject({ code: 'unknown_model' });
    for (let time = 0; time < 10; time += 1) client.say({ type: 'nonsense' });
    expect((await client.closed).code).toBe(4400);
  });

  it('lets a client go that sends too much at once', async () => {
    await serve();
    const flood = await connect();
    for (let time = 0; time < 150; time += 1) flood.say({ type: 'ping' });
    expect((await flood.closed).code).toBe(4400);
    const heavy = await connect();
    heavy.socket.send('x'.repeat(20_000));
    expect((await heavy.closed).code).toBe(1009);
  });

  it('lets a client go that does not read', async () => {
    await serve();
    const client = await connect();
    client.say({ type: 'subscribe', topics: [{ topic: 'jobs' }] });
    await client.next('subscribed');
    client.socket.pause();
    const { jobs } = home.services;
    const emit = jobs as unknown as { listeners: Set<(event: object) => void> };
    const event = {
      id: '1',
      kind: 'k',
      key: 'x'.repeat(100_000),
      status: 'running',
      progress: 0,
      updated_at: 0,
    };
    for (let time = 0; time < 300; time += 1) for (const listener of emit.listeners) listener(event);
    client.socket.resume();
    expect(await client.closed).toEqual({ code: 4408, reason: 'too slow: more than 4 MB was waiting' });
  });

  it('lets a client go that does not answer the heartbeat', async () => {
    await serve({ stream: { heartbeatMs: 50 } });
    const client = await connect();
    expect(await client.next('heartbeat')).toMatchObject({ now: home.clock.now() });
    (
      client.socket as unknown as { _receiver: { removeAllListeners(event: string): void } }
    )._receiver.removeAllListeners('ping');
    expect((await client.closed).code).toBe(4410);
  });

  it('wants the token where one is set, in the header or in the first message', async () => {
    await serve({ token: TOKEN });
    const quiet = await connect();
    expect(await quiet.next('hello')).toMatchObject({ token_required: true });
    quiet.say({ type: 'subscribe', topics: [BARS] });
    expect(await quiet.next('error')).toMatchObject({ code: 'unauthorized' });
    expect((await quiet.closed).code).toBe(4401);
    const wrong = await connect();
    wrong.say({ type: 'auth', token: `${TOKEN}x` });
    expect((await wrong.closed).code).toBe(4401);
    const first = await connect();
    first.say({ type: 'auth', token: TOKEN });
    await first.next('authorized');
    first.say({ type: 'subscribe', topics: [BARS] });
    await first.next('subscribed');
    const header = await connect({ authorization: `Bearer ${TOKEN}` });
    header.say({ type: 'subscribe', topics: [BARS] });
    await header.next('subscribed');
  });

  it('answers no page of another origin', async () => {
    await serve();
    await expect(connect({ origin: 'https://evil.example' })).rejects.toThrow('403');
    await expect(connect({ host: 'evil.example' })).rejects.toThrow('403');
  });
});
