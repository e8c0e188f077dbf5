/**
 * What goes wrong with the drivers' sources, database, clock and process, and what is left of it (regime spec §3–§8, §16.6;
 * the table is in docs/reference/driver-faults.md). Every case runs the same minutes over the turn of a year, with a fault
 * in the middle; when it is over, bars, states and A/E must be those of a run in which nothing went wrong, bit for bit.
 *
 * The long profile takes every fault alone, and kills a process at every point of the pipeline. The short one takes them
 * one after the other in a single run. Prices of tokens and samples of dominance cannot be had afterwards: there the
 * minutes of the fault stay as they are, and everything else must be equal.
 */
import { rmSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cable } from '../../../test/cable.js';
import { startPostgres } from '../../../test/postgres-server.js';
import {
  dexscreener,
  differences,
  disturbed,
  HOUR,
  isLong,
  KILLED_DAYS,
  killedAt,
  MINUTE,
  meddled,
  meddling,
  outcomeOf,
  preparedHome,
  refusing,
  START,
  worker,
  YEAR,
} from './driver-faults.fixture.js';
import { CASES, LOST_SAMPLES, STORM } from './fault-cases.fixture.js';
import { type Outcome, type SimulatedDrivers, simulatedDrivers } from './simulated-drivers.fixture.js';

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

it('sources missing, frozen, late and wrong, the database down, the clock off by an hour, a kill: nothing is left of it', async () => {
  let minute = 0;
  let offset = 0;
  const zone = process.env.TZ;
  // no zone of a machine moves a minute
  process.env.TZ = 'America/New_York';
  try {
    const outcome = await disturbed(prepared, {
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

if (isLong)
  describe('each fault alone', () => {
    it.each(CASES)(
      '%s · %s: bars, states and A/E are those of an undisturbed run',
      async (_source, _fault, trouble) => {
        expectUndisturbed(await disturbed(prepared, trouble()));
      },
      120_000,
    );

    it.each(LOST_SAMPLES)(
      '%s · %s: the sample is missed, nothing wrong is stored',
      async (_source, _fault, trouble) => {
        const { bars } = await disturbed(prepared, trouble());
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
      const { bars } = await disturbed(prepared, { meddle: meddling(dexscreener, () => null) });
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
        const outcome = await disturbed(prepared, {
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

/** Parts of the points of a run, so that one can be run again, or several side by side. */
const QUARTERS = [1, 2, 3, 4];

if (isLong)
  describe('a process that is killed at any point of the pipeline', () => {
    const at = START + 6 * MINUTE;
    const from = async (folder: string): Promise<SimulatedDrivers> =>
      simulatedDrivers({ days: KILLED_DAYS, now: at, from: folder });
    let midway: string;
    let points: readonly string[] = [];
    let wanted: Outcome;

    beforeAll(async () => {
      const fresh = await preparedHome(START, KILLED_DAYS);
      const began = await fresh.snapshot();
      await fresh.close();
      const base = await from(began);
      midway = await base.snapshot();
      await base.away(async () => {
        const whole = worker(base, 'all');
        points = JSON.parse(await text(whole.stdout!)) as readonly string[];
      });
      await base.drivers.run('all');
      wanted = await base.outcome();
      await base.close();
      rmSync(began, { recursive: true });
    }, 180_000);
    afterAll(() => rmSync(midway, { recursive: true, force: true }));

    it('passes requests, writes, transactions and statements', () => {
      for (const what of ['request', 'write', 'transaction', 'statement']) {
        expect(
          points.some((point) => point.startsWith(`after ${what}`)),
          what,
        ).toBe(true);
      }
    });

    it.each(QUARTERS)(
      'is followed by one that finishes what was begun, quarter %i of the points',
      async (quarter) => {
        const own = points.filter((_, row) => row % QUARTERS.length === quarter - 1);
        const spoilt: string[] = [];
        for (const point of own) {
          const home = await from(midway);
          try {
            await killedAt(home, 'all', point);
            await home.drivers.run('all');
            expectUndisturbed(await home.outcome(), wanted);
          } catch (error) {
            // the others are worth knowing too
            spoilt.push(`${point}: ${error instanceof Error ? error.message : error}`);
          } finally {
            await home.close();
          }
        }
        console.info(`quarter ${quarter}: a kill at ${own.length} of ${points.length} points`);
        expect(spoilt).toEqual([]);
      },
      3_600_000,
    );
  });
