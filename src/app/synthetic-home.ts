/**
 * A home in which all 24 driver cells can be filled without a venue: a market of a seed behind simulated venues, a
 * configuration that points at them, and dominance samples of the past, which no provider tells. Tokens are called SYNTH…,
 * samples carry the source `synthetic`, and the configuration says on its first line that nothing of it ever happened.
 *
 * The market of a home is the same at every start: its seed and first day are in the configuration. A home that holds
 * anything else is refused, so that invented prices never mix with real ones.
 */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, parseDocument } from 'yaml';
import type { FaultRule } from '../data/venues/simulator/faults/fault-rules.js';
import {
  syntheticDominance,
  syntheticMarket,
  syntheticTokens,
} from '../data/venues/simulator/synthetic-market.js';
import { VENUE_IDS } from '../data/venues/simulator/venue-ids.js';
import { startVenueSimulator, type VenueSimulator } from '../data/venues/simulator/venue-simulator.js';
import { TidewatchError } from '../errors.js';
import type { Clock } from '../market/clock.js';
import type { Config } from '../platform/config-schema.js';
import { createHome, type Home } from '../platform/home.js';
import { HomeLake } from './home-lake.js';

/** A home on invented markets that a simulator of venues serves. */
export interface SyntheticHomeOptions {
  readonly home: Home;
  readonly config: Config;
  readonly clock: Clock;
  readonly seed: number;
  /** Days of the past that the venues know; at the first start of a home. */
  readonly days?: number;
  /** Days ahead, after which the venues fall silent. */
  readonly ahead?: number;
  readonly port?: number;
  /** Multiple of real time; stands still until advanced when left out. */
  readonly speed?: number;
  readonly faults?: readonly FaultRule[];
  readonly rateLimits?: boolean;
}

export interface SyntheticHome {
  readonly simulator: VenueSimulator;
  /** The configuration that was written. */
  readonly file: string;
  readonly tokens: readonly string[];
  /** Dominance samples written now. */
  readonly samples: number;
}

const DAY = 86_400_000;
const MINUTE = 60_000;
/** Enough for a state of a day (30 closed ones) and for 350 bars of four hours. */
const DAYS = 60;
const AHEAD = 7;
const MOST_DAYS = 200;
const TITLE =
  '# Made by `tidewatch dev mock-venue --synthetic`: a market of a seed. Nothing of it ever happened.';
const MADE = /^# seed (\d+), from (\d{4}-\d\d-\d\d)$/m;

/** @throws TidewatchError `bad_parameter` where the home holds something else, `invalid_config`, `port_in_use`, `home_not_writable` */
export async function openSyntheticHome(options: SyntheticHomeOptions): Promise<SyntheticHome> {
  const { home, config, clock, seed, days = DAYS, ahead = AHEAD, port, speed, faults, rateLimits } = options;
  const now = clock.now();
  const file = join(home.path, 'tidewatch.yaml');
  const start = firstDay(home, file, seed, now) ?? Math.floor(now / DAY) * DAY - days * DAY;
  const past = Math.floor((now - start) / MINUTE);
  const bars = syntheticMarket({ start, minutes: past + ahead * 1440, seed });
  const tokens = syntheticTokens(bars);
  const simulator = await startVenueSimulator({
    bars,
    clock: { start: now, ...(speed === undefined ? {} : { speed }) },
    seed,
    cacheMb: 8,
    ...(port === undefined ? {} : { port }),
    ...(faults === undefined ? {} : { faults }),
    ...(rateLimits === undefined ? {} : { rateLimits }),
  });
  try {
    createHome(home);
    replaceFile(file, configText(file, simulator, tokens, seed, start));
    const data = await HomeLake.open(home, config, clock);
    try {
      const held = new Set(
        (
          await data.lake.query('dominance_samples', {}, (relation, run) =>
            run(`SELECT DISTINCT ts FROM ${relation}`),
          )
        ).map((row) => row.ts as number),
      );
      const newest = Math.max(0, ...held);
      const samples = syntheticDominance({ start, minutes: past, seed }, bars).filter(
        ({ ts }) => ts > newest,
      );
      if (samples.length > 0) {
        await data.write((writer) =>
          writer.append('dominance_samples', [...samples], { source: 'synthetic' }),
        );
      }
      return { simulator, file, tokens, samples: samples.length };
    } finally {
      await data.close();
    }
  } catch (error) {
    await simulator.stop();
    throw error;
  }
}

/** The first day of the market that the home was made of; undefined where there is no home yet. */
function firstDay(home: Home, file: string, seed: number, now: number): number | undefined {
  const refuse = (why: string): TidewatchError =>
    new TidewatchError('bad_parameter', `${home.path} ${why}`, {
      hint: 'name a folder of its own, for example: --home ./synthetic-home',
      details: { home: home.path },
    });
  if (!existsSync(file)) {
    if (existsSync(home.path) && readdirSync(home.path).some((name) => !name.startsWith('.'))) {
      throw refuse('holds something else already · invented prices must not mix with it');
    }
    return undefined;
  }
  const made = MADE.exec(readFileSync(file, 'utf8'));
  if (made === null) throw refuse('has a configuration of its own · it is not touched');
  if (Number(made[1]) !== seed) throw refuse(`was made of seed ${made[1]}, not ${seed}`);
  const start = Date.parse(made[2]!);
  if (now - start > MOST_DAYS * DAY) throw refuse(`was made on ${made[2]} · its market is over`);
  return start;
}

/**
 * The configuration of the home. What is in the file already stays, comments included; only the addresses of the venues
 * follow the simulator, which may listen on another port, so that nothing real is ever asked.
 */
function configText(
  file: string,
  simulator: VenueSimulator,
  tokens: readonly string[],
  seed: number,
  start: number,
): string {
  const before = existsSync(file)
    ? readFileSync(file, 'utf8')
    : `${TITLE}\n# seed ${seed}, from ${new Date(start).toISOString().slice(0, 10)}\n`;
  const document = parseDocument(before);
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new TidewatchError('invalid_config', `${file} cannot be read: ${problem.message}`, {
      hint: 'repair it, or remove the home and let it be made anew',
      details: { path: file },
    });
  }
  const section = (...path: readonly string[]): void => {
    if (!isMap(document.getIn(path, true))) document.setIn(path, document.createNode({}));
  };
  section('venues');
  for (const id of VENUE_IDS) {
    section('venues', id);
    document.setIn(['venues', id, 'base_url'], simulator.url(id));
    if (!document.hasIn(['venues', id, 'budget'])) document.setIn(['venues', id, 'budget'], 1.25);
  }
  section('drivers');
  if (!document.hasIn(['drivers', 'tokens'])) document.setIn(['drivers', 'tokens'], [...tokens]);
  return document.toString({ lineWidth: 0 });
}

/** Whole or not at all: the file holds what somebody wrote by hand. */
function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
