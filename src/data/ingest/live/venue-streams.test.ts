/** Many sockets of one venue in a storm that cuts them, on the simulator's clock: what it counts is what it allows. */
import { afterEach, describe, expect, it } from 'vitest';
import { walkBars } from '../../../../test/venues/local-bars.js';
import { parseInstrument } from '../../../market/instrument.js';
import { Random } from '../../../market/random.js';
import { type ExchangeId, Venues } from '../../venues/open-venues.js';
import { startVenueSimulator, type VenueSimulator } from '../../venues/simulator/venue-simulator.js';
import type { StreamDialect } from '../../venues/streams/stream-dialect.js';
import { STREAM_DIALECTS, streamHost } from '../../venues/streams/stream-dialects.js';
import { VenueStreams } from './venue-streams.js';

const MINUTE = 60_000;
const ID = {
  okx: (base: string) => `okx:perp:${base}USDT`,
  hyperliquid: (base: string) => `hyperliquid:main:${base}`,
} as const;

const ending: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function simulated(venue: keyof typeof ID, bases: readonly string[], stormyMs: number) {
  const bars = bases.map((base) => walkBars(base, 200));
  const start = bars[0]!.series.time[0]! + 100 * MINUTE;
  const simulator = await startVenueSimulator({
    venues: [venue],
    bars,
    clock: { start },
    // at every step each second socket is cut, and so are the next three after their first frame
    faults: [{ kind: 'disconnect_storm', rate: 0.5, rows: 3, until: start + stormyMs }],
    seed: 3,
    rateLimits: false,
  });
  ending.push(() => simulator.stop());
  return simulator;
}

/** Streams of one process, and another part of it that follows the same venue: they have their limits in common. */
function streamsOf(
  venue: ExchangeId,
  simulator: VenueSimulator,
  venues: Venues,
  more: Partial<StreamDialect>,
) {
  const dialect = { ...STREAM_DIALECTS[venue], ...more };
  const served = new Set<string>();
  const refused: string[] = [];
  const none = (): void => undefined;
  const streams = new VenueStreams({
    venue,
    dialect,
    host: streamHost(dialect, simulator.url(venue as 'okx')),
    gate: venues.gateOf(venue, dialect.limits),
    now: () => simulator.now(),
    random: new Random(5),
    events: {
      data: { bar: none, trade: none, mark: none, liquidation: none },
      served: ({ name }) => served.add(name),
      refused: ({ name }, reason) => refused.push(`${name}: ${reason}`),
      lost: (topics) => {
        for (const { name } of topics) served.delete(name);
      },
    },
  });
  ending.push(() => streams.stop());
  return { streams, served, refused, dialect };
}

async function run(simulator: VenueSimulator, all: readonly VenueStreams[], ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    for (const streams of all) streams.tick();
    const isOpening = (): boolean =>
      all.some((streams) => streams.status().some(({ state }) => state === 'connecting'));
    while (isOpening()) await new Promise((resolve) => setTimeout(resolve, 1));
    await simulator.advance(500);
  }
}

/** Most of these times within any stretch of the length. */
function mostWithin(times: readonly number[], length: number): number {
  return Math.max(...times.map((at) => times.filter((each) => each >= at && each < at + length).length));
}

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `A${String.fromCharCode(65 + at)}`);

describe('connections in a storm', () => {
  it.each([
    // documented: 3 a second; 30 a minute
    { venue: 'okx', sockets: 14, most: 3, withinMs: 1_000, ms: 4 * MINUTE },
    { venue: 'hyperliquid', sockets: 26, most: 30, withinMs: MINUTE, ms: 3 * MINUTE },
  ] as const)('$venue: at most $most in $withinMs ms, of all sockets of the process', async (each) => {
    const { venue, sockets, most, withinMs, ms } = each;
    const bases = names(sockets);
    const simulator = await simulated(venue, bases, ms / 2);
    const venues = new Venues({ settings: { [venue]: { base_url: simulator.url(venue) } } });
    const parts = [0, 1].map(() => streamsOf(venue, simulator, venues, { mostTopics: 1 }));
    for (const [at, base] of bases.entries()) {
      const part = parts[at % 2]!;
      part.streams.add(part.dialect.topics('bars', parseInstrument(ID[venue](base)))[0]!);
    }
    const all = parts.map(({ streams }) => streams);
    await run(simulator, all, ms);
    const { opened } = simulator;
    expect(opened.length, 'sockets opened').toBeGreaterThan(2 * sockets);
    expect(mostWithin(opened, withinMs)).toBeLessThanOrEqual(most);
    // and nobody is left out
    await run(simulator, all, MINUTE);
    expect(parts.reduce((sum, { served }) => sum + served.size, 0)).toBe(sockets);
  });
});

it('says of what is beyond all that a venue takes, and adds it when others end', async () => {
  const bases = names(5);
  const simulator = await simulated('hyperliquid', bases, 0);
  const venues = new Venues({ settings: { hyperliquid: { base_url: simulator.url('hyperliquid') } } });
  const { streams, served, refused, dialect } = streamsOf('hyperliquid', simulator, venues, {
    mostTopics: 2,
    mostInAll: 4,
  });
  const until = async (holds: () => boolean): Promise<void> => {
    for (let turn = 0; !holds() && turn < 500; turn += 1) {
      await run(simulator, [streams], 500);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const topics = bases.map((base) => dialect.topics('bars', parseInstrument(ID.hyperliquid(base)))[0]!);
  for (const topic of topics) streams.add(topic);
  expect(refused).toEqual([
    'candle AE: hyperliquid takes 4 subscriptions · follow fewer, or set live.marks: false',
  ]);
  await until(() => served.size === 4);
  expect([...served].sort()).toEqual(['candle AA', 'candle AB', 'candle AC', 'candle AD']);
  streams.remove(topics[1]!);
  await until(() => served.has('candle AE'));
  expect(streams.status().map((each) => each.topics)).toEqual([2, 2]);
});
