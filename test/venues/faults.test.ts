/** Every kind of fault does what the catalogue says, once, and leaves the next request or frame alone. */
import { get as httpGet } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  FAULT_KINDS,
  type FaultKind,
  faultShape,
} from '../../src/data/venues/simulator/faults/fault-catalogue.js';
import {
  type FaultRule,
  mixedFaults,
  parseFaults,
} from '../../src/data/venues/simulator/faults/fault-rules.js';
import {
  startVenueSimulator,
  type VenueSimulator,
  type VenueSimulatorOptions,
} from '../../src/data/venues/simulator/venue-simulator.js';
import { answered, type Listening, listen } from './listening.js';
import { START, walkBars } from './local-bars.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = START + 1500 * MINUTE;
const FROM = START + 1000 * MINUTE;
const LIMIT = 60;
const PAGE = `/fapi/v1/klines?symbol=BTCUSDT&interval=1m&startTime=${FROM}&limit=${LIMIT}`;
const BARS = [walkBars('BTC', 3000), walkBars('ETH', 3000, { price: 200 })];

async function withFault(
  rule: FaultRule,
  body: (simulator: VenueSimulator) => Promise<void>,
  options: Partial<VenueSimulatorOptions> = {},
): Promise<void> {
  const simulator = await startVenueSimulator({
    bars: BARS,
    clock: { start: NOW + 20_000 },
    faults: [rule],
    ...options,
  });
  try {
    await body(simulator);
  } finally {
    await simulator.stop();
  }
}

type Row = (string | number)[];
const ask = (simulator: VenueSimulator, path = PAGE) => fetch(`${simulator.url('binanceusdm')}${path}`);
const page = async (simulator: VenueSimulator, path = PAGE): Promise<Row[]> =>
  (await (await ask(simulator, path)).json()) as Row[];
const times = (rows: Row[]): number[] => rows.map(([time]) => Number(time));
const minutes = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i * MINUTE);

/** The first request meets the fault, the second one does not. */
async function twoPages(
  kind: FaultKind,
  check: (bad: Row[], good: Row[], simulator: VenueSimulator) => void,
  { path = PAGE, ...rest }: Partial<FaultRule> & { path?: string } = {},
): Promise<void> {
  await withFault({ kind, at: [1], ...rest }, async (simulator) => {
    const bad = await page(simulator, path);
    const good = await page(simulator, path);
    check(bad, good, simulator);
    expect(simulator.injected.map((fault) => fault.kind)).toEqual([kind]);
    expect(simulator.requests.map(({ fault }) => fault)).toEqual([kind, undefined]);
  });
}

async function refusal(
  kind: FaultKind,
  check: (response: Response, body: string) => void,
  rule: Partial<FaultRule> = {},
): Promise<void> {
  await withFault({ kind, at: [1], ...rule }, async (simulator) => {
    const response = await ask(simulator);
    check(response, await response.text());
    expect(times(await page(simulator))).toEqual(minutes(FROM, LIMIT));
  });
}

interface Kline {
  readonly e: string;
  readonly s: string;
  readonly E: number;
  readonly k: { readonly t: number; readonly x: boolean; readonly c: string; readonly v: string };
}

/** A listener to BTC klines, and the frames as objects. */
async function klines(
  rule: FaultRule,
  body: (simulator: VenueSimulator, listener: Listening, frames: () => Kline[]) => Promise<void>,
): Promise<void> {
  await withFault(rule, async (simulator) => {
    await simulator.advance(40_000);
    const listener = await listen(`${simulator.wsUrl('binanceusdm')}/ws/btcusdt@kline_1m`);
    await body(simulator, listener, () => listener.texts.map((text) => JSON.parse(text) as Kline));
    listener.socket.terminate();
  });
}
const steps = (frames: Kline[]): [number, boolean][] => frames.map(({ k }) => [(k.t - NOW) / MINUTE, k.x]);

const PROOFS: Record<FaultKind, () => Promise<void>> = {
  rate_limited: () =>
    refusal('rate_limited', ({ status, headers }) => {
      expect(status).toBe(429);
      expect(headers.get('retry-after')).toBe('5');
    }),
  rate_limited_bare: () =>
    refusal('rate_limited_bare', ({ status, headers }) => {
      expect(status).toBe(429);
      expect(headers.has('retry-after')).toBe(false);
    }),
  ip_banned: () =>
    withFault({ kind: 'ip_banned', at: [1], ms: 60_000 }, async (simulator) => {
      const until = simulator.now() + 60_000;
      const first = await ask(simulator);
      expect(first.status).toBe(418);
      expect(first.headers.get('retry-after')).toBe('60');
      expect(await first.text()).toContain(`banned until ${until}`);
      expect((await ask(simulator, '/fapi/v1/time')).status).toBe(418);
      await simulator.advance(60_000);
      expect((await ask(simulator)).status).toBe(200);
    }),
  forbidden: () => refusal('forbidden', ({ status }) => expect(status).toBe(403)),
  region_blocked: () =>
    refusal('region_blocked', ({ status }, body) => {
      expect(status).toBe(451);
      expect(body).toContain('restricted location');
    }),
  gateway_html: () =>
    refusal('gateway_html', ({ status, headers }, body) => {
      expect([status, headers.get('content-type')]).toEqual([503, 'text/html']);
      expect(body).toMatch(/^<html>/);
    }),
  server_error: () =>
    refusal('server_error', ({ status }, body) => {
      expect(status).toBe(500);
      expect(JSON.parse(body).code).toBe(-1000);
    }),
  maintenance: () => refusal('maintenance', ({ status }) => expect(status).toBe(503)),
  invalid_parameter: () =>
    refusal('invalid_parameter', ({ status }, body) => {
      expect([status, JSON.parse(body).code]).toEqual([400, -1130]);
    }),
  no_answer: () =>
    withFault({ kind: 'no_answer', at: [1] }, async (simulator) => {
      const stop = new AbortController();
      let isAnswered = false;
      const silent = fetch(`${simulator.url('binanceusdm')}${PAGE}`, { signal: stop.signal })
        .then(() => {
          isAnswered = true;
        })
        .catch(() => undefined);
      while (simulator.requests.length === 0) await ask(simulator, '/fapi/v1/time').catch(() => undefined);
      expect(times(await page(simulator))).toEqual(minutes(FROM, LIMIT));
      expect(isAnswered).toBe(false);
      expect(simulator.requests.find(({ fault }) => fault === 'no_answer')?.status).toBe(0);
      stop.abort();
      await silent;
    }),
  delayed_answer: () =>
    withFault({ kind: 'delayed_answer', at: [1], ms: 40 }, async (simulator) => {
      const before = performance.now();
      expect(times(await page(simulator))).toEqual(minutes(FROM, LIMIT));
      expect(performance.now() - before).toBeGreaterThan(35);
    }),
  slow_body: () =>
    withFault({ kind: 'slow_body', at: [1], ms: 60 }, async (simulator) => {
      const pieces: number[] = [];
      await new Promise<void>((resolve, reject) => {
        httpGet(`${simulator.url('binanceusdm')}${PAGE}`, (response) => {
          response.on('data', (data: Buffer) => pieces.push(data.length));
          response.on('end', resolve);
        }).on('error', reject);
      });
      expect(pieces.length).toBeGreaterThan(4);
    }),
  reset_before_headers: () =>
    withFault({ kind: 'reset_before_headers', at: [1] }, async (simulator) => {
      await expect(ask(simulator)).rejects.toThrow();
      expect((await ask(simulator)).status).toBe(200);
    }),
  reset_mid_body: () =>
    withFault({ kind: 'reset_mid_body', at: [1] }, async (simulator) => {
      const outcome = ask(simulator).then(async (response) => {
        expect(response.status).toBe(200);
        await response.text();
      });
      await expect(outcome).rejects.toThrow();
      expect((await ask(simulator)).status).toBe(200);
    }),
  truncated_json: () =>
    refusal('truncated_json', ({ status }, body) => {
      expect(status).toBe(200);
      expect(body).toMatch(/^\[\[/);
      expect(() => JSON.parse(body)).toThrow();
    }),
  empty_body: () => refusal('empty_body', ({ status }, body) => expect([status, body]).toEqual([200, ''])),
  html_body: () =>
    refusal('html_body', ({ status, headers }, body) => {
      expect([status, headers.get('content-type')]).toEqual([200, 'text/html']);
      expect(body).toMatch(/^<html>/);
    }),
  wrong_symbol: () =>
    withFault({ kind: 'wrong_symbol', at: [1] }, async (simulator) => {
      const read = async () => {
        const response = await ask(simulator, '/fapi/v1/openInterest?symbol=BTCUSDT');
        return ((await response.json()) as { symbol: string }).symbol;
      };
      expect([await read(), await read()]).toEqual(['ETHUSDT', 'BTCUSDT']);
    }),
  empty_page: () =>
    twoPages('empty_page', (bad, good) => expect([bad.length, good.length]).toEqual([0, LIMIT])),
  duplicate_rows: () =>
    twoPages('duplicate_rows', (bad, good) => {
      expect(bad).toHaveLength(LIMIT + 3);
      expect([...new Set(bad.map((row) => JSON.stringify(row)))]).toEqual(
        good.map((row) => JSON.stringify(row)),
      );
    }),
  conflicting_duplicates: () =>
    twoPages('conflicting_duplicates', (bad, good) => {
      expect(bad.length).toBe(LIMIT + 2);
      expect(new Set(bad.map((row) => JSON.stringify(row))).size).toBeGreaterThan(LIMIT);
      // the last row of each time is the true one
      const last = new Map(bad.map((row) => [row[0], row]));
      expect([...last.values()]).toEqual(good);
    }),
  shuffled_rows: () =>
    twoPages('shuffled_rows', (bad, good) => {
      expect(bad).not.toEqual(good);
      expect(bad.toSorted((a, b) => Number(a[0]) - Number(b[0]))).toEqual(good);
    }),
  misaligned_row: () =>
    twoPages('misaligned_row', (bad, good) => {
      const off = bad.filter((row) => Number(row[0]) % MINUTE !== 0);
      expect(off).toHaveLength(1);
      expect(bad.filter((row) => !off.includes(row))).toEqual(good);
    }),
  missing_rows: () =>
    twoPages('missing_rows', (bad, good) => {
      expect(bad).toHaveLength(LIMIT - 5);
      expect([bad[0], bad.at(-1)]).toEqual([good[0], good.at(-1)]);
      const jumps = times(bad).flatMap((time, i) => (i > 0 ? [time - times(bad)[i - 1]!] : []));
      expect(Math.max(...jumps)).toBe(6 * MINUTE);
    }),
  short_page: () => twoPages('short_page', (bad, good) => expect(bad).toEqual(good.slice(0, LIMIT / 2))),
  page_beyond_limit: () =>
    twoPages('page_beyond_limit', (bad, good) => {
      expect(times(bad)).toEqual(minutes(FROM, LIMIT + 5));
      expect(bad.slice(0, LIMIT)).toEqual(good);
    }),
  outside_range: () =>
    twoPages('outside_range', (bad) => expect(times(bad)).toEqual(minutes(FROM - 3 * MINUTE, LIMIT + 3))),
  cursor_stuck: () =>
    twoPages('cursor_stuck', (bad) => expect(times(bad)).toEqual(minutes(FROM - LIMIT * MINUTE, LIMIT))),
  forming_as_final: () =>
    withFault({ kind: 'forming_as_final', at: [1], venue: 'okx' }, async (simulator) => {
      const read = async (): Promise<string[]> => {
        const response = await fetch(
          `${simulator.url('okx')}/api/v5/market/candles?instId=BTC-USDT-SWAP&bar=1m&limit=5`,
        );
        return ((await response.json()) as { data: string[][] }).data[0]!;
      };
      const [bad, good] = [await read(), await read()];
      expect([bad[0], bad.at(-1)]).toEqual([String(NOW), '1']);
      expect([good[0], good.at(-1)]).toEqual([String(NOW), '0']);
    }),
  stale_page: () =>
    twoPages(
      'stale_page',
      (bad, good) => {
        expect(times(good).at(-1)).toBe(NOW);
        expect(times(bad).at(-1)).toBe(NOW - 11 * MINUTE);
      },
      { path: '/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=30' },
    ),
  wrong_type: () =>
    twoPages('wrong_type', (bad, good) => {
      const differing = bad.flatMap((row, i) =>
        row.flatMap((value, j) => (value === good[i]![j] ? [] : [value])),
      );
      expect(differing).toHaveLength(1);
      expect(Number.isFinite(Number.parseFloat(String(differing[0])))).toBe(false);
    }),
  missing_field: () =>
    twoPages('missing_field', (bad) => expect(bad.filter((row) => row.length < 12)).toHaveLength(1)),
  broken_bar: () =>
    twoPages('broken_bar', (bad) => {
      const broken = bad.filter(([, open, high, low, close]) => {
        const prices = [open, high, low, close].map(Number);
        return Math.min(...prices) <= 0 || prices[1]! < prices[2]!;
      });
      expect(broken).toHaveLength(1);
    }),
  not_a_number: () =>
    withFault({ kind: 'not_a_number', at: [1] }, async (simulator) => {
      const [bad, good] = [await (await ask(simulator)).text(), await page(simulator)];
      expect(() => JSON.parse(bad)).toThrow(SyntaxError);
      const rows = JSON.parse(bad.replace('NaN', 'null')) as (Row[number] | null)[][];
      const differing = rows.flatMap((row, i) => row.filter((value, j) => value !== good[i]![j]));
      expect(differing).toEqual([null]);
    }),
  negative_number: () =>
    twoPages('negative_number', (bad, good) => {
      const differing = bad.flatMap((row, i) => row.filter((value, j) => value !== good[i]![j]));
      expect(differing).toHaveLength(1);
      expect(Number(differing[0])).toBeLessThan(0);
    }),
  numbers_as_text: () =>
    twoPages('numbers_as_text', (bad, good) => {
      expect(bad.flat().map(Number)).toEqual(good.flat().map(Number));
      for (const [i, row] of good.entries())
        for (const [j, value] of row.entries()) expect(typeof bad[i]![j]).not.toBe(typeof value);
    }),
  swapped_columns: () =>
    twoPages('swapped_columns', (bad, good) => {
      const differing = bad.flatMap((row, i) => (row.join() === good[i]!.join() ? [] : [i]));
      expect(differing).toHaveLength(1);
      const [time, open, ...rest] = good[differing[0]!]!;
      expect(bad[differing[0]!]).toEqual([open, time, ...rest]);
    }),
  funding_unit_break: () =>
    withFault({ kind: 'funding_unit_break', at: [1] }, async (simulator) => {
      const read = async () => {
        const response = await ask(simulator, `/fapi/v1/fundingRate?symbol=BTCUSDT&startTime=${START}`);
        return ((await response.json()) as { fundingRate: string }[]).map(({ fundingRate }) =>
          Number(fundingRate),
        );
      };
      const [bad, good] = [await read(), await read()];
      expect(good.length).toBeGreaterThan(2);
      for (const [i, rate] of bad.entries()) expect(rate).toBeCloseTo(good[i]! * 100, 6);
    }),
  clock_skew: () =>
    withFault({ kind: 'clock_skew', ms: 4000 }, async (simulator) => {
      const response = await ask(simulator, '/fapi/v1/time');
      const { serverTime } = (await response.json()) as { serverTime: number };
      expect(Math.abs(serverTime - simulator.now())).toBe(4000);
      expect(Date.parse(response.headers.get('date')!)).toBe(Math.floor(serverTime / 1000) * 1000);
    }),
  late_bar: () =>
    klines(
      { kind: 'late_bar', ms: 45_000, until: NOW + 2 * MINUTE },
      async (simulator, _listener, frames) => {
        const newest = '/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=2';
        expect(times(await page(simulator, newest))).not.toContain(NOW);
        await simulator.advance(45_000);
        expect(times(await page(simulator, newest))).toContain(NOW);
        // the bar that closed before the stream was opened is closed there 45 s late
        const late = frames().filter(({ k }) => k.x && k.t === NOW);
        expect(late.map(({ E }) => E)).toEqual([NOW + MINUTE + 45_000]);
      },
    ),
  corrected_bar: () =>
    klines(
      { kind: 'corrected_bar', ms: MINUTE, from: NOW + 2 * MINUTE, until: NOW + 3 * MINUTE },
      async (simulator, _listener, frames) => {
        const time = NOW + MINUTE;
        await simulator.advance(MINUTE);
        const read = async () =>
          (await page(simulator, `/fapi/v1/klines?symbol=BTCUSDT&interval=1m&startTime=${time}&limit=1`))[0]!;
        const wrong = await read();
        await simulator.advance(MINUTE);
        const right = await read();
        const truth = simulator.truth.bars('binanceusdm', 'BTCUSDT', '1m', time, time + MINUTE);
        expect(Number(right[4])).toBe(truth.close[0]);
        expect(Number(wrong[4])).not.toBe(truth.close[0]);
        const closing = frames().filter(({ k }) => k.x && k.t === time);
        expect(closing.map(({ k }) => k.c)).toEqual([wrong[4], right[4]]);
      },
    ),
  funding_interval_change: () =>
    withFault(
      { kind: 'funding_interval_change', venue: 'binanceusdm', from: START + 9 * HOUR },
      async (simulator) => {
        const response = await ask(simulator, `/fapi/v1/fundingRate?symbol=BTCUSDT&startTime=${START}`);
        const rows = (await response.json()) as { fundingTime: number }[];
        const hours = rows.map(({ fundingTime }) => Math.round((fundingTime - START) / HOUR));
        expect(hours).toEqual([0, 8, 12, 16, 20, 24]);
        const truth = simulator.truth.funding('binanceusdm', 'BTCUSDT', START, simulator.now());
        expect(truth.map(({ intervalHours }) => intervalHours)).toEqual([8, 8, 4, 4, 4, 4]);
        const listed = (await (await ask(simulator, '/fapi/v1/fundingInfo')).json()) as {
          fundingIntervalHours: number;
        }[];
        expect(listed.map(({ fundingIntervalHours }) => fundingIntervalHours)).toEqual([4, 4]);
      },
    ),
  connect_refused: () =>
    withFault({ kind: 'connect_refused', at: [1] }, async (simulator) => {
      const url = `${simulator.wsUrl('binanceusdm')}/ws/btcusdt@kline_1m`;
      await expect(listen(url)).rejects.toThrow('503');
      (await listen(url)).socket.terminate();
    }),
  stream_disconnect: () =>
    klines({ kind: 'stream_disconnect', at: [2] }, async (simulator, { closed }) => {
      await simulator.advance(30_000);
      expect(await closed).toBe(1006);
      expect(simulator.connections).toBe(0);
    }),
  stream_closed: () =>
    klines({ kind: 'stream_closed', at: [1] }, async (simulator, { closed }) => {
      await simulator.advance(15_000);
      expect(await closed).toBe(1001);
    }),
  disconnect_storm: () =>
    klines({ kind: 'disconnect_storm', at: [1], rows: 2 }, async (simulator, { closed }) => {
      await simulator.advance(15_000);
      expect(await closed).toBe(1006);
      const counts: number[] = [];
      for (let attempt = 0; attempt < 3; attempt++) {
        const next = await listen(`${simulator.wsUrl('binanceusdm')}/ws/btcusdt@kline_1m`);
        await simulator.advance(60_000);
        if (attempt < 2) expect(await next.closed).toBe(1006);
        counts.push(next.texts.length);
        next.socket.terminate();
      }
      expect(counts).toEqual([1, 1, 4]);
    }),
  stream_stall: () =>
    klines({ kind: 'stream_stall', at: [1], ms: MINUTE }, async (simulator, { socket, texts }) => {
      await simulator.advance(45_000);
      await answered(socket);
      expect(texts).toEqual([]);
      await simulator.advance(30_000);
      expect(texts.length).toBeGreaterThan(0);
    }),
  half_open: () =>
    klines({ kind: 'half_open', at: [1] }, async (simulator, { socket, texts }) => {
      await simulator.advance(15_000);
      let pongs = 0;
      socket.on('pong', () => {
        pongs += 1;
      });
      socket.ping();
      await simulator.advance(2 * MINUTE);
      expect([texts.length, pongs]).toEqual([0, 0]);
      expect(simulator.connections).toBe(1);
    }),
  subscribe_ignored: () => subscribing('subscribe_ignored', []),
  subscribe_refused: () =>
    subscribing('subscribe_refused', [{ error: { code: 2, msg: 'Invalid request: invalid stream' }, id: 1 }]),
  dropped_frame: () =>
    klines({ kind: 'dropped_frame', at: [2] }, async (simulator, _listener, frames) => {
      await simulator.advance(MINUTE);
      // the stream opens a minute after NOW; the second of its four steps is lost
      expect(steps(frames())).toEqual([
        [1, false],
        [1, false],
        [1, true],
      ]);
    }),
  duplicate_frame: () =>
    klines({ kind: 'duplicate_frame', at: [4] }, async (simulator, { texts }) => {
      await simulator.advance(MINUTE);
      expect(texts).toHaveLength(5);
      expect(texts[4]).toBe(texts[3]);
    }),
  late_frame: () =>
    klines({ kind: 'late_frame', at: [4] }, async (simulator, _listener, frames) => {
      await simulator.advance(75_000);
      expect(steps(frames())).toEqual([
        [1, false],
        [1, false],
        [1, false],
        [2, false],
        [1, true],
      ]);
    }),
  garbage_frame: () =>
    klines({ kind: 'garbage_frame', at: [2] }, async (simulator, { texts }) => {
      await simulator.advance(30_000);
      expect(texts).toHaveLength(3);
      expect(() => JSON.parse(texts[1]!)).toThrow();
      expect(() => JSON.parse(texts[2]!)).not.toThrow();
    }),
  binary_frame: () =>
    klines({ kind: 'binary_frame', at: [1] }, async (simulator, { texts, binaries }) => {
      await simulator.advance(15_000);
      expect([texts.length, binaries.map(({ length }) => length)]).toEqual([1, [32]]);
    }),
  truncated_frame: () =>
    klines({ kind: 'truncated_frame', at: [1] }, async (simulator, { texts }) => {
      await simulator.advance(15_000);
      expect(texts[0]).toMatch(/^\{"e":"kline"/);
      expect(() => JSON.parse(texts[0]!)).toThrow();
    }),
  wrong_symbol_frame: () =>
    klines({ kind: 'wrong_symbol_frame', at: [1] }, async (simulator, _listener, frames) => {
      await simulator.advance(30_000);
      expect(frames().map(({ s }) => s)).toEqual(['ETHUSDT', 'BTCUSDT']);
    }),
  wrong_type_frame: () =>
    klines({ kind: 'wrong_type_frame', at: [1] }, async (simulator, { texts }) => {
      await simulator.advance(30_000);
      const kinds = (text: string) =>
        Object.values({ ...JSON.parse(text), ...JSON.parse(text).k }).map((value) =>
          typeof value === 'string' && Number.isFinite(Number.parseFloat(value)) ? 'number' : typeof value,
        );
      expect(kinds(texts[0]!)).not.toEqual(kinds(texts[1]!));
    }),
  false_final: () =>
    klines({ kind: 'false_final', at: [1] }, async (simulator, _listener, frames) => {
      await simulator.advance(MINUTE);
      expect(steps(frames())).toEqual([
        [1, true],
        [1, false],
        [1, false],
        [1, true],
      ]);
      expect(frames()[0]!.k.v).not.toBe(frames()[3]!.k.v);
    }),
  missing_final: () =>
    klines({ kind: 'missing_final', rate: 1, times: 1 }, async (simulator, _listener, frames) => {
      await simulator.advance(2 * MINUTE);
      expect(steps(frames()).filter(([, isFinal]) => isFinal)).toEqual([[2, true]]);
    }),
};

async function subscribing(kind: FaultKind, first: unknown[]): Promise<void> {
  await withFault({ kind, at: [1] }, async (simulator) => {
    const listener = await listen(`${simulator.wsUrl('binanceusdm')}/ws`);
    const subscribe = { method: 'SUBSCRIBE', params: ['btcusdt@kline_1m'], id: 1 };
    await listener.say(subscribe);
    await simulator.advance(30_000);
    expect(listener.texts.map((text) => JSON.parse(text))).toEqual(first);
    await listener.say(subscribe);
    await simulator.advance(15_000);
    expect(listener.texts.slice(first.length).map((text) => JSON.parse(text).e ?? 'reply')).toEqual([
      'reply',
      'kline',
    ]);
    listener.socket.terminate();
  });
}

describe('each kind of fault', () => {
  it('there are at least 25', () => expect(FAULT_KINDS.length).toBeGreaterThanOrEqual(25));
  it.each(FAULT_KINDS)('%s', (kind) => PROOFS[kind]());
});

describe('rules as text', () => {
  it('aims at venue, endpoint and request, with settings', () => {
    expect(parseFaults('late_bar:30000@bybit/bars=0.3,reset_mid_body#2+5,missing_rows:9@*/funding')).toEqual([
      { kind: 'late_bar', ms: 30_000, venue: 'bybit', endpoint: 'bars', rate: 0.3 },
      { kind: 'reset_mid_body', at: [2, 5] },
      { kind: 'missing_rows', rows: 9, endpoint: 'funding' },
    ]);
    expect(parseFaults('none')).toEqual([]);
  });

  it.each(['nonsense=0.1', 'late_bar=2', 'late_bar=0', 'late_bar@nowhere', 'mix=x', 'late_bar@okx/pears'])(
    'refuses %s',
    (text) => expect(() => parseFaults(text)).toThrow(/the fault/),
  );

  it('mixes every kind that a client can outlast, with the share of each layer adding up', () => {
    const rules = mixedFaults(0.1);
    expect(rules.length).toBe(FAULT_KINDS.length - 3);
    const rows = rules.filter(({ kind }) => faultShape(kind).layer === 'rows');
    expect(rows.reduce((sum, { rate }) => sum + rate!, 0)).toBeCloseTo(0.1, 12);
  });
});

describe('a seed', () => {
  const paths = Array.from(
    { length: 120 },
    (_, i) => `/fapi/v1/klines?symbol=BTCUSDT&interval=1m&startTime=${START + i * 10 * MINUTE}&limit=10`,
  );
  const injectedBy = async (seed: number, order: readonly string[]): Promise<string[]> => {
    const simulator = await startVenueSimulator({
      bars: BARS,
      clock: { start: NOW },
      faults: mixedFaults(0.3, { without: ['no_answer', 'slow_body', 'delayed_answer', 'ip_banned'] }),
      rateLimits: false,
      seed,
    });
    try {
      await Promise.all(
        order.map((path) =>
          ask(simulator, path)
            .then((it) => it.text())
            .catch(() => ''),
        ),
      );
      return simulator.injected
        .filter(({ endpoint }) => endpoint === 'bars')
        .map(({ kind, identity }) => `${kind} ${identity}`)
        .sort();
    } finally {
      await simulator.stop();
    }
  };

  it('injects the same faults whatever the order of requests, and another seed others', async () => {
    const first = await injectedBy(7, paths);
    expect(first.length).toBeGreaterThan(10);
    expect(await injectedBy(7, paths.toReversed())).toEqual(first);
    expect(await injectedBy(8, paths)).not.toEqual(first);
  });
});
