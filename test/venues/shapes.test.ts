/**
 * The simulator's answers have the shape of recorded and documented ones (payloads/): asked the same, it answers with
 * the same fields of the same kinds: text that holds a number is not a number, and a tuple has its length.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { VenueId } from '../../src/data/venues/simulator/venue-ids.js';
import { startVenueSimulator, type VenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { listen } from './listening.js';
import { walkBars } from './local-bars.js';

const MINUTE = 60_000;
/** The payloads' own time: 2025-12-31T12:00:00Z. */
const BASE = 1_767_182_400_000;
const BEFORE = 9000;
const AFTER = 600;

const payloadSchema = z.object({
  venue: z.string(),
  exchanges: z
    .array(
      z.object({
        request: z.object({
          method: z.string(),
          path: z.string(),
          query: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
          json: z.unknown().optional(),
        }),
        status: z.number(),
        body: z.unknown().optional(),
        bodyText: z.string().optional(),
      }),
    )
    .optional(),
  frames: z.array(z.object({ dir: z.enum(['in', 'out']), json: z.unknown() })).optional(),
});
const payload = (file: string) =>
  payloadSchema.parse(JSON.parse(readFileSync(`test/venues/payloads/${file}.json`, 'utf8')));

/** Kinds of the leaves, keys sorted; of a list its first element, of a tuple all of them. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) {
    const isTuple = value.length > 1 && value.every((each) => each === null || typeof each !== 'object');
    return isTuple ? value.map(shape) : value.slice(0, 1).map(shape);
  }
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, each]) => [key, shape(each)]),
    );
  }
  if (typeof value !== 'string') return value === null ? 'null' : typeof value;
  return value !== '' && Number.isFinite(Number(value)) ? 'number as text' : 'text';
}

/** What the payload has and ours lacks or has otherwise; fields that only ours has are no fault. */
function differences(theirs: unknown, ours: unknown, path = ''): string[] {
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    if (theirs.length > 1 && theirs.length !== ours.length)
      return [`${path}: ${theirs.length} values, ours ${ours.length}`];
    return theirs.flatMap((each, i) =>
      i < ours.length ? differences(each, ours[i], `${path}[${i}]`) : [`${path}: no row`],
    );
  }
  if (theirs !== null && typeof theirs === 'object' && ours !== null && typeof ours === 'object') {
    return Object.entries(theirs).flatMap(([key, each]) =>
      key in ours
        ? differences(each, (ours as Record<string, unknown>)[key], `${path}.${key}`)
        : [`${path}.${key} is missing`],
    );
  }
  return theirs === ours ||
    theirs === 'null' ||
    ours === 'null' ||
    (theirs === 'text' && ours === 'number as text')
    ? []
    : [`${path}: ${JSON.stringify(theirs)}, ours ${JSON.stringify(ours)}`];
}

let simulator: VenueSimulator;
beforeAll(async () => {
  const bars = (base: string, price: number, kind: 'perp' | 'spot') =>
    walkBars(base, BEFORE + AFTER, { kind, price, start: BASE - BEFORE * MINUTE });
  simulator = await startVenueSimulator({
    bars: [
      bars('BTC', 88_900, 'perp'),
      bars('ETH', 2990, 'perp'),
      bars('BNB', 860, 'perp'),
      bars('BTC', 88_800, 'spot'),
    ],
    clock: { start: BASE + 245 * MINUTE },
    rateLimits: false,
  });
});
afterAll(() => simulator.stop());

const ADDRESSES: readonly (readonly [string, string])[] = [
  ['So1FakeMint1111111111111111111111111111111A', 'TokenBTC'.padEnd(44, '1')],
  ['PairLarge1111111111111111111111111111111111', 'PoolBTC'.padEnd(44, '1')],
];
const ours = (text: string): string =>
  ADDRESSES.reduce((done, [theirs, mine]) => done.replaceAll(theirs, mine), text);

async function ask(
  venue: VenueId,
  request: NonNullable<ReturnType<typeof payload>['exchanges']>[number]['request'],
) {
  const query = new URLSearchParams(
    Object.entries(request.query ?? {}).map(([key, value]): [string, string] => [key, String(value)]),
  );
  return fetch(ours(`${simulator.url(venue)}${request.path}?${query}`), {
    method: request.method,
    headers: { 'cg-api-key': 'x' },
    ...(request.json === undefined ? {} : { body: JSON.stringify(request.json) }),
  });
}

describe('answers', () => {
  it.each([
    'binance_klines_page',
    'binance_funding_rate',
    'binance_premium_index',
    'binance_open_interest',
    'binance_oi_hist',
    'binance_exchange_info',
    'bybit_kline',
    'bybit_funding',
    'bybit_open_interest',
    'okx_candles',
    'okx_funding',
    'okx_oi_history',
    'hyperliquid_candle_snapshot',
    'hyperliquid_funding_history',
    'hyperliquid_meta_and_ctxs_real',
    'hyperliquid_l2book',
    'coingecko_global',
    'coingecko_markets',
    'coingecko_market_chart',
    'coinglass_oi',
    'coinglass_funding',
    'dexscreener_tokens_batch',
    'geckoterminal_ohlcv',
  ])('%s', async (file) => {
    const { venue, exchanges } = payload(file);
    const { request, status, body } = exchanges![0]!;
    const response = await ask(venue as VenueId, request);
    expect(response.status).toBe(status);
    expect(differences(shape(body), shape(await response.json()))).toEqual([]);
  });

  it('kraken_ohlc: the pair is the key, times are seconds', async () => {
    const response = await fetch(
      `${simulator.url('kraken')}/0/public/OHLC?pair=XBTUSDT&interval=60&since=${BASE / 1000}`,
    );
    const { exchanges } = payload('kraken_ohlc');
    const theirs = exchanges![0]!.body as { result: { XXBTZUSD: unknown[] } };
    const mine = (await response.json()) as { error: []; result: { XBTUSDT: [number][]; last: number } };
    expect(shape(mine.result.XBTUSDT[0])).toEqual(shape(theirs.result.XXBTZUSD[0]));
    expect(mine.result.XBTUSDT[0]![0]).toBe(BASE / 1000);
    expect(mine.result.last).toBe(mine.result.XBTUSDT.at(-2)![0]);
  });

  it('geckoterminal_pools, dexscreener and hyperliquid_all_mids', async () => {
    const pools = payload('geckoterminal_pools_and_errors').exchanges![0]!;
    const asked = await ask('geckoterminal', pools.request);
    const known = shape(pools.body) as { data: [{ attributes: object }] };
    const got = shape(await asked.json()) as { data: [{ attributes: object }] };
    expect(Object.keys(got.data[0].attributes)).toEqual(
      expect.arrayContaining(['address', 'reserve_in_usd', 'base_token_price_usd', 'volume_usd']),
    );
    expect(Object.keys(known.data[0])).toEqual(Object.keys(got.data[0]));
    const mids = await ask('hyperliquid', payload('hyperliquid_all_mids').exchanges![0]!.request);
    expect(shape(await mids.json())).toEqual({
      BNB: 'number as text',
      BTC: 'number as text',
      ETH: 'number as text',
    });
    const none = await fetch(`${simulator.url('dexscreener')}/latest/dex/tokens/zzz`);
    expect(await none.json()).toEqual(payload('dexscreener_empty_and_429').exchanges![1]!.body);
  });

  it('what each venue says to a wrong request', async () => {
    for (const [file, numbers] of [
      ['binance_error_symbol', [0]],
      ['binance_oi_hist_error_1130', [0]],
      ['binance_oi_hist_bad_period', [0]],
      ['bybit_errors', [2]],
      ['hyperliquid_info_errors', [0, 1]],
      ['kraken_errors', [0]],
      ['coinglass_errors', [0]],
    ] as const) {
      const { venue, exchanges } = payload(file);
      for (const number of numbers) {
        const { request, status, body, bodyText } = exchanges![number]!;
        const query = file === 'bybit_errors' ? { ...request.query, category: 'linear' } : request.query;
        const response = await ask(venue as VenueId, { ...request, query: query ?? {} });
        const text = await response.text();
        expect([file, response.status]).toEqual([file, status]);
        if (bodyText !== undefined) expect(text).toBe(bodyText);
        else if (file !== 'bybit_errors') expect(JSON.parse(text)).toEqual(body);
        else expect(JSON.parse(text)).toMatchObject({ retCode: 10001 });
      }
    }
  });
});

describe('frames', () => {
  /** What tells kinds of frames apart. */
  const kindOf = (frame: unknown): string => {
    const { stream, channel, topic, op, data, result } = frame as Record<string, never>;
    const isFinal = /"(x|confirm)":true/.test(JSON.stringify(data ?? null)) ? ' final' : '';
    return `${stream ?? channel ?? topic ?? op ?? (result === undefined ? '' : 'reply')}${isFinal}`;
  };

  it.each([
    ['binance_ws_market', 'binanceusdm', '/market/stream'],
    ['bybit_ws', 'bybit', '/v5/public/linear'],
    ['hyperliquid_ws_trades', 'hyperliquid', '/ws'],
    ['hyperliquid_ws_candles_real', 'hyperliquid', '/ws'],
    ['hyperliquid_ws_error_real', 'hyperliquid', '/ws'],
  ] as const)('%s', async (file, venue, path) => {
    const { frames } = payload(file);
    const listener = await listen(`${simulator.wsUrl(venue)}${path}`);
    for (const { dir, json } of frames!) if (dir === 'out') await listener.say(json);
    const theirs = frames!.flatMap(({ dir, json }) => (dir === 'in' ? [json] : []));
    const mine = new Map<string, unknown>();
    // liquidations come by chance: a few minutes bring every kind
    for (let i = 0; i < 10 && theirs.some((frame) => !mine.has(kindOf(frame))); i++) {
      await simulator.advance(2 * MINUTE);
      for (const text of listener.texts) {
        const frame = JSON.parse(text) as unknown;
        mine.set(kindOf(frame), frame);
      }
    }
    for (const frame of theirs)
      expect([kindOf(frame), differences(shape(frame), shape(mine.get(kindOf(frame))))]).toEqual([
        kindOf(frame),
        [],
      ]);
    listener.socket.terminate();
  });
});
