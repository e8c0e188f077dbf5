import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../market/clock.js';
import { Random } from '../../market/random.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { type LakeFileSystem, nodeFileSystem } from './file-system.js';
import { Lake } from './lake.js';
import type { LakeWriter } from './lake-writer.js';
import { ROLL_UP_TIMEFRAMES, type RollUpReport, type RollUpRequest, rollUpLake } from './roll-up.js';

const BTC = 'binance:spot:BTCUSDT';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2025, 7, 30);
const isNightly = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';

interface Home {
  readonly folder: string;
  readonly clock: FixedClock;
  readonly lake: Lake;
  readonly writer: LakeWriter;
}

async function openHome(): Promise<Home> {
  const folder = mkdtempSync(join(tmpdir(), 'roll-up-'));
  const clock = new FixedClock(START + 10 * DAY);
  const lake = await Lake.open(join(folder, 'lake'), { clock, threads: 1 });
  return { folder, clock, lake, writer: await lake.writer() };
}

async function closeHome({ folder, lake }: Home): Promise<void> {
  await lake.close();
  rmSync(folder, { recursive: true, force: true });
}

let home: Home;
beforeEach(async () => {
  home = await openHome();
});
afterEach(() => closeHome(home));

/** One minute with a value of its own; `version` tells corrections apart. */
function minute(index: number, version = 0, extra: Record<string, unknown> = {}) {
  const close = 100 + Math.sin(index * 1.7) + version / 8;
  return {
    instrument_id: BTC,
    timeframe: '1m',
    ts: START + index * MINUTE,
    open: close - 0.25,
    high: close + 1 / 3,
    low: close - 0.5,
    close,
    volume: 0.1 + (index % 7) / 3 + version,
    quote_volume: 10.1 + index,
    trades: 3 + version,
    ...extra,
  };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

async function put(
  { writer }: Home,
  indexes: readonly number[],
  version = 0,
  source = 'rest',
): Promise<void> {
  await writer.append(
    'bars',
    indexes.map((index) => minute(index, version)),
    { source },
  );
}

function run(at: Home, request: Partial<RollUpRequest> = {}): Promise<RollUpReport> {
  return rollUpLake(at.lake, {
    write: (work) => work(at.writer),
    now: at.clock.now(),
    ...request,
  });
}

async function stored({ lake }: Home, timeframe: string, source = 'rollup') {
  const names = [
    'ts',
    'open',
    'high',
    'low',
    'close',
    'volume',
    'quote_volume',
    'trades',
    'bars_used',
    'expected_bars',
    'coverage_pct',
    'partial',
  ];
  const { rows } = await lake.sql(
    `SELECT ${names.join(', ')} FROM bars WHERE timeframe = '${timeframe}' AND source = '${source}' ORDER BY ts`,
  );
  return rows;
}

const all = async (at: Home) =>
  Object.fromEntries(
    await Promise.all(ROLL_UP_TIMEFRAMES.map(async (name) => [name, await stored(at, name)] as const)),
  );

describe('rollUpLake', () => {
  it('writes the closed buckets of every timeframe, and nothing the second time', async () => {
    await put(home, range(0, 1440 + 61));
    const report = await run(home);
    const written = Object.fromEntries(Object.entries(report).map(([name, count]) => [name, count.written]));
    expect(written).toEqual({ '5m': 300, '15m': 100, '1h': 25, '4h': 6, '1d': 1 });
    for (const timeframe of ROLL_UP_TIMEFRAMES) {
      const derived = await home.lake.series(BTC, timeframe);
      expect(derived.kind).toBe('derived');
      const rows = await stored(home, timeframe);
      expect(rows.map((row) => row.slice(0, 6))).toEqual(
        Array.from(derived.series.time, (time, at) => [
          time,
          ...(['open', 'high', 'low', 'close', 'volume'] as const).map((name) => derived.series[name][at]),
        ]),
      );
      const length = TIMEFRAME_MS[timeframe] / MINUTE;
      for (const row of rows) expect(row.slice(8)).toEqual([length, length, 100, false]);
    }
    home.clock.advance(HOUR);
    const again = await run(home);
    for (const timeframe of ROLL_UP_TIMEFRAMES) {
      expect(again[timeframe]).toMatchObject({ written: 0, unchanged: report[timeframe].written });
    }
  });

  it('sums quote volume and trades, and says when minutes are lacking', async () => {
    const indexes = range(0, 120).filter((index) => index < 50 || index >= 100);
    await put(home, indexes);
    await run(home);
    const [first, second] = await stored(home, '1h');
    const sum = (from: number, to: number): number =>
      indexes
        .filter((index) => index >= from && index < to)
        .reduce((total, index) => total + 10.1 + index, 0);
    expect(first!.slice(6)).toEqual([sum(0, 60), 150, 50, 60, (100 * 50) / 60, false]);
    expect(second!.slice(6)).toEqual([sum(60, 120), 60, 20, 60, (100 * 20) / 60, true]);
  });

  it('rolls the buckets of a corrected minute anew, and only those', async () => {
    await put(home, range(0, 1440));
    await run(home);
    home.clock.advance(MINUTE);
    await put(home, [100], 1);
    const report = await run(home);
    for (const timeframe of ROLL_UP_TIMEFRAMES) {
      expect(report[timeframe]).toMatchObject({ written: 1, revised: 1 });
    }
    const [row] = (await stored(home, '5m')).filter(([ts]) => ts === START + 100 * MINUTE);
    expect(row![5]).toBeCloseTo(
      range(100, 105).reduce((sum, index) => sum + 0.1 + (index % 7) / 3, 1),
      12,
    );
    expect(row![4]).toBe(minute(104).close);
  });

  it('never stands above a bar of the venue, whatever came first', async () => {
    await put(home, range(0, 240));
    const native = (hour: number, source: string, partial = false) =>
      home.writer.append(
        'bars',
        [{ ...minute(hour * 60), timeframe: '1h', high: 500, partial, bars_used: null }],
        { source },
      );
    await native(0, 'ws');
    await native(3, 'rest', true);
    const report = await run(home, { timeframes: ['1h'] });
    expect(report['1h']).toMatchObject({ written: 3, native: 1 });
    home.clock.advance(1);
    // of a source that nobody knows, and older than the roll-up
    await home.writer.append('bars', [{ ...minute(60), timeframe: '1h', high: 600, ingested_at: 5 }], {
      source: 'somebody',
    });
    const { columns } = await home.lake.columns('bars', {
      subject: BTC,
      timeframe: '1h',
      columns: ['high', 'partial'],
    });
    const rolledHigh = Math.max(...range(180, 240).map((index) => minute(index).high));
    expect([columns.high![0], columns.high![1], columns.high![3]]).toEqual([500, 600, rolledHigh]);
    expect((await run(home, { timeframes: ['1h'] }))['1h']).toMatchObject({
      written: 0,
      native: 2,
      unchanged: 2,
    });
  });

  it('does not close a bucket with a forming minute', async () => {
    await put(home, range(0, 59));
    await home.writer.append('bars', [minute(59, 0, { partial: true })], { source: 'ws' });
    expect((await run(home))['1h'].written).toBe(0);
    await put(home, [59]);
    expect((await run(home))['1h'].written).toBe(1);
  });

  it('closes what the caller knows to be whole', async () => {
    await put(home, range(0, 55));
    expect((await run(home))['1h'].written).toBe(0);
    expect((await run(home, { horizon: START + HOUR }))['1h'].written).toBe(1);
    expect((await stored(home, '1h'))[0]!.slice(8)).toEqual([55, 60, (100 * 55) / 60, false]);
  });

  it('keeps its bars when the minutes are taken away', async () => {
    await put(home, range(0, 1440));
    await run(home);
    const before = await all(home);
    await home.writer.deleteRows('bars', { timeframe: '1m' }, `ts < ${START + 6.5 * HOUR}`);
    const report = await run(home);
    expect(report['1d']).toMatchObject({ written: 0, kept: 1 });
    expect(await all(home)).toEqual(before);
    const day = await home.lake.series(BTC, '1d');
    expect([day.kind, day.series.length, day.complete[0]]).toEqual(['native', 1, 1]);
  });

  it('works on the days asked for', async () => {
    await put(home, range(0, 3 * 1440));
    const report = await run(home, { from: START + DAY + HOUR, to: START + DAY + 2 * HOUR });
    expect(report['1h'].written).toBe(24);
    expect((await run(home))['1h']).toMatchObject({ written: 48, unchanged: 24 });
  });

  it('expects only the minutes of the session', async () => {
    const SPY = 'file:equity:SPY';
    // Tuesday, 9:30 to 16:00 in New York
    const open = Date.UTC(2025, 8, 2, 13, 30);
    const rows = range(0, 390).map((index) => ({
      ...minute(index),
      instrument_id: SPY,
      ts: open + index * MINUTE,
    }));
    await home.writer.append('bars', rows, { source: 'archive' });
    await run(home, { horizon: Date.UTC(2025, 8, 3) });
    expect((await stored(home, '1d'))[0]!.slice(8)).toEqual([390, 390, 100, false]);
    expect((await stored(home, '1h'))[0]!.slice(8)).toEqual([30, 30, 100, false]);
  });

  it('goes on after an end at any moment of writing', async () => {
    await put(home, range(0, 1600));
    const whole = await openHome();
    try {
      await put(whole, range(0, 1600));
      await run(whole);
      const expected = await all(whole);
      // five timeframes of one month: five parts to name
      for (const renames of [0, 1, 2]) {
        let done = 0;
        const dying: LakeFileSystem = {
          ...nodeFileSystem,
          rename(from, to) {
            if (done === renames) throw new Error('killed');
            done += 1;
            nodeFileSystem.rename(from, to);
          },
        };
        const lake = await Lake.open(join(home.folder, 'lake'), { clock: home.clock, fileSystem: dying });
        const writer = await lake.writer();
        const now = home.clock.now();
        await expect(rollUpLake(lake, { write: (work) => work(writer), now })).rejects.toThrow('killed');
        expect(done).toBe(renames);
        await lake.close();
      }
      await run(home);
      expect(await all(home)).toEqual(expected);
    } finally {
      await closeHome(whole);
    }
  });

  it('gives the same whatever the order and the pieces in which minutes and corrections arrive', async () => {
    const minutes = 500;
    const whole = await openHome();
    try {
      const corrected = range(0, minutes).filter((index) => index % 41 === 0);
      await put(whole, range(0, minutes), 0);
      whole.clock.advance(1);
      await put(whole, corrected, 1);
      await run(whole);
      const expected = await all(whole);
      expect(Object.values(expected).map((rows) => rows.length)).toEqual([100, 33, 8, 2, 0]);
      await fc.assert(
        fc.asyncProperty(
          fc.integer(),
          fc.integer({ min: 2, max: 9 }),
          fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
          async (seed, pieces, rollAfter) => {
            const parts = await openHome();
            try {
              const random = new Random(seed);
              const piece = range(0, minutes).map(() => Math.floor(random.uniform() * pieces));
              for (let number = 0; number < pieces; number += 1) {
                const indexes = range(0, minutes).filter((index) => piece[index] === number);
                parts.clock.advance(1);
                // a correction comes with its minute or any time later
                const fresh = indexes.filter((index) => !corrected.includes(index));
                await put(parts, fresh);
                await put(
                  parts,
                  indexes.filter((index) => corrected.includes(index)),
                  seed % 2 === 0 ? 0 : 2,
                );
                if (rollAfter[number]) await run(parts);
              }
              parts.clock.advance(1);
              await put(parts, corrected, 1);
              if (rollAfter[0]) await parts.writer.compact();
              await run(parts);
              expect(await all(parts)).toEqual(expected);
            } finally {
              await closeHome(parts);
            }
          },
        ),
        { numRuns: isNightly ? 40 : 4 },
      );
    } finally {
      await closeHome(whole);
    }
  });
});
