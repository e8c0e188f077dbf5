/**
 * The runner of the drivers' fault suites: the same minutes over the turn of a year on simulated venues, with something
 * wrong in the middle, and the faults themselves: answers changed on their way, a database that refuses, a clock that
 * jumps, a process that is killed. What is left of a run is told as an outcome, to be compared value by value.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'vitest';
import { cleanEnvironment } from '../../../test/run-cli.js';
import type { VenueAnswer, VenueRequest } from '../../data/venues/venue-http.js';
import {
  type Outcome,
  type SimulatedDrivers,
  type SimulatedDriversOptions,
  simulatedDrivers,
} from './simulated-drivers.fixture.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const START = Date.UTC(2025, 11, 31, 23, 56);
export const YEAR = Date.UTC(2026, 0, 1);
/** The poll of the new year falls into the fault. */
export const [FROM, UNTIL] = [START + 1.5 * MINUTE, START + 6.5 * MINUTE];
export const isLong = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
export const MINUTES = isLong ? 12 : 8;
export const DAYS = isLong ? 8 : 4;
/** History of a home whose process is killed: hours enough for a state, and quick to begin with again. */
export const KILLED_DAYS = 4;

/** A home with a history, every cell filled, at `start`. */
export async function preparedHome(start: number, days: number = DAYS): Promise<SimulatedDrivers> {
  const home = await simulatedDrivers({ days, now: start - 2 * MINUTE });
  await home.drivers.backfill();
  for (let minute = 0; minute < 2; minute += 1) {
    await home.simulator.advance(MINUTE);
    await home.drivers.run('1m');
  }
  await home.drivers.run('all', { prices: false });
  return home;
}

export interface Trouble extends Pick<SimulatedDriversOptions, 'meddle' | 'clockOffset' | 'place'> {
  /** Called before the run of each minute. */
  readonly before?: (home: SimulatedDrivers, minute: number) => Promise<void> | void;
  /** Told what the runs said was wrong. */
  readonly seen?: (messages: readonly string[]) => void;
  /** Called at the end. */
  readonly after?: (home: SimulatedDrivers) => Promise<void> | void;
}

/** A home as it was prepared, with a fault. */
export async function disturbed(
  prepared: string,
  { meddle, clockOffset, place, ...trouble }: Trouble,
): Promise<Outcome> {
  meddled.clear();
  const home = await simulatedDrivers({
    days: DAYS,
    now: START,
    from: prepared,
    ...(meddle ? { meddle } : {}),
    ...(clockOffset ? { clockOffset } : {}),
    ...(place ? { place } : {}),
  });
  try {
    const outcome = await outcomeOf(trouble, home);
    if (meddle) expect(meddled.size, 'answers were changed').toBeGreaterThan(0);
    return outcome;
  } finally {
    await home.close();
  }
}

/** Minute by minute: its run, a poll every five, hour and day when they have closed. */
export async function outcomeOf(trouble: Trouble, home: SimulatedDrivers): Promise<Outcome> {
  const messages: string[] = [];
  for (let minute = 1; minute <= MINUTES; minute += 1) {
    await home.simulator.advance(MINUTE);
    await trouble.before?.(home, minute);
    if (new Date(home.simulator.now()).getUTCMinutes() % 5 === 0) {
      await home.drivers.pollDominance().then(
        ({ lacking }) => messages.push(...Object.values(lacking)),
        (error: Error) => messages.push(error.message),
      );
    }
    const isWhole = minute === MINUTES || (isLong && minute === 6);
    for (const timeframe of isWhole ? (['1m', '1h', '1d'] as const) : (['1m'] as const)) {
      const [run] = await home.drivers.run(timeframe).catch((error: Error) => {
        messages.push(error.message);
        return [];
      });
      for (const { errors, warnings } of run?.steps ?? []) {
        messages.push(...errors.map(({ message }) => message), ...warnings);
      }
    }
  }
  trouble.seen?.(messages);
  await trouble.after?.(home);
  return home.outcome();
}

export const minuteOf = (now: number): number => Math.floor((now - START) / MINUTE);
export const isOn = (now: number): boolean => now >= FROM && now < UNTIL;

export type Meddle = NonNullable<Trouble['meddle']>;

/** Answers that were changed, by what changed them: a fault that never came would prove nothing. */
export const meddled = new Map<unknown, number>();

/** Changes answers to requests that fit, while the fault lasts. */
export function meddling(
  fits: (request: VenueRequest) => boolean,
  change: (body: string, request: VenueRequest) => string | null,
  when: (now: number) => boolean = isOn,
): Meddle {
  const told = (): void => void meddled.set(change, (meddled.get(change) ?? 0) + 1);

  return (exchange, clock) => async (request, signal) => {
    if (!when(clock.now()) || !fits(request)) return exchange(request, signal);
    const answer = await exchange(request, signal);
    const before = answer.body.toString('utf8');
    const body = change(before, request);
    if (body !== before) told();
    if (body === null) return refused(answer);
    return { ...answer, body: Buffer.from(body) };
  };
}

const refused = (answer: VenueAnswer): VenueAnswer => ({ ...answer, status: 500, body: Buffer.from('{}') });

export const binance = (symbol?: string) => (request: VenueRequest) =>
  request.url.includes('/binance/') &&
  request.url.includes('klines') &&
  (symbol === undefined || request.url.includes(`symbol=${symbol}`));
export const anySourceOf = (coin: string) => (request: VenueRequest) =>
  request.url.includes(`symbol=${coin}USDT`) || (request.body?.includes(`"coin":"${coin}"`) ?? false);
export const coingecko = (request: VenueRequest) => request.url.includes('/coingecko/');
export const dexscreener = (request: VenueRequest) => request.url.includes('/dexscreener/');

type Kline = [number, ...unknown[]];
const klines = (change: (rows: Kline[]) => Kline[]) => (body: string) =>
  JSON.stringify(change(JSON.parse(body) as Kline[]));
export const scaled = (factor: number, only: (time: number) => boolean = () => true) =>
  klines((rows) =>
    rows.map((row) =>
      row[0] >= FROM - 2 * MINUTE && only(row[0])
        ? (row.map((cell, at) => (at >= 1 && at <= 4 ? String(Number(cell) * factor) : cell)) as Kline)
        : row,
    ),
  );
export const late = klines((rows) => rows.filter(([time]) => time < FROM - MINUTE));
export const frozen = klines((rows) => {
  const last = rows.findLast(([time]) => time < FROM - MINUTE);
  return rows.map((row) => (row[0] >= FROM - MINUTE && last ? ([row[0], ...last.slice(1)] as Kline) : row));
});
export const outlier = scaled(10, (time) => time % (2 * MINUTE) === 0);
export const shares = (change: (share: number) => number) => (body: string) => {
  const answer = JSON.parse(body) as { data: { market_cap_percentage: Record<string, number> } };
  const given = answer.data.market_cap_percentage;
  for (const name of Object.keys(given)) given[name] = change(given[name]!);
  return JSON.stringify(answer);
};

/** Refuses what is written to the database while `isDown` says so. */
export function refusing(home: SimulatedDrivers, isDown: () => boolean): void {
  const { sql } = home.store;
  const own = sql as { query: unknown; transaction: unknown };
  const real = Object.getPrototypeOf(sql) as Record<
    'query' | 'transaction',
    (...given: unknown[]) => unknown
  >;
  for (const call of ['query', 'transaction'] as const) {
    own[call] = (...given: unknown[]) =>
      isDown() ? Promise.reject(new Error('the database is down')) : real[call].apply(sql, given);
  }
}

export function jumpingBy(ms: number): Trouble {
  let offset = 0;
  return {
    clockOffset: () => offset,
    before: (_home, minute) => {
      // between the polls: a sample is stamped with our clock
      offset = minute >= 5 && minute <= 7 ? ms : 0;
    },
  };
}

/** Another process on the home of `home`; without a point it runs to its end and tells the points that it passed. */
export function worker(home: SimulatedDrivers, timeframe: '1m' | 'all', kill?: string): ChildProcess {
  const { folder, venueSettings, tokens, simulator } = home;
  return spawn(
    process.execPath,
    [
      'test/chaos/driver-worker.mjs',
      JSON.stringify({ folder, now: simulator.now(), settings: venueSettings, tokens, timeframe, kill }),
    ],
    { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] },
  );
}

/** Runs the pipeline in another process that dies at the point: by SIGKILL, nothing is tidied up. */
export async function killedAt(
  home: SimulatedDrivers,
  timeframe: '1m' | 'all',
  point: string,
): Promise<void> {
  await home.away(async () => {
    const [code, signal] = (await once(worker(home, timeframe, point), 'exit')) as [number | null, string];
    expect([code, signal], point).toEqual([null, 'SIGKILL']);
  });
}

/** Rows that one has and the other lacks, as text; the first few. */
export function differences(got: readonly unknown[], wanted: readonly unknown[]): readonly string[] {
  const left = new Set(wanted.map((row) => JSON.stringify(row)));
  const extra = got.map((row) => JSON.stringify(row)).filter((line) => !left.delete(line));
  return [...extra.map((line) => `got ${line}`), ...[...left].map((line) => `lacks ${line}`)]
    .slice(0, 40)
    .map((line) => line.slice(0, 400));
}
