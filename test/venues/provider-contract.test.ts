/** The thin clients of data providers, held to the documented answers. */
import { expect, it } from 'vitest';
import { Venues } from '../../src/data/venues/open-venues.js';
import { type Payload, payloads, ScriptedVenue } from './payloads.js';

const T0 = 1_767_182_400_000;
const HOUR = 3_600_000;

function open(script: readonly (Payload | 'no answer')[]) {
  const far = new ScriptedVenue(script, T0);
  return { far, venues: new Venues({ exchange: far.exchange, timer: far.timer }) };
}
const gecko = (name: string) => payloads(name);

it('CoinGecko: dominance at the time of the provider', async () => {
  const { venues } = open(gecko('coingecko_global'));
  expect(await venues.coingecko().dominance()).toEqual({
    updatedAt: 1_767_182_363_000,
    values: { 'BTC.d': 57.9123, 'USDT.d': 6.1022 },
  });
});

it('CoinGecko: a missing share of tether is made of the caps, a zero is none', async () => {
  const [answer] = gecko('coingecko_global');
  const body = structuredClone(answer!.body) as {
    data: { market_cap_percentage: Record<string, number>; total_market_cap: { usd: number } };
  };
  body.data.market_cap_percentage = { btc: 0 };
  body.data.total_market_cap = { usd: 2000 };
  const tether = {
    id: 'tether',
    symbol: 'usdt',
    name: 'Tether',
    current_price: 1,
    market_cap: 100,
    market_cap_rank: 3,
    circulating_supply: 100,
    last_updated: '2025-12-31T11:59:41.201Z',
  };
  const { venues } = open([
    { ...answer!, body },
    { ...answer!, body: [tether] },
  ]);
  expect((await venues.coingecko().dominance()).values).toEqual({ 'USDT.d': 5 });
});

it('CoinGecko: caps with holes where the provider has none; the key goes into a header only', async () => {
  const { far, venues } = open(gecko('coingecko_markets'));
  const caps = await venues.coingecko('demo-key-1234').marketCaps(2);
  expect(caps.map(({ id, marketCap }) => [id, marketCap])).toEqual([
    ['bitcoin', 1_773_000_000_000],
    ['some-token', null],
  ]);
  expect(far.asked[0]!.headers).toEqual({ 'x-cg-demo-api-key': 'demo-key-1234' });
  expect(far.asked[0]!.url).not.toContain('demo-key');
});

it('CoinGecko: one coin that stays damaged is left out and counted, the others are kept', async () => {
  const [answer] = gecko('coingecko_markets');
  const [bitcoin, other] = answer!.body as [object, object];
  const damaged = { ...answer!, body: [{ ...bitcoin, market_cap: -5 }, other] };
  const { far, venues } = open([damaged, damaged]);
  const caps = await venues.coingecko().marketCaps(2, undefined, 'bitcoin,some-token');
  expect(caps.map(({ id }) => id)).toEqual(['some-token']);
  expect(far.asked).toHaveLength(2);
  expect(venues.usage()).toMatchObject([{ invalidRows: 1, calls: { ok: 1, bad_payload: 1 } }]);
  const worse = { ...answer!, body: [{ id: 7 }] };
  const nothing = open([worse, worse, worse, worse, worse]).venues.coingecko().marketCaps(1);
  await expect(nothing).rejects.toMatchObject({ failure: 'bad_payload' });
});

it('CoinGecko: a page that repeats the one before ends the listing with a failure', async () => {
  const [answer] = gecko('coingecko_markets');
  const [bitcoin] = answer!.body as object[];
  const rows = Array.from({ length: 250 }, (_, at) => ({ ...bitcoin, id: `coin-${at}` }));
  const page = { ...answer!, body: rows };
  await expect(open([page, page]).venues.coingecko().marketCaps(300)).rejects.toMatchObject({
    failure: 'bad_payload',
  });
});

it('CoinGecko: waits when throttled, stops when the month is used up', async () => {
  const [throttled, exhausted] = payloads('coingecko_errors');
  const { far, venues } = open([throttled!, exhausted!]);
  await expect(venues.coingecko().dominance()).rejects.toMatchObject({ failure: 'blocked' });
  expect(far.times[1]! - far.times[0]!).toBe(60_000);
});

it('CoinGlass: funding in percent becomes a fraction, numbers come as text or not', async () => {
  const funding = open(payloads('coinglass_funding')).venues.coinglass('secret-key-123');
  const range = { interval: '8h', from: T0 - 24 * HOUR, to: T0 };
  expect(await funding.funding('Binance', 'BTCUSDT', range)).toEqual([
    { ts: 1_767_139_200_000, value: 0.0001 },
    { ts: 1_767_168_000_000, value: -0.000019 },
  ]);
  const { venues } = open(payloads('coinglass_oi'));
  const interest = await venues.coinglass('secret-key-123').openInterest('BTC', range);
  expect(interest.map(({ value }) => value)).toEqual([58_410_000_000, 58_720_000_000, 58_700_000_000]);
});

it('CoinGlass: failures with status 200; no key in any of them', async () => {
  const [unknown, plan, often] = payloads('coinglass_errors');
  const range = { interval: '8h', from: T0 - 24 * HOUR, to: T0 };
  for (const [script, failure] of [
    [[unknown!], 'unknown_symbol'],
    [[plan!], 'blocked'],
    [[often!, often!, often!, often!, often!], 'rate_limited'],
  ] as const) {
    const { venues } = open(script);
    const error: unknown = await venues
      .coinglass('secret-key-123')
      .openInterest('BTC', range)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ failure });
    expect(JSON.stringify(error) + String(error)).not.toContain('secret-key');
  }
});

it('GeckoTerminal: impossible bars are left out and counted', async () => {
  const [page] = payloads('geckoterminal_bad_bars');
  // what comes back the same is the provider's word
  const { venues } = open([page!, page!]);
  const { columns } = await venues
    .geckoterminal()
    .candles('solana', 'pool', '1h', { from: T0 - 10 * HOUR, to: T0 + HOUR });
  expect(columns.length).toBe(4);
  expect(venues.usage()).toMatchObject([{ venue: 'geckoterminal', invalidRows: 2 }]);
  expect(columns.quoteVolume[3]).toBe(14470.29);
});

it('GeckoTerminal: asks backwards from the end of the window; pools by depth', async () => {
  const { far, venues } = open([
    payloads('geckoterminal_ohlcv')[0]!,
    payloads('geckoterminal_pools_and_errors')[0]!,
  ]);
  const terminal = venues.geckoterminal();
  const page = await terminal.candles('solana', 'pool', '1h', { from: T0 - 2 * HOUR, to: T0 + HOUR });
  expect(Array.from(page.columns.cut('time'))).toEqual([2, 1, 0].map((hours) => T0 - hours * HOUR));
  expect(new URL(far.asked[0]!.url).searchParams.get('before_timestamp')).toBe(String((T0 + HOUR) / 1000));
  expect(await terminal.pools('solana', 'token')).toEqual(['PairLarge1111111111111111111111111111111111']);
});

it('DexScreener: pairs by token; unknown ones are missing, nothing found is empty', async () => {
  const address = 'So1FakeMint1111111111111111111111111111111A';
  const { venues } = open(payloads('dexscreener_tokens_batch'));
  const found = await venues.dexscreener().tokens('solana', [address, 'Missing']);
  expect([...found.keys()]).toEqual([address]);
  expect(found.get(address)![0]).toMatchObject({ priceUsd: 0.004087, pairCreatedAt: 1_761_998_400_000 });
  const nothing = open(payloads('dexscreener_empty_and_429').slice(0, 1));
  expect(await nothing.venues.dexscreener().search('zzzz')).toEqual([]);
});

it('DexScreener: an EVM token is found however its address is written; another token is not taken for it', async () => {
  const [answer] = payloads('dexscreener_tokens_batch');
  const [first] = answer!.body as { baseToken: object }[];
  const address = '0xAbCdEf0123456789aBcDeF0123456789abcdef01';
  const pair = { ...first, chainId: 'base', baseToken: { ...first!.baseToken, address } };
  const { venues } = open([{ ...answer!, body: [pair] }]);
  const found = await venues.dexscreener().tokens('base', [address.toLowerCase()]);
  expect([...found.keys()]).toEqual([address.toLowerCase()]);
  const again = { ...answer!, body: [pair, { ...first, chainId: 'base' }] };
  const two = open([again, again]).venues;
  expect((await two.dexscreener().tokens('base', [address])).get(address)).toHaveLength(1);
  expect(two.usage()).toMatchObject([{ invalidRows: 1 }]);
});
