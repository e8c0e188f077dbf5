/** `dev mock-venue`: the venue simulator over the sample data, for people and for clients in other processes. */
import { parseFaults } from '../../data/venues/simulator/faults/fault-rules.js';
import { sampleBars } from '../../data/venues/simulator/sample-bars.js';
import { VENUE_IDS, type VenueId } from '../../data/venues/simulator/venue-ids.js';
import { startVenueSimulator, type VenueSimulator } from '../../data/venues/simulator/venue-simulator.js';
import { TidewatchError } from '../../errors.js';
import { parseTime } from '../parse-time.js';
import { openSyntheticHome } from '../synthetic-home.js';
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
  readonly synthetic?: boolean;
}

/** A day before the sample's minutes end: history behind, live bars ahead. */
const START = Date.UTC(2025, 5, 2, 15, 30);
const SPOT_VENUES: readonly VenueId[] = ['binance', 'kraken'];

/** @throws TidewatchError `bad_parameter`, `port_in_use` */
export async function runMockVenue(context: CommandContext, flags: MockVenueFlags): Promise<CommandResult> {
  if (flags.synthetic) return runSynthetic(context, flags);
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
  return serveUntilInterrupted(context, simulator, 'nothing on disk');
}

/**
 * A market of a seed on the real clock, and a home that reads it: all 24 driver cells without a venue.
 * @throws TidewatchError `bad_parameter`, `port_in_use`, `home_not_writable`
 */
async function runSynthetic(context: CommandContext, flags: MockVenueFlags): Promise<CommandResult> {
  const refused = (['venue', 'speed', 'start'] as const).find((name) => flags[name] !== undefined);
  if (refused !== undefined) {
    throw new TidewatchError('bad_parameter', `--synthetic takes no --${refused}`, {
      hint: 'it serves all venues on the real clock, because `tidewatch up` runs on it too',
      details: { parameter: `--${refused}` },
    });
  }
  if (context.flags.home === undefined) {
    throw new TidewatchError('bad_parameter', '--synthetic fills a home of its own · none was named', {
      hint: 'name one, for example: --home ./synthetic-home',
      details: { parameter: '--home' },
    });
  }
  const seed = parseWhole(flags.seed ?? '1', '--seed', 0, 2 ** 31 - 1);
  const { home, config, clock } = context;
  const { simulator, file, tokens, samples } = await openSyntheticHome({
    home,
    config,
    clock,
    seed,
    speed: 1,
    port: parseWhole(flags.port ?? '8790', '--port', 0, 65_535),
    faults: parseFaults(flags.faults ?? 'none'),
  });
  const next = `tidewatch up --home ${home.path} --config ${file}`;
  if (context.flags.json) {
    const data = { port: simulator.port, seed, faults: flags.faults ?? 'none', now: simulator.now() };
    const made = { home: home.path, config: file, tokens, dominance_samples: samples, next };
    printEnvelope('dev mock-venue', context, { data: { ...data, synthetic: made } });
  } else {
    context.say(`A synthetic market of seed ${seed} on port ${simulator.port}; nothing of it ever happened.`);
    context.say(`${tokens.length} tokens SYNTH…, ${samples} dominance samples, configuration in ${file}`);
    context.say(`Now, in another terminal:  ${next}`);
    context.say('Ready.   Ctrl C stops.');
  }
  return serveUntilInterrupted(context, simulator, `the home ${home.path}`);
}

async function serveUntilInterrupted(
  context: CommandContext,
  simulator: VenueSimulator,
  kept: string,
): Promise<CommandResult> {
  if (!context.signal.aborted) {
    await new Promise<void>((done) => context.signal.addEventListener('abort', () => done(), { once: true }));
  }
  context.keep(`${kept}; ${summaryOf(simulator)}`);
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
  return `${requests.length} requests, faults: ${kinds === '' ? 'none' : kinds}`;
}
