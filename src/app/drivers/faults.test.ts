/**
 * What goes wrong with the drivers' sources, and what is left of it (regime spec §3–§8, §16.6). Every case runs the same
 * ten minutes over the turn of a year, with a fault from the third to the eighth minute; when it is over, bars, states
 * and A/E must be those of a run in which nothing went wrong, bit for bit. Prices of tokens and samples of dominance
 * cannot be had afterwards: there the minutes of the fault stay as they are, and everything else must be equal.
 */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VenueAnswer, VenueRequest } from '../../data/venues/venue-http.js';
import {
  type Outcome,
  type SimulatedDrivers,
  type SimulatedDriversOptions,
  simulatedDrivers,
} from './simulated-drivers.fixture.js';

const MINUTE = 60_000;
const START = Date.UTC(2025, 11, 31, 23, 54);
const [FROM, UNTIL] = [START + 2.5 * MINUTE, START + 7.5 * MINUTE];
/** The poll at this time falls into the fault. */
const YEAR = Date.UTC(2026, 0, 1);
const MINUTES = 12;
/** All of them in the long profile; in the short one every seventh. */
const isLong = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
const some = <T>(all: readonly T[]): readonly T[] => all.filter((_, at) => isLong || at % 7 === 0);

let prepared: string;
let undisturbed: Outcome;

beforeAll(async () => {
  const home = await simulatedDrivers({ days: 8, now: START - 2 * MINUTE });
  await home.drivers.backfill();
  for (let minute = 0; minute < 2; minute += 1) {
    await home.simulator.advance(MINUTE);
    await home.drivers.run('1m');
  }
  await home.drivers.run('all', { prices: false });
  prepared = home.folder;
  await home.close(true);
  undisturbed = await outcomeOf({});
}, 180_000);
afterAll(() => rmSync(prepared, { recursive: true, force: true }));

interface Trouble extends Pick<SimulatedDriversOptions, 'meddle' | 'clockOffset'> {
  /** Called before the run of each minute. */
  readonly before?: (home: SimulatedDrivers, minute: number) => Promise<void> | void;
  /** Whether this minute's run may fail in part. */
  readonly seen?: (messages: readonly string[]) => void;
}

/** The ten minutes: every minute its run, a poll every five, hour and day when they have closed. */
async function outcomeOf(trouble: Trouble): Promise<Outcome> {
  let clockNow = START;
  const home = await simulatedDrivers({
    days: 8,
    now: START,
    from: prepared,
    ...(trouble.meddle ? { meddle: trouble.meddle } : {}),
    ...(trouble.clockOffset ? { clockOffset: trouble.clockOffset } : {}),
  });
  const messages: string[] = [];
  try {
    for (let minute = 1; minute <= MINUTES; minute += 1) {
      await home.simulator.advance(MINUTE);
      clockNow = home.simulator.now();
      await trouble.before?.(home, minute);
      if (new Date(clockNow).getUTCMinutes() % 5 === 0) {
        await home.drivers.pollDominance().then(
          ({ lacking }) => messages.push(...Object.values(lacking)),
          (error: Error) => messages.push(error.message),
        );
      }
      const timeframes =
        minute === 7
          ? (['1m', '1h', '1d'] as const)
          : minute === MINUTES
            ? (['1m', '1h', '1d'] as const)
            : (['1m'] as const);
      for (const timeframe of timeframes) {
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
    return await home.outcome();
  } finally {
    await home.close();
  }
}

const isOn = (now: number): boolean => now >= FROM && now < UNTIL;

/** Changes answers to requests that fit, while the fault lasts. */
function meddling(
  fits: (request: VenueRequest) => boolean,
  change: (body: string, request: VenueRequest) => string | null,
): NonNullable<Trouble['meddle']> {
  return (exchange, clock) => async (request, signal) => {
    if (!isOn(clock.now()) || !fits(request)) return exchange(request, signal);
    const answer = await exchange(request, signal);
    const body = change(answer.body.toString('utf8'), request);
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
const shares = (change: (share: number) => number) => (body: string) => {
  const answer = JSON.parse(body) as { data: { market_cap_percentage: Record<string, number> } };
  const given = answer.data.market_cap_percentage;
  for (const name of Object.keys(given)) given[name] = change(given[name]!);
  return JSON.stringify(answer);
};

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
    () => ({
      meddle: meddling(
        binance(),
        klines((rows) => rows.filter(([time]) => time < FROM - MINUTE)),
      ),
    }),
  ],
  [
    'binance BTC',
    'frozen: the last bar again and again',
    () => ({
      meddle: meddling(
        binance('BTCUSDT'),
        klines((rows) => {
          const last = rows.findLast(([time]) => time < FROM - MINUTE);
          return rows.map((row) =>
            row[0] >= FROM - MINUTE && last ? ([row[0], ...last.slice(1)] as Kline) : row,
          );
        }),
      ),
    }),
  ],
  [
    'binance SOL',
    'wrong unit: prices a hundred times too high',
    () => ({ meddle: meddling(binance('SOLUSDT'), scaled(100)) }),
  ],
  [
    'binance ETH',
    'outlier: one bar ten times too high',
    () => ({
      meddle: meddling(
        binance('ETHUSDT'),
        scaled(10, (time) => time % (5 * MINUTE) === 0),
      ),
    }),
  ],
  [
    'binance and hyperliquid',
    'disagree by 5 % about BTC',
    () => ({ meddle: meddling(binance('BTCUSDT'), scaled(1.05)) }),
  ],
  [
    'database',
    'down: no record can be saved',
    () => {
      let isDown = false;
      return {
        before: ({ store, simulator }) => {
          isDown = isOn(simulator.now());
          const own = store.driverRecords as { save: unknown };
          const real = Object.getPrototypeOf(own) as { save: (...given: unknown[]) => Promise<void> };
          own.save = (...given: unknown[]) =>
            isDown ? Promise.reject(new Error('the database is down')) : real.save.apply(own, given);
        },
        seen: (messages) => expect(messages).toContain('the database is down'),
      };
    },
  ],
  ['clock', 'jumps an hour ahead and back', () => jumpingBy(3_600_000)],
  ['clock', 'jumps an hour back and ahead', () => jumpingBy(-3_600_000)],
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

function jumpingBy(ms: number): Trouble {
  let offset = 0;
  return {
    clockOffset: () => offset,
    before: (_home, minute) => {
      // between the polls: a sample is stamped with our clock
      offset = minute >= 3 && minute <= 5 ? ms : 0;
    },
  };
}

describe('after the fault bars, states and A/E are those of an undisturbed run', () => {
  it.each(some(CASES))(
    '%s · %s',
    async (_source, _fault, trouble) => {
      const outcome = await outcomeOf(trouble());
      expect(differences(outcome.bars, undisturbed.bars)).toEqual([]);
      expect(differences(outcome.states, undisturbed.states)).toEqual([]);
      expect(outcome.posture).toEqual(undisturbed.posture);
    },
    120_000,
  );
});

describe('what cannot be had afterwards', () => {
  it.each(some(LOST_SAMPLES))(
    '%s · %s: the sample is missed, nothing wrong is stored',
    async (_source, _fault, trouble) => {
      const { bars } = await outcomeOf(trouble());
      const apart = differences(bars, undisturbed.bars);
      // the value before is carried on until the next poll; hours and days of it follow
      const isCarried = (text: string): boolean => /"driver":"(BTC|USDT)\.d"/.test(text);
      expect(apart.filter((line) => !isCarried(line))).toEqual([]);
      const minutes = apart
        .flatMap((line) => /"timeframe":"1m","ts":(\d+)/.exec(line)?.[1] ?? [])
        .map(Number);
      expect(minutes.every((ts) => ts >= YEAR && ts < YEAR + 5 * MINUTE)).toBe(true);
    },
    120_000,
  );

  it('leaves the minutes of tokens out, and everything else as it is', async () => {
    const { bars } = await outcomeOf({ meddle: meddling(dexscreener, () => null) });
    // hours and days of a bucket are made of its minutes
    const isBucket = (text: string): boolean => /"driver":"(nano|small|mid|big)"/.test(text);
    const apart = differences(bars, undisturbed.bars);
    expect(apart.length).toBeGreaterThan(0);
    expect(apart.filter((line) => !isBucket(line))).toEqual([]);
  }, 120_000);
});

describe('a process that is killed and started again', () => {
  it.each(some([2, 1, 4, 6]))(
    'at write %i of a minute finishes what was begun',
    async (fatal) => {
      let writes = 0;
      const outcome = await outcomeOf({
        async before(home, minute) {
          if (minute !== 4) return;
          const { access } = home;
          const real = access.write;
          const broken = access as { write: unknown };
          broken.write = (work: never) => {
            writes += 1;
            if (writes >= fatal) return Promise.reject(new Error('killed'));
            return real(work);
          };
          await home.drivers.run('1m');
          broken.write = real;
          // a new process knows only what is stored
          Object.assign(home.drivers, home.restarted());
        },
      });
      expect(differences(outcome.bars, undisturbed.bars)).toEqual([]);
      expect(differences(outcome.states, undisturbed.states)).toEqual([]);
    },
    120_000,
  );
});

it('a process that starts anew finds the same bars and states', async () => {
  const home = await simulatedDrivers({ days: 8, now: START, from: prepared });
  try {
    const before = await home.outcome();
    const runs = await home.restarted().run('all', { prices: false });
    expect(runs.flatMap(({ bars_written }) => bars_written)).toEqual([]);
    expect(await home.outcome()).toEqual(before);
  } finally {
    await home.close();
  }
}, 60_000);

/** Rows that one has and the other lacks, as text; the first few. */
function differences(got: readonly unknown[], wanted: readonly unknown[]): readonly string[] {
  const left = new Set(wanted.map((row) => JSON.stringify(row)));
  const extra = got.map((row) => JSON.stringify(row)).filter((line) => !left.delete(line));
  return [...extra.map((line) => `got ${line}`), ...[...left].map((line) => `lacks ${line}`)]
    .slice(0, 40)
    .map((line) => line.slice(0, 400));
}
