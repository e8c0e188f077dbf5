/**
 * What goes wrong with the drivers' sources, database, clock and process, and what is left of it (regime spec §3–§8, §16.6;
 * the table is in docs/reference/driver-faults.md). Every case runs the same minutes over the turn of a year, with a fault
 * in the middle; when it is over, bars, states and A/E must be those of a run in which nothing went wrong, bit for bit.
 *
 * The long profile takes every fault alone, and kills a process at every point of the pipeline. The short one takes them
 * one after the other in a single run. Prices of tokens and samples of dominance cannot be had afterwards: there the
 * minutes of the fault stay as they are, and everything else must be equal.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cable } from '../../../test/cable.js';
import { startPostgres } from '../../../test/postgres-server.js';
import { cleanEnvironment } from '../../../test/run-cli.js';
import type { VenueAnswer, VenueRequest } from '../../data/venues/venue-http.js';
import { createHome, resolveHome } from '../../platform/home.js';
import { ownHome } from '../../platform/home-owner.js';
import {
  type Outcome,
  type SimulatedDrivers,
  type SimulatedDriversOptions,
  simulatedDrivers,
} from './simulated-drivers.fixture.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2025, 11, 31, 23, 56);
const YEAR = Date.UTC(2026, 0, 1);
/** The poll of the new year falls into the fault. */
const [FROM, UNTIL] = [START + 1.5 * MINUTE, START + 6.5 * MINUTE];
const isLong = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const MINUTES = isLong ? 12 : 8;
const DAYS = isLong ? 8 : 4;

let prepared: string;
let undisturbed: Outcome;

beforeAll(async () => {
  const home = await preparedHome(START);
  prepared = await home.snapshot();
  try {
    undisturbed = await outcomeOf({}, home);
  } finally {
    await home.close();
  }
}, 180_000);
afterAll(() => rmSync(prepared, { recursive: true, force: true }));

/** A home with a history, every cell filled, at `start`. */
async function preparedHome(start: number): Promise<SimulatedDrivers> {
  const home = await simulatedDrivers({ days: DAYS, now: start - 2 * MINUTE });
  await home.drivers.backfill();
  for (let minute = 0; minute < 2; minute += 1) {
    await home.simulator.advance(MINUTE);
    await home.drivers.run('1m');
  }
  await home.drivers.run('all', { prices: false });
  return home;
}

interface Trouble extends Pick<SimulatedDriversOptions, 'meddle' | 'clockOffset' | 'place'> {
  /** Called before the run of each minute. */
  readonly before?: (home: SimulatedDrivers, minute: number) => Promise<void> | void;
  /** Told what the runs said was wrong. */
  readonly seen?: (messages: readonly string[]) => void;
  /** Called at the end. */
  readonly after?: (home: SimulatedDrivers) => Promise<void> | void;
}

/** A home as it was prepared, with a fault. */
async function disturbed({ meddle, clockOffset, place, ...trouble }: Trouble): Promise<Outcome> {
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
async function outcomeOf(trouble: Trouble, home: SimulatedDrivers): Promise<Outcome> {
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

const minuteOf = (now: number): number => Math.floor((now - START) / MINUTE);
const isOn = (now: number): boolean => now >= FROM && now < UNTIL;

type Meddle = NonNullable<Trouble['meddle']>;

/** Answers that were changed, by what changed them: a fault that never came would prove nothing. */
const meddled = new Map<unknown, number>();

/** Changes answers to requests that fit, while the fault lasts. */
function meddling(
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

const binance = (symbol?: string) => (request: VenueRequest) =>
  request.url.includes('/binance/') &&
  request.url.includes('klines') &&
  (symbol === undefined || request.url.includes(`symbol=${symbol}`));
const anySourceOf = (coin: string) => (request: VenueRequest) =>
  request.url.includes(`symbol=${coin}USDT`) || (request.body?.includes(`"coin":"${coin}"`) ?? false);
const coingecko = (request: VenueRequest) => request.url.includes('/coingecko/');
const dexscreener = (request: VenueRequest) => request.url.includes('/dexscreener/');

type Kline = [number, ...unknown[]];
const klines = (change: (rows: Kline[]) => Kline[]) => (body: string) =>
  JSON.stringify(change(JSON.parse(body) as Kline[]));
const scaled = (factor: number, only: (time: number) => boolean = () => true) =>
  klines((rows) =>
    rows.map((row) =>
      row[0] >= FROM - 2 * MINUTE && only(row[0])
        ? (row.map((cell, at) => (at >= 1 && at <= 4 ? String(Number(cell) * factor) : cell)) as Kline)
        : row,
    ),
  );
const late = klines((rows) => rows.filter(([time]) => time < FROM - MINUTE));
const frozen = klines((rows) => {
  const last = rows.findLast(([time]) => time < FROM - MINUTE);
  return rows.map((row) => (row[0] >= FROM - MINUTE && last ? ([row[0], ...last.slice(1)] as Kline) : row));
});
const outlier = scaled(10, (time) => time % (2 * MINUTE) === 0);
const shares = (change: (share: number) => number) => (body: string) => {
  const answer = JSON.parse(body) as { data: { market_cap_percentage: Record<string, number> } };
  const given = answer.data.market_cap_percentage;
  for (const name of Object.keys(given)) given[name] = change(given[name]!);
  return JSON.stringify(answer);
};

/** Refuses what is written to the database while `isDown` says so. */
function refusing(home: SimulatedDrivers, isDown: () => boolean): void {
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

function jumpingBy(ms: number): Trouble {
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
function worker(home: SimulatedDrivers, timeframe: '1m' | 'all', kill?: string): ChildProcess {
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
async function killedAt(home: SimulatedDrivers, timeframe: '1m' | 'all', point: string): Promise<void> {
  await home.away(async () => {
    const [code, signal] = (await once(worker(home, timeframe, point), 'exit')) as [number | null, string];
    expect([code, signal], point).toEqual([null, 'SIGKILL']);
  });
}

function expectUndisturbed(outcome: Outcome, wanted: Outcome = undisturbed): void {
  expect(differences(outcome.bars, wanted.bars)).toEqual([]);
  expect(differences(outcome.states, wanted.states)).toEqual([]);
  expect(outcome.posture).toEqual(wanted.posture);
}

it('the undisturbed run has bars, states and A/E to compare with', () => {
  const states = undisturbed.states as readonly { timeframe: string; trend: unknown }[];
  expect(states.filter(({ trend }) => trend !== null).length).toBeGreaterThanOrEqual(8);
  expect(undisturbed.bars.length).toBeGreaterThan(8 * 600);
});

/** What each minute of the short run has to bear. */
const STORM: readonly Meddle[] = [
  meddling(
    binance(),
    () => null,
    (now) => minuteOf(now) === 2,
  ),
  meddling(
    anySourceOf('SOL'),
    () => null,
    (now) => minuteOf(now) === 2,
  ),
  meddling(
    anySourceOf('BTC'),
    () => null,
    (now) => minuteOf(now) === 3,
  ),
  ...(
    [
      [binance('BTCUSDT'), frozen],
      [binance('SOLUSDT'), scaled(100)],
      [binance('ETHUSDT'), outlier],
      [binance('BNBUSDT'), late],
    ] as const
  ).map(([fits, change]) => meddling(fits, change, (now) => minuteOf(now) === 4)),
];

it('sources missing, frozen, late and wrong, the database down, the clock off by an hour, a kill: nothing is left of it', async () => {
  let minute = 0;
  let offset = 0;
  const zone = process.env.TZ;
  // no zone of a machine moves a minute
  process.env.TZ = 'America/New_York';
  try {
    const outcome = await disturbed({
      meddle: (exchange, clock) => STORM.reduce((inner, meddle) => meddle(inner, clock), exchange),
      clockOffset: () => offset,
      async before(home, at) {
        minute = at;
        if (at === 1) refusing(home, () => minute === 5);
        offset = at === 5 ? HOUR : at === 6 ? -HOUR : 0;
        if (at === 7) await killedAt(home, '1m', 'after write 2');
      },
      seen: (messages) => {
        expect(messages).toContain('the database is down');
        expect(messages.join()).toContain('our clock is');
      },
    });
    expect(meddled.size, 'every fault came').toBe(7);
    expectUndisturbed(outcome);
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
}, 120_000);

const CASES: readonly (readonly [source: string, fault: string, trouble: () => Trouble])[] = [
  ['binance', 'missing: every answer is an error', () => ({ meddle: meddling(binance(), () => null) })],
  [
    'all sources of SOL',
    'missing: three coins carry ALT',
    () => ({ meddle: meddling(anySourceOf('SOL'), () => null) }),
  ],
  [
    'all sources of BTC',
    'missing: BTC has no bar meanwhile',
    () => ({
      meddle: meddling(anySourceOf('BTC'), () => null),
      seen: (messages) => expect(messages.length).toBeGreaterThan(0),
    }),
  ],
  [
    'binance',
    'late: bars of the last minutes are not there yet',
    () => ({ meddle: meddling(binance(), late) }),
  ],
  [
    'binance BTC',
    'frozen: the last bar again and again',
    () => ({ meddle: meddling(binance('BTCUSDT'), frozen) }),
  ],
  [
    'binance SOL',
    'wrong unit: prices a hundred times too high',
    () => ({ meddle: meddling(binance('SOLUSDT'), scaled(100)) }),
  ],
  [
    'binance ETH',
    'outlier: every other bar ten times too high',
    () => ({ meddle: meddling(binance('ETHUSDT'), outlier) }),
  ],
  [
    'binance and hyperliquid',
    'disagree by 5 % about BTC',
    () => ({ meddle: meddling(binance('BTCUSDT'), scaled(1.05)) }),
  ],
  [
    'database',
    'down for five minutes: it refuses every call',
    () => {
      let isDown = false;
      return {
        before: (home, minute) => {
          if (minute === 1) refusing(home, () => isDown);
          isDown = isOn(home.simulator.now());
        },
        seen: (messages) => expect(messages).toContain('the database is down'),
      };
    },
  ],
  ['clock', 'jumps an hour ahead and back', () => jumpingBy(HOUR)],
  ['clock', 'jumps an hour back and ahead', () => jumpingBy(-HOUR)],
  [
    'home',
    'a second process wants it: refused, and nothing changes',
    () => ({
      async before(home, minute) {
        if (minute !== 4) return;
        const wanted = createHome(resolveHome({ flag: home.folder, env: {}, cwd: home.folder }));
        const owner = await ownHome(wanted);
        try {
          const other = spawn(process.execPath, ['test/chaos/home-contender.mjs', home.folder], {
            env: cleanEnvironment(),
            stdio: ['pipe', 'pipe', 'inherit'],
          });
          other.stdin!.end('try\n');
          expect(await text(other.stdout!)).toContain('"code":"home_in_use"');
        } finally {
          await owner.release();
        }
      },
    }),
  ],
];

/** Samples that a provider did not give, or gave wrong. */
const LOST_SAMPLES: typeof CASES = [
  ['coingecko', 'missing for a poll', () => ({ meddle: meddling(coingecko, () => null) })],
  [
    'coingecko',
    'wrong unit: fractions in place of percent',
    () => ({
      meddle: meddling(
        coingecko,
        shares((share) => share / 100),
      ),
      seen: (messages) => expect(messages.join()).toContain('is no change of dominance'),
    }),
  ],
  [
    'coingecko',
    'outlier: three times the share',
    () => ({
      meddle: meddling(
        coingecko,
        shares((share) => Math.min(99, share * 3)),
      ),
    }),
  ],
  [
    'coingecko',
    'zero for both shares',
    () => ({
      meddle: meddling(
        coingecko,
        shares(() => 0),
      ),
    }),
  ],
];

if (isLong)
  describe('each fault alone', () => {
    it.each(CASES)(
      '%s · %s: bars, states and A/E are those of an undisturbed run',
      async (_source, _fault, trouble) => {
        expectUndisturbed(await disturbed(trouble()));
      },
      120_000,
    );

    it.each(LOST_SAMPLES)(
      '%s · %s: the sample is missed, nothing wrong is stored',
      async (_source, _fault, trouble) => {
        const { bars } = await disturbed(trouble());
        const apart = differences(bars, undisturbed.bars);
        // the value before is carried on until the next poll; hours and days of it follow
        const isCarried = (line: string): boolean => /"driver":"(BTC|USDT)\.d"/.test(line);
        expect(apart.filter((line) => !isCarried(line))).toEqual([]);
        const minutes = apart
          .flatMap((line) => /"timeframe":"1m","ts":(\d+)/.exec(line)?.[1] ?? [])
          .map(Number);
        expect(minutes.every((ts) => ts >= YEAR && ts < YEAR + 5 * MINUTE)).toBe(true);
      },
      120_000,
    );

    it('dexscreener · missing: the minutes of tokens are left out, and everything else is as it is', async () => {
      const { bars } = await disturbed({ meddle: meddling(dexscreener, () => null) });
      // hours and days of a bucket are made of its minutes
      const isBucket = (line: string): boolean => /"driver":"(nano|small|mid|big)"/.test(line);
      const apart = differences(bars, undisturbed.bars);
      expect(apart.length).toBeGreaterThan(0);
      expect(apart.filter((line) => !isBucket(line))).toEqual([]);
    }, 120_000);
  });

if (isLong)
  describe('a PostgreSQL server', () => {
    it('that cannot be reached for ten minutes leaves bars, states and A/E as they are', async () => {
      const server = await startPostgres();
      const url = new URL(await server.database('drivers'));
      const cable = await Cable.to(Number(url.port));
      url.port = String(cable.port);
      try {
        const outcome = await disturbed({
          place: { engine: 'postgres', url: url.href },
          before: (_home, minute) => {
            cable.isCut = minute >= 1 && minute <= 10;
          },
          seen: (messages) => expect(messages.length).toBeGreaterThanOrEqual(10),
        });
        expectUndisturbed(outcome);
      } finally {
        cable.close();
        await server.stop();
      }
    }, 180_000);
  });

if (isLong)
  describe('a day on which clocks change', () => {
    it('is a day as any other: the same bars, states and A/E in every zone', async () => {
      // 02:00 becomes 03:00 in Berlin at 01:00 UTC
      const start = Date.UTC(2026, 2, 29, 0, 56);
      const zone = process.env.TZ;
      const outcomes: Outcome[] = [];
      try {
        for (const name of ['UTC', 'Europe/Berlin']) {
          process.env.TZ = name;
          const home = await preparedHome(start);
          try {
            outcomes.push(await outcomeOf({}, home));
          } finally {
            await home.close();
          }
        }
      } finally {
        if (zone === undefined) delete process.env.TZ;
        else process.env.TZ = zone;
      }
      expectUndisturbed(outcomes[1]!, outcomes[0]!);
    }, 180_000);
  });

if (isLong)
  describe('a process that is killed at any point of the pipeline', () => {
    it('is followed by one that finishes what was begun', async () => {
      const at = START + 6 * MINUTE;
      const from = async (folder: string): Promise<SimulatedDrivers> =>
        simulatedDrivers({ days: DAYS, now: at, from: folder });
      const base = await from(prepared);
      const midway = await base.snapshot();
      let points: readonly string[] = [];
      let wanted: Outcome | undefined;
      await base.away(async () => {
        const whole = worker(base, 'all');
        points = JSON.parse(await text(whole.stdout!)) as readonly string[];
      });
      await base.drivers.run('all');
      wanted = await base.outcome();
      await base.close();
      for (const what of ['request', 'write', 'transaction', 'statement']) {
        expect(
          points.some((point) => point.startsWith(`after ${what}`)),
          what,
        ).toBe(true);
      }
      // requests and writes are alike: a sixth of them, and every change of the database
      const killed = points.filter((point, at) => at % 6 === 0 || /transaction|statement/.test(point));
      for (const point of killed) {
        const home = await from(midway);
        try {
          await killedAt(home, 'all', point);
          await home.drivers.run('all');
          expectUndisturbed(await home.outcome(), wanted);
        } finally {
          await home.close();
        }
      }
      rmSync(midway, { recursive: true });
      console.info(
        `${killed.length} of ${points.length} points of the pipeline, a kill at each: nothing missing, nothing doubled`,
      );
    }, 1_800_000);
  });

/** Rows that one has and the other lacks, as text; the first few. */
function differences(got: readonly unknown[], wanted: readonly unknown[]): readonly string[] {
  const left = new Set(wanted.map((row) => JSON.stringify(row)));
  const extra = got.map((row) => JSON.stringify(row)).filter((line) => !left.delete(line));
  return [...extra.map((line) => `got ${line}`), ...[...left].map((line) => `lacks ${line}`)]
    .slice(0, 40)
    .map((line) => line.slice(0, 400));
}
