/**
 * Fault × provider × outcome: the clients of CoinGecko, CoinGlass, GeckoTerminal and DexScreener are asked while the first
 * requests meet a fault, damaged rows among them, and end with the answer that they get without it. A nightly run takes
 * every pair, the usual one every kind once, the providers in turn, and every kind of damaged rows at each.
 *
 * Rows that were kept back cannot always be missed: a minute without a trade has no bar, and a token without a pair is
 * unknown, and fields of a pair may be absent. There the answer may be shorter, but nothing in it is wrong ("short").
 *
 * With TIDEWATCH_PROVIDER_MATRIX=<file> the outcomes are written there (scripts/fault-matrix.mjs makes the page of them).
 */
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import type { CandleColumns } from '../../src/data/venues/candle-columns.js';
import { Venues } from '../../src/data/venues/open-venues.js';
import {
  FAULT_KINDS,
  type FaultKind,
  faultShape,
} from '../../src/data/venues/simulator/faults/fault-catalogue.js';
import { startVenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { START, walkBars } from './local-bars.js';

const MINUTES = 7 * 1440;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MOST_RUNS = 6;
const TOKENS = ['BTC', 'ETH'].map((base) => `Token${base}`.padEnd(44, '1'));
const POOL = 'PoolBTC'.padEnd(44, '1');

const BARS = (['perp', 'spot'] as const).flatMap((kind) => [
  walkBars('BTC', MINUTES, { kind }),
  walkBars('ETH', MINUTES, { kind, price: 200 }),
]);

type Question = (venues: Venues, now: number) => Promise<unknown>;

/** Of each provider what it answers with a list of each kind. */
const QUESTIONS: Readonly<Record<string, readonly Question[]>> = {
  coingecko: [
    (venues) => venues.coingecko().marketCaps(3),
    (venues, now) =>
      venues.coingecko().dailyCaps('bitcoin', Math.ceil(now / DAY) - 5, Math.floor(now / DAY) - 1),
    async (venues) => [...(await venues.coingecko().priceChanges(['bitcoin']))],
  ],
  coinglass: [
    (venues, now) =>
      venues.coinglass('a-key').openInterest('BTC', { interval: '8h', from: now - 40 * HOUR, to: now }),
    (venues, now) =>
      venues
        .coinglass('a-key')
        .liquidations('BTC', ['Binance'], { interval: '4h', from: now - 40 * HOUR, to: now }),
    (venues, now) =>
      venues
        .coinglass('a-key')
        .funding('Binance', 'BTCUSDT', { interval: '8h', from: now - 40 * HOUR, to: now }),
  ],
  geckoterminal: [
    (venues) => venues.geckoterminal().pools('solana', TOKENS[0]!),
    (venues, now) => hourlyBars(venues, Math.floor(now / HOUR) * HOUR),
    (venues, now) => hourlyBars(venues, Math.floor(now / HOUR) * HOUR - 50 * HOUR),
  ],
  dexscreener: [
    (venues) => venues.dexscreener().search('BTC'),
    async (venues) => [...(await venues.dexscreener().tokens('solana', TOKENS))],
    async (venues) => [...(await venues.dexscreener().tokens('solana', TOKENS.slice(0, 1)))],
  ],
};
const PROVIDERS = ['coingecko', 'coinglass', 'geckoterminal', 'dexscreener'] as const;
type ProviderName = (typeof PROVIDERS)[number];

async function hourlyBars(venues: Venues, to: number) {
  const window = { from: to - 40 * HOUR, to };
  return rowsOf((await venues.geckoterminal().candles('solana', POOL, '1h', window)).columns);
}

function rowsOf(columns: CandleColumns): readonly (readonly number[])[] {
  return Array.from({ length: columns.length }, (_, row) =>
    (['time', 'open', 'high', 'low', 'close', 'volume'] as const).map((name) => columns[name][row]!),
  );
}

/** What only an exchange sends, or a range tells. */
const ofExchanges: readonly FaultKind[] = ['funding_unit_break'];
/** Rows and optional fields kept back, which a list of what there is cannot show. */
const UNSEEN: readonly FaultKind[] = [
  'missing_rows',
  'short_page',
  'stale_page',
  'empty_page',
  'missing_field',
];
const hasLayer = (kind: FaultKind, ...layers: readonly string[]): boolean =>
  layers.includes(faultShape(kind).layer) && !ofExchanges.includes(kind);

const KINDS = FAULT_KINDS.filter((kind) => hasLayer(kind, 'refusal', 'transport', 'body', 'rows'));
/** Bars alone have a timeframe and a range to be outside of. */
const canMeet = (provider: ProviderName, kind: FaultKind): boolean =>
  provider === 'geckoterminal' || faultShape(kind).endpoints.join() !== 'bars';
const PAIRS = PROVIDERS.flatMap((provider) =>
  KINDS.filter((kind) => canMeet(provider, kind)).map((kind) => ({ provider, kind })),
);
const SHORT_PAIRS = PAIRS.filter(
  ({ provider, kind }) =>
    hasLayer(kind, 'rows') || provider === PROVIDERS[KINDS.indexOf(kind) % PROVIDERS.length],
);
const pairs = process.env.TIDEWATCH_TEST_PROFILE === 'nightly' ? PAIRS : SHORT_PAIRS;

const outcomes = new Map<string, string>();

afterAll(() => {
  const file = process.env.TIDEWATCH_PROVIDER_MATRIX;
  if (file === undefined) return;
  const cells = PAIRS.map(({ provider: venue, kind }) => ({
    venue,
    kind,
    outcome: outcomes.get(`${venue} through ${kind}`) ?? 'failed',
  }));
  writeFileSync(file, JSON.stringify(cells));
});

it.each(pairs.map(({ provider, kind }) => [provider, kind] as const))(
  '%s through %s',
  async (provider, kind) => {
    let met = 0;
    let runs = 0;
    let isShort = false;
    for (const question of QUESTIONS[provider]!) {
      const seen = await through(provider, kind, question);
      met += seen.met;
      runs = Math.max(runs, seen.runs);
      isShort ||= seen.isShort;
    }
    expect(isShort && !UNSEEN.includes(kind)).toBe(false);
    const outcome = `${met} in ${runs}${isShort ? ', short' : ''}`;
    outcomes.set(`${provider} through ${kind}`, met === 0 ? 'not met' : outcome);
  },
);

async function through(provider: ProviderName, kind: FaultKind, question: Question) {
  const simulator = await startVenueSimulator({
    venues: [provider],
    bars: BARS,
    // what is damaged in the same way twice is what the provider says
    faults: [{ kind, venue: provider, at: hasLayer(kind, 'rows') ? [1] : [1, 2] }],
    clock: { start: START + (MINUTES - 100) * 60_000 + 20_000 },
    rateLimits: false,
    seed: 5,
  });
  const timer = { now: () => simulator.now(), sleep: (ms: number) => simulator.advance(ms) };
  const settings = { [provider]: { base_url: simulator.url(provider), timeout_ms: 500, tries: 4 } };
  try {
    let answer: unknown;
    let runs = 0;
    const asked = simulator.now();
    while (answer === undefined && runs < MOST_RUNS) {
      runs += 1;
      // a new process each time: what a refusal closed for good is open again
      answer = await question(new Venues({ settings, timer, seed: 1 }), asked).catch(() => undefined);
      // a ban passes only when nobody asks
      if (answer === undefined) await simulator.advance(60_000);
    }
    const met = simulator.injected.length;
    // a first question that was answered at once leaves a fault for the next one
    let without: unknown;
    for (let before = -1; before < simulator.injected.length; ) {
      before = simulator.injected.length;
      without = await question(new Venues({ settings, timer, seed: 1 }), asked);
    }
    const isShort = UNSEEN.includes(kind) && !isDeepStrictEqual(answer, without) && isPart(answer, without);
    if (!isShort) expect(answer).toEqual(without);
    return { met, runs, isShort };
  } finally {
    await simulator.stop();
  }
}

/** Whether all of an answer stands in the whole one. */
function isPart(answer: unknown, whole: unknown): boolean {
  if (Array.isArray(answer))
    return Array.isArray(whole) && answer.every((each) => whole.some((other) => isPart(each, other)));
  if (answer === null || typeof answer !== 'object') return Object.is(answer, whole);
  if (whole === null || typeof whole !== 'object') return false;
  const fields = whole as Readonly<Record<string, unknown>>;
  return Object.entries(answer).every(([name, value]) => isPart(value, fields[name]));
}
