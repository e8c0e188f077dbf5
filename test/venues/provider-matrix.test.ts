/**
 * Fault × provider × outcome: the clients of CoinGecko, CoinGlass, GeckoTerminal and DexScreener are asked while the first
 * requests meet a fault of refusal, transport or body, and end with the answer that they get without it. Damaged rows are
 * what test/venues/provider-contract.test.ts and the tests of the panel show. A nightly run takes every pair, the usual one
 * every kind once, the providers in turn.
 *
 * With TIDEWATCH_PROVIDER_MATRIX=<file> the outcomes are written there (scripts/fault-matrix.mjs makes the page of them).
 */
import { writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { Venues } from '../../src/data/venues/open-venues.js';
import { FAULT_KINDS, faultShape } from '../../src/data/venues/simulator/faults/fault-catalogue.js';
import { startVenueSimulator } from '../../src/data/venues/simulator/venue-simulator.js';
import { walkBars } from './local-bars.js';

const MINUTES = 3000;
const HOUR = 3_600_000;
const MOST_RUNS = 6;

const QUESTIONS = {
  coingecko: (venues: Venues) => venues.coingecko().marketCaps(3),
  coinglass: (venues: Venues, now: number) =>
    venues.coinglass('a-key').openInterest('BTC', { interval: '8h', from: now - 40 * HOUR, to: now }),
  geckoterminal: async (venues: Venues, _now: number, token: string) => {
    const pools = await venues.geckoterminal().pools('solana', token);
    expect(pools.length).toBeGreaterThan(0);
    return pools;
  },
  dexscreener: (venues: Venues) => venues.dexscreener().search('BTC'),
} as const;
type ProviderName = keyof typeof QUESTIONS;
const PROVIDERS = Object.keys(QUESTIONS) as readonly ProviderName[];

const KINDS = FAULT_KINDS.filter((kind) => ['refusal', 'transport', 'body'].includes(faultShape(kind).layer));
const PAIRS = PROVIDERS.flatMap((provider) => KINDS.map((kind) => ({ provider, kind })));
const SHORT_PAIRS = KINDS.map((kind, at) => ({ provider: PROVIDERS[at % PROVIDERS.length]!, kind }));
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
    const simulator = await startVenueSimulator({
      venues: [...new Set([provider, 'dexscreener' as const])],
      bars: [walkBars('BTC', MINUTES), walkBars('BTC', MINUTES, { kind: 'spot' })],
      faults: [{ kind, venue: provider, at: [1, 2] }],
      rateLimits: false,
      seed: 5,
    });
    const timer = { now: () => simulator.now(), sleep: (ms: number) => simulator.advance(ms) };
    const open = () =>
      new Venues({
        settings: {
          [provider]: { base_url: simulator.url(provider), timeout_ms: 500, tries: 4 },
        },
        timer,
        seed: 1,
      });
    try {
      const far = new Venues({
        settings: { dexscreener: { base_url: simulator.url('dexscreener') } },
        timer,
      });
      const token =
        provider === 'geckoterminal' ? (await far.dexscreener().search('BTC'))[0]!.baseToken.address : '';
      let answer: unknown;
      let runs = 0;
      while (answer === undefined && runs < MOST_RUNS) {
        runs += 1;
        // a new process each time: what a refusal closed for good is open again
        answer = await QUESTIONS[provider](open(), simulator.now(), token).catch(() => undefined);
        // a ban passes only when nobody asks
        if (answer === undefined) await simulator.advance(60_000);
      }
      const met = simulator.injected.length;
      // a first question that was answered at once leaves a fault for the next one
      let without: unknown;
      for (let before = -1; before < simulator.injected.length; ) {
        before = simulator.injected.length;
        without = await QUESTIONS[provider](open(), simulator.now(), token);
      }
      expect(answer).toEqual(without);
      outcomes.set(`${provider} through ${kind}`, met === 0 ? 'not met' : `${met} in ${runs}`);
    } finally {
      await simulator.stop();
    }
  },
);
