/**
 * A client of the API for the bench of live bars, in a process of its own as a browser is: it follows series over
 * `/api/stream`, a hundred on each socket, and asks for a series as soon as it is told that a bar has closed.
 *
 * Arguments: port of the server, instrument ids as JSON. Sends `ready` once all are followed, and each bar as it came:
 * when it was told, when the answer held it, and how often it had to be asked for.
 */
import { Agent, get } from 'node:http';
import WebSocket from 'ws';

export interface SeenBar {
  readonly instrument: string;
  /** Open time, UTC ms. */
  readonly time: number;
  /** Epoch ms with fractions. */
  readonly toldAt: number;
  readonly servedAt: number;
  readonly asked: number;
}

/** As many as a client may follow on one socket, and name in one message. */
const TOPICS = 100;
const NAMED = 50;
const now = (): number => performance.timeOrigin + performance.now();
const [port, list] = process.argv.slice(2);
const ids = JSON.parse(list ?? '[]') as string[];
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

function lastBar(instrument: string): Promise<number> {
  const url = `http://127.0.0.1:${port}/api/series/${encodeURIComponent(instrument)}/1m?last=3&points=10`;
  return new Promise((resolve, reject) => {
    get(url, { agent }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        body += chunk;
      });
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve((JSON.parse(body) as { last_ts: number }).last_ts);
        else reject(new Error(`${url}: ${answer.statusCode} ${body.slice(0, 200)}`));
      });
    }).on('error', reject);
  });
}

async function ask(instrument: string, time: number, toldAt: number): Promise<void> {
  let asked = 1;
  while ((await lastBar(instrument)) < time) asked += 1;
  process.send?.({ instrument, time, toldAt, servedAt: now(), asked } satisfies SeenBar);
}

interface Told {
  readonly type: string;
  readonly instrument_id: string;
  readonly topics?: readonly unknown[];
  readonly bars?: readonly { readonly final: boolean; readonly timestamp: number }[];
}

const newest = new Map<string, number>();
let followed = 0;
for (let first = 0; first < ids.length; first += TOPICS) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/stream`);
  const topics = ids
    .slice(first, first + TOPICS)
    .map((instrument_id) => ({ topic: 'bars', instrument_id, timeframe: '1m' }));
  socket.once('open', () => {
    for (let at = 0; at < topics.length; at += NAMED) {
      socket.send(JSON.stringify({ type: 'subscribe', topics: topics.slice(at, at + NAMED) }));
    }
  });
  socket.on('message', (data) => {
    const toldAt = now();
    const { type, instrument_id: instrument, bars, topics: own } = JSON.parse(String(data)) as Told;
    if (type === 'error') throw new Error(String(data));
    if (type === 'subscribed' && own?.length === topics.length) {
      followed += topics.length;
      if (followed === ids.length) process.send?.('ready');
    }
    const time = bars?.findLast(({ final }) => final)?.timestamp;
    if (time === undefined || time <= (newest.get(instrument) ?? 0)) return;
    newest.set(instrument, time);
    void ask(instrument, time, toldAt);
  });
}
process.on('disconnect', () => process.exit(0));
