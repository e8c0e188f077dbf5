/** `dev mock-venue`: the venue simulator over the sample data, for people and for clients in other processes. */
import { parseFaults } from '../../data/venues/simulator/faults/fault-rules.js';
import { sampleBars } from '../../data/venues/simulator/sample-bars.js';
import { VENUE_IDS, type VenueId } from '../../data/venues/simulator/venue-ids.js';
import { startVenueSimulator, type VenueSimulator } from '../../data/venues/simulator/venue-simulator.js';
import { TidewatchError } from '../../errors.js';
import { parseTime } from '../parse-time.js';
import type { CommandContext } from './command-context.js';
import { parseChoice, parseWhole } from './flags.js';
import { type CommandResult, printEnvelope } from './run-command.js';
import { SERVED } from './serving.js';

export interface MockVenueFlags {
  readonly port?: string;
  readonly venue?: readonly string[];
  readonly speed?: string;
  readonly seed?: string;
  readonly faults?: string;
  readonly start?: string;
}

/** A day before the sample's minutes end: history behind, live bars ahead. */
const START = Date.UTC(2025, 5, 2, 15, 30);
const SPOT_VENUES: readonly VenueId[] = ['binance', 'kraken'];

/** @throws TidewatchError `bad_parameter`, `port_in_use` */
export async function runMockVenue(context: CommandContext, flags: MockVenueFlags): Promise<CommandResult> {
  const venues = (flags.venue ?? VENUE_IDS).map((name) => parseChoice(name, '--venue', VENUE_IDS));
  const seed = parseWhole(flags.seed ?? '1', '--seed', 0, 2 ** 31 - 1);
  const speed = parseSpeed(flags.speed ?? '1');
  const port = parseWhole(flags.port ?? '8790', '--port', 0, 65_535);
  const faults = parseFaults(flags.faults ?? 'none');
  const start = flags.start === undefined ? START : parseTime(flags.start, '--start');
  const simulator = await startVenueSimulator({
    venues,
    bars: await sampleBars({
      ...(venues.every((venue) => SPOT_VENUES.includes(venue)) ? { perpetuals: [] } : {}),
      ...(venues.some((venue) => SPOT_VENUES.includes(venue)) ? { spot: ['BTC', 'ETH', 'SOL', 'BNB'] } : {}),
    }),
    clock: {
      start,
      ...(speed > 0 ? { speed } : {}),
    },
    faults,
    seed,
    port,
  });
  const addresses = venues.map((venue) => ({
    venue,
    url: simulator.url(venue),
    ws_url: simulator.wsUrl(venue),
    symbols: simulator.truth.symbols(venue),
  }));
  const now = new Date(simulator.now()).toISOString();
  if (context.flags.json) {
    const data = { port: simulator.port, seed, speed, faults: flags.faults ?? 'none', now: simulator.now() };
    printEnvelope('dev mock-venue', context, { data: { ...data, venues: addresses } });
  } else {
    for (const { venue, url, ws_url: stream } of addresses)
      context.say(`${venue.padEnd(14)} ${url}   ${stream}`);
    context.say(`Ready. It is ${now} there, ${speed} times real time, seed ${seed}.   Ctrl C stops.`);
  }
  if (!context.signal.aborted) {
    await new Promise<void>((done) => context.signal.addEventListener('abort', () => done(), { once: true }));
  }
  context.keep(summaryOf(simulator));
  await simulator.stop();
  return SERVED;
}

function parseSpeed(text: string): number {
  const speed = Number(text);
  if (speed >= 0 && speed <= 10_000) return speed;
  throw new TidewatchError('bad_parameter', `--speed "${text}" is not a number from 0 to 10000`, {
    hint: 'give --speed a multiple of real time, or 0 for a clock that stands still',
    details: { parameter: '--speed', value: text },
  });
}

function summaryOf({ requests, injected }: VenueSimulator): string {
  const counts = new Map<string, number>();
  for (const { kind } of injected) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const kinds = [...counts].map(([kind, count]) => `${kind} ${count}`).join(', ');
  return `nothing on disk; ${requests.length} requests, faults: ${kinds === '' ? 'none' : kinds}`;
}
