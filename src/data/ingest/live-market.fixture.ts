/**
 * A live feed on a simulated venue: virtual time in small steps, each after everything that was under way has ended, so
 * that an hour takes a second or two and a seed gives the same run again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { walkBars } from '../../../test/venues/local-bars.js';
import { parseInstrument } from '../../market/instrument.js';
import { Lake } from '../lake/lake.js';
import { type ExchangeId, Venues } from '../venues/open-venues.js';
import type { FaultRule } from '../venues/simulator/faults/fault-rules.js';
import { startVenueSimulator, type VenueSimulator } from '../venues/simulator/venue-simulator.js';
import type { Timer } from '../venues/timer.js';
import { type Exchange, fetchExchange } from '../venues/venue-http.js';
import type { LakeAccess } from './lake-access.js';
import type { LiveEvent } from './live/live-event.js';
import { type LiveFeed, type LiveSettings, startLiveFeed } from './live-feed.js';

const STEP_MS = 2_500;
const MINUTE = 60_000;

/** Sleepers wake when the time that is moved by hand has come. */
class SteppedTimer implements Timer {
  private readonly sleepers = new Set<{ readonly at: number; wake(): void }>();

  constructor(private readonly clock: { now(): number }) {}

  now(): number {
    return this.clock.now();
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const refuse = (): void => {
        this.sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper = {
        at: this.now() + milliseconds,
        wake: (): void => {
          signal?.removeEventListener('abort', refuse);
          resolve();
        },
      };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', refuse, { once: true });
    });
  }

  wake(): void {
    for (const sleeper of this.sleepers) {
      if (sleeper.at > this.now()) continue;
      this.sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}

export interface LiveMarketOptions {
  readonly venue?: ExchangeId;
  /** Base assets; the first one is compared with the truth. */
  readonly bases?: readonly string[];
  readonly faults?: readonly FaultRule[];
  readonly seed?: number;
  readonly settings?: Partial<LiveSettings>;
  /** Minutes of history before the start, and after it. */
  readonly before?: number;
  readonly after?: number;
  /** Faults strike only so long from the start on. */
  readonly faultyMinutes?: number;
}

export interface LiveMarket {
  readonly simulator: VenueSimulator;
  readonly lake: Lake;
  readonly feed: LiveFeed;
  readonly events: readonly LiveEvent[];
  /** What the feed said that it goes on without. */
  readonly troubles: readonly string[];
  readonly start: number;
  /** Moves time on. */
  run(ms: number): Promise<void>;
  /** Moves time on until it holds. @throws Error when it does not within the time */
  until(holds: () => boolean, withinMs: number): Promise<void>;
  /** From now on nothing can be written; undefined: it can. */
  refuseWrites(error: Error | undefined): void;
  /** Our clock, not the venue's. */
  setClockBack(ms: number): void;
  /** Ends the feed and begins another one on the same lake. */
  restart(): Promise<void>;
  /** Rows of the lake and of the truth from the start to `to` that differ, as text. */
  differences(base: string, to: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

const ID: Record<ExchangeId, (base: string) => string> = {
  binanceusdm: (base) => `binanceusdm:-:${base}USDT`,
  binance: (base) => `binance:spot:${base}USDT`,
  bybit: (base) => `bybit:linear:${base}USDT`,
  okx: (base) => `okx:perp:${base}USDT`,
  hyperliquid: (base) => `hyperliquid:main:${base}`,
  kraken: (base) => `kraken:spot:${base}USDT`,
};
const SYMBOL: Record<ExchangeId, (base: string) => string> = {
  binanceusdm: (base) => `${base}USDT`,
  binance: (base) => `${base}USDT`,
  bybit: (base) => `${base}USDT`,
  okx: (base) => `${base}-USDT-SWAP`,
  hyperliquid: (base) => base,
  kraken: (base) => `${base === 'BTC' ? 'XBT' : base}USDT`,
};

export async function liveMarket(options: LiveMarketOptions = {}): Promise<LiveMarket> {
  const { venue = 'binanceusdm', bases = ['BTC', 'ETH'], faults = [], seed = 1, settings = {} } = options;
  const { before = 120, after = 240 } = options;
  const kind = venue === 'binance' || venue === 'kraken' ? 'spot' : 'perp';
  const bars = bases.map((base, at) => walkBars(base, before + after, { kind, price: 1000 * (at + 1) }));
  const start = bars[0]!.series.time[0]! + before * MINUTE;
  const until = options.faultyMinutes === undefined ? undefined : start + options.faultyMinutes * MINUTE;
  const simulator = await startVenueSimulator({
    venues: [venue],
    bars,
    clock: { start },
    faults: faults.map((rule) => ({ ...rule, ...(until === undefined ? {} : { until }) })),
    seed,
    rateLimits: false,
  });
  const stepped = new SteppedTimer(simulator);
  let setBackBy = 0;
  const timer: Timer = {
    now: () => stepped.now() - setBackBy,
    sleep: (ms, signal) => stepped.sleep(ms, signal),
  };
  let underWay = 0;
  const counted = async <T>(work: () => Promise<T>): Promise<T> => {
    underWay += 1;
    try {
      return await work();
    } finally {
      underWay -= 1;
    }
  };
  const exchange: Exchange = (...request) => counted(() => fetchExchange(...request));
  const venues = new Venues({
    settings: { [venue]: { base_url: simulator.url(venue), timeout_ms: 300, tries: 4 } },
    timer,
    exchange,
    seed,
  });
  const folder = mkdtempSync(join(tmpdir(), 'live-'));
  const lake = await Lake.open(folder, { clock: timer });
  const writer = await lake.writer();
  const watched = new Proxy(lake, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        const answer: unknown = Reflect.apply(value, target, given);
        return answer instanceof Promise ? counted(() => answer as Promise<unknown>) : answer;
      };
    },
  });
  let refusal: Error | undefined;
  const access: LakeAccess = {
    lake: watched,
    write: (work) => counted(() => (refusal ? Promise.reject(refusal) : work(writer))),
  };
  // takes real seconds, in which no time may pass
  await import('ccxt');
  const events: LiveEvent[] = [];
  const troubles: string[] = [];
  const onTrouble = (problem: string): void => void troubles.push(problem);
  const begin = (): LiveFeed => {
    const instruments = bases.map((base) => parseInstrument(ID[venue](base)));
    const feed = startLiveFeed({ instruments, venues, access, timer, settings, seed, onTrouble });
    feed.subscribe({ receive: (batch) => void events.push(...batch) });
    return feed;
  };
  let feed = begin();

  const turns = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const settle = async (): Promise<void> => {
    await turns(4);
    while (underWay > 0 || feed.status().streams.some(({ state }) => state === 'connecting')) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      await turns(2);
    }
  };
  const step = async (ms: number): Promise<void> => {
    await simulator.advance(ms);
    stepped.wake();
    await settle();
  };
  const run = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= STEP_MS) await step(Math.min(left, STEP_MS));
  };
  return {
    simulator,
    lake,
    get feed() {
      return feed;
    },
    events,
    troubles,
    start,
    run,
    async until(holds, withinMs) {
      for (let left = withinMs; !holds(); left -= STEP_MS) {
        if (left <= 0) throw new Error(`not so after ${withinMs} ms: ${JSON.stringify(feed.status())}`);
        await step(STEP_MS);
      }
    },
    refuseWrites(error) {
      refusal = error;
    },
    setClockBack(ms) {
      setBackBy += ms;
    },
    async restart() {
      await feed.stop();
      feed = begin();
    },
    async differences(base, to) {
      const names = ['open', 'high', 'low', 'close', 'volume'] as const;
      const subject = ID[venue](base);
      const range = { subject, timeframe: '1m', from: start, to } as const;
      const { ts, columns } = await lake.columns('bars', { ...range, columns: names });
      const truth = simulator.truth.bars(venue, SYMBOL[venue](base), '1m', start, to);
      const text = (row: number, of: Readonly<Record<string, ArrayLike<number> | undefined>>): string =>
        names.map((name) => Number(of[name]![row]!.toFixed(8))).join(' ');
      const { open, high, low, close, volume } = truth;
      const truthColumns = { open, high, low, close, volume };
      const rows = new Map(Array.from(truth.time, (time, row) => [time, text(row, truthColumns)]));
      const found: string[] = [];
      for (const [row, time] of Array.from(ts).entries()) {
        const [stored, wanted] = [text(row, columns), rows.get(time)];
        if (stored !== wanted)
          found.push(`${new Date(time).toISOString()}: stored ${stored}, true ${wanted ?? 'not there'}`);
        rows.delete(time);
      }
      for (const time of rows.keys()) found.push(`${new Date(time).toISOString()}: missing`);
      return found;
    },
    async close() {
      const stopped = feed.stop();
      await stopped;
      await lake.close();
      await simulator.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
