/**
 * A venue of 300 perpetuals for the bench of the live feed, in a process of its own: candles and marks on a WebSocket in
 * real time, candles and open interest as pages, all a function of symbol and minute. Updates come as they do at
 * Binance: a few markets four times a second, most of them now and then; a mark of each every second; the closing
 * message of every market within a second of the minute's end.
 *
 * Arguments: how many markets, and the time where it is driven (epoch ms): then each message is the time that it has
 * become, and the answer how many frames were sent so far; updates and marks are one in ten seconds.
 *
 * Sends its port. `q` of a candle is the moment at which the message was sent, so that latency can be told.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { candleAt, marketOf, noise, symbolOf } from './live-market.js';

const MINUTE = 60_000;
const TICK_MS = 50;
const MARKET_COUNT = Number(process.argv[2] ?? 300);

/** Updates of the open candle in a second: 30 markets 4, 100 markets 1.5, the others 0.5; thinned where time is driven. */
const updatesPerSecond = (market: number): number =>
  driven !== undefined ? 0.1 : market < 30 ? 4 : market < 130 ? 1.5 : 0.5;
const marksPerSecond = (): number => (driven !== undefined ? 0.1 : 1);

/** Simulated time; undefined: the real one. */
let driven = process.argv[3] === undefined ? undefined : Number(process.argv[3]);
const now = (): number => driven ?? performance.timeOrigin + performance.now();

function klineFrame(market: number, minute: number, share: number): string {
  const symbol = symbolOf(market);
  const { open, high, low, close, volume } = candleAt(market, minute, share);
  const at = now();
  const stream = `${symbol.toLowerCase()}@kline_1m`;
  return (
    `{"stream":"${stream}","data":{"e":"kline","E":${Math.floor(at)},"s":"${symbol}","k":{"t":${minute},` +
    `"T":${minute + MINUTE - 1},"s":"${symbol}","i":"1m","f":100,"L":200,"o":"${open}","c":"${close}","h":"${high}",` +
    `"l":"${low}","v":"${volume}","n":101,"x":${share === 1},"q":"${at.toFixed(3)}","V":"1.0","Q":"100.0","B":"0"}}}`
  );
}

function markFrame(market: number): string {
  const symbol = symbolOf(market);
  const at = Math.floor(now());
  const price = (100 + market).toFixed(8);
  return (
    `{"stream":"${symbol.toLowerCase()}@markPrice@1s","data":{"e":"markPriceUpdate","E":${at},"s":"${symbol}",` +
    `"p":"${price}","i":"${price}","P":"${price}","r":"0.00010000","T":${at + 3_600_000}}}`
  );
}

const listeners = new Map<string, WebSocket>();
let sent = 0;
const say = (stream: string, frame: () => string): void => {
  const socket = listeners.get(stream);
  if (socket === undefined || socket.readyState !== socket.OPEN) return;
  sent += 1;
  socket.send(frame());
};

/** Closing messages that are still to be sent: market by the moment at which it goes out. */
let closing: { readonly market: number; readonly at: number }[] = [];
let last = now();

/** Sends what has happened since the last call. */
function step(): void {
  const at = now();
  const minute = Math.floor(at / MINUTE) * MINUTE;
  if (Math.floor(last / MINUTE) * MINUTE !== minute) {
    closing = Array.from({ length: MARKET_COUNT }, (_, market) => ({
      market,
      at: minute + 20 + 900 * noise(market + 3000, minute / MINUTE),
    }));
  }
  const due = closing.filter((each) => each.at <= at);
  closing = closing.filter((each) => each.at > at);
  for (const { market } of due) {
    say(`${symbolOf(market).toLowerCase()}@kline_1m`, () => klineFrame(market, minute - MINUTE, 1));
  }
  for (let market = 0; market < MARKET_COUNT; market += 1) {
    const name = symbolOf(market).toLowerCase();
    const share = (at - minute) / MINUTE;
    // updates are spread evenly, each market at its own phase
    const happens = (rate: number): boolean => {
      const phase = noise(market + 4000, 1);
      return Math.floor((last / 1000) * rate + phase) !== Math.floor((at / 1000) * rate + phase);
    };
    const isClosing = closing.some((each) => each.market === market);
    if (!isClosing && share > 0 && happens(updatesPerSecond(market)))
      say(`${name}@kline_1m`, () => klineFrame(market, minute, Math.min(0.999, share)));
    if (happens(marksPerSecond())) say(`${name}@markPrice@1s`, () => markFrame(market));
  }
  last = at;
}

if (driven === undefined) setInterval(step, TICK_MS);
// whoever drives the time says how late it is, and is told how many frames were sent by then
process.on('message', (time: number) => {
  driven = time;
  step();
  process.send?.(sent);
});

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://bench');
  const from = Number(searchParams.get('startTime'));
  const to = Number(searchParams.get('endTime'));
  const symbol = searchParams.get('symbol') ?? '';
  let body = '[]';
  if (pathname.endsWith('/time')) body = `{"serverTime":${Math.floor(now())}}`;
  else if (pathname.endsWith('/klines')) {
    const rows: string[] = [];
    for (let minute = Math.ceil(from / MINUTE) * MINUTE; minute <= Math.min(to, now()); minute += MINUTE) {
      const { open, high, low, close, volume } = candleAt(marketOf(symbol), minute, 1);
      rows.push(
        `[${minute},"${open}","${high}","${low}","${close}","${volume}",${minute + MINUTE - 1},"1.0",101,"1.0","1.0","0"]`,
      );
    }
    body = `[${rows.join(',')}]`;
  } else if (pathname.endsWith('/openInterestHist')) {
    const rows: string[] = [];
    for (let at = Math.ceil(from / 300_000) * 300_000; at <= to; at += 300_000)
      rows.push(
        `{"symbol":"${symbol}","sumOpenInterest":"1.0","sumOpenInterestValue":"1.0","timestamp":${at}}`,
      );
    body = `[${rows.join(',')}]`;
  }
  response.setHeader('content-type', 'application/json');
  response.end(body);
});
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket) => {
  socket.on('message', (data) => {
    const { method, params, id } = JSON.parse(String(data)) as {
      method: string;
      params: string[];
      id: number;
    };
    if (method === 'SUBSCRIBE') for (const stream of params) listeners.set(stream, socket);
    sent += 1;
    socket.send(`{"result":null,"id":${id}}`);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));
