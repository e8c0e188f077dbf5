/** The drivers of a home whose venues are simulated: coins, tokens and dominance of a seed, on the simulator's clock. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyStore } from '../../../test/embedded-store.js';
import { DEFAULT_POSTURE } from '../../analysis/drivers/posture-config.js';
import type { LakeAccess } from '../../data/ingest/lake-access.js';
import { Lake } from '../../data/lake/lake.js';
import { Venues } from '../../data/venues/open-venues.js';
import type { FaultRule } from '../../data/venues/simulator/faults/fault-rules.js';
import type { SimulatedBars } from '../../data/venues/simulator/simulated-market.js';
import {
  syntheticDominance,
  syntheticMarket,
  syntheticTokens,
} from '../../data/venues/simulator/synthetic-market.js';
import { startVenueSimulator, type VenueSimulator } from '../../data/venues/simulator/venue-simulator.js';
import type { Exchange } from '../../data/venues/venue-http.js';
import type { Clock } from '../../market/clock.js';
import { type DriverSettings, driverSettingsSchema } from '../../platform/driver-settings.js';
import { Store, type StorePlace } from '../../platform/store/store.js';
import { Drivers } from './drivers.js';

const DAY = 86_400_000;
/** The months turn while the tests run: 2025 ends thirty minutes after the clock starts. */
export const NOW = Date.UTC(2025, 11, 31, 23, 30);

export interface SimulatedDrivers {
  readonly folder: string;
  readonly simulator: VenueSimulator;
  readonly clock: Clock;
  readonly access: LakeAccess;
  readonly store: Store;
  readonly venues: Venues;
  readonly drivers: Drivers;
  /** Where the simulated venues are, and the tokens, for another process. */
  readonly venueSettings: VenueSettings;
  readonly tokens: readonly string[];
  /** The same home as a process that has just started sees it. */
  restarted(): Drivers;
  /** Leaves the home to another process while `work` lasts, then opens it as a process that starts. */
  away(work: () => Promise<void>): Promise<void>;
  /** @returns a folder that homes can begin with; this one goes on */
  snapshot(): Promise<string>;
  /** Everything that must not depend on what went wrong on the way. */
  outcome(): Promise<Outcome>;
  /** @param keeps leaves the folder for another home to begin with */
  close(keeps?: boolean): Promise<void>;
}

export interface Outcome {
  readonly bars: readonly unknown[];
  readonly states: readonly unknown[];
  readonly posture: unknown;
}

export interface SimulatedDriversOptions {
  readonly faults?: readonly FaultRule[];
  readonly tokensPerBucket?: number;
  /** Days of the past that the simulated venues know, and that dominance was sampled. */
  readonly days?: number;
  /** Other than the product's defaults. */
  readonly settings?: Partial<DriverSettings>;
  /** False: nothing is stored when it begins. */
  readonly sampled?: boolean;
  /** Minutes ahead of the start. */
  readonly ahead?: number;
  readonly now?: number;
  /** Sits between client and venue: can change what is asked and answered. */
  readonly meddle?: (exchange: Exchange, clock: Clock) => Exchange;
  /** Home that an earlier one left; an empty one when left out. */
  readonly from?: string;
  /** Changes the clock of the product; the venues' stays. */
  readonly clockOffset?: () => number;
  /** Where the records are kept; embedded, in the folder of the home, when left out. */
  readonly place?: StorePlace;
}

type VenueSettings = Readonly<
  Record<string, { base_url: string; timeout_ms: number; tries: number; backoff_ms: number; budget: number }>
>;

const made = new Map<string, readonly SimulatedBars[]>();

function marketOf(start: number, minutes: number, tokensPerBucket: number): readonly SimulatedBars[] {
  const key = `${start} ${minutes} ${tokensPerBucket}`;
  const known = made.get(key) ?? syntheticMarket({ start, minutes, tokensPerBucket });
  made.set(key, known);
  return known;
}

export async function simulatedDrivers(options: SimulatedDriversOptions = {}): Promise<SimulatedDrivers> {
  const {
    faults = [],
    tokensPerBucket = 3,
    days = 33,
    ahead = 180,
    now = NOW,
    clockOffset = () => 0,
  } = options;
  const start = Math.floor(now / DAY) * DAY - days * DAY;
  const minutes = (now - start) / 60_000 + ahead;
  const bars = marketOf(start, minutes, tokensPerBucket);
  const simulator = await startVenueSimulator({
    bars,
    faults,
    clock: { start: now },
    rateLimits: false,
    cacheMb: 4,
  });
  const clock: Clock = { now: () => simulator.now() + clockOffset() };
  const settings = Object.fromEntries(
    (['binanceusdm', 'binance', 'hyperliquid', 'coingecko', 'geckoterminal', 'dexscreener'] as const).map(
      (id) => [id, { base_url: simulator.url(id), timeout_ms: 2_000, tries: 2, backoff_ms: 1, budget: 1.25 }],
    ),
  );
  // pauses pass for the budgets alone, so that a run with failures ends in the minute in which it began
  let paused = 0;
  const timer = {
    now: () => simulator.now() + paused,
    sleep: async (ms: number) => {
      paused += ms;
    },
  };
  const exchange = options.meddle?.(plainExchange, clock) ?? plainExchange;
  const folder = mkdtempSync(join(tmpdir(), 'drivers-'));
  if (options.from !== undefined) cpSync(options.from, folder, { recursive: true });
  else await copyStore(join(folder, 'db'));
  const place = options.place ?? { engine: 'pglite' as const, folder: join(folder, 'db') };
  const openHome = async () => {
    const lake = await Lake.open(join(folder, 'lake'), { clock, threads: 1 });
    const writer = await lake.writer();
    const access: LakeAccess = { lake, write: (work) => work(writer) };
    return { lake, writer, access, store: await Store.open(place) };
  };
  let home = await openHome();
  if (options.from === undefined && options.sampled !== false) {
    const samples = syntheticDominance({ start, minutes: (now - start) / 60_000 });
    await home.writer.append('dominance_samples', [...samples], { source: 'synthetic' });
  }
  const tokens = syntheticTokens(bars);
  let venues: Venues;
  const open = (): Drivers => {
    venues = new Venues({ settings, timer, exchange });
    return new Drivers({
      store: home.store,
      access: home.access,
      clock,
      venues,
      settings: driverSettingsSchema.parse({ tokens, ...options.settings }),
      posture: DEFAULT_POSTURE,
    });
  };
  let drivers = open();
  const leave = async (): Promise<void> => {
    await home.store.close();
    await home.lake.close();
  };
  return {
    folder,
    simulator,
    clock,
    get venues() {
      return venues;
    },
    venueSettings: settings,
    tokens,
    get access() {
      return home.access;
    },
    get store() {
      return home.store;
    },
    get drivers() {
      return drivers;
    },
    restarted() {
      drivers = open();
      return drivers;
    },
    async away(work) {
      await leave();
      await work();
      home = await openHome();
      drivers = open();
    },
    async snapshot() {
      await home.store.sql.script('CHECKPOINT');
      const copy = mkdtempSync(join(tmpdir(), 'drivers-'));
      cpSync(folder, copy, { recursive: true });
      return copy;
    },
    async outcome() {
      const rows = await home.lake.query('regime_bars', {}, (relation, run) =>
        run(
          `SELECT driver, timeframe, ts, open, high, low, close, volume, source, component_count, partial, coverage_pct,
                  bars_used, expected_bars FROM ${relation} ORDER BY driver, timeframe, ts`,
        ),
      );
      const records = await home.store.driverRecords.list('onchain_crypto');
      const { posture } = await drivers.summary();
      return {
        bars: rows,
        states: records.map(({ driver, timeframe, state, barsCount, barTs, trend, geometry }) => ({
          driver,
          timeframe,
          state,
          barsCount,
          barTs,
          trend,
          geometry,
        })),
        posture,
      };
    },
    async close(keeps = false) {
      await leave();
      await simulator.stop();
      if (!keeps) rmSync(folder, { recursive: true });
    },
  };
}

const plainExchange: Exchange = async ({ url, method, headers, body }, signal) => {
  const response = await fetch(url, {
    method,
    signal,
    ...(headers ? { headers } : {}),
    ...(body === undefined ? {} : { body }),
  });
  return {
    status: response.status,
    header: (name) => response.headers.get(name),
    body: Buffer.from(await response.arrayBuffer()),
  };
};
