/** Downloads from a simulated venue: the lake ends as the truth, whatever the venue does. */
import { afterEach, describe, expect, it } from 'vitest';
import { parseInstrument } from '../../market/instrument.js';
import { mixedFaults } from '../venues/simulator/faults/fault-rules.js';
import type { BackfillReport } from './backfill.js';
import { fetchFunding } from './funding.js';
import { fetchOpenInterest } from './open-interest.js';
import {
  BTC,
  type SimulatedHistory,
  type SimulatedHistoryOptions,
  simulatedHistory,
} from './simulated-venue.fixture.js';

const NIGHTLY = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';
let history: SimulatedHistory | undefined;
const open = async (options: SimulatedHistoryOptions = {}): Promise<SimulatedHistory> => {
  history = await simulatedHistory(options);
  return history;
};
afterEach(async () => {
  await history?.close();
  history = undefined;
});

/** Runs it again as a person would: until it ends without an error and without a gap. */
async function untilWhole(run: () => Promise<BackfillReport>): Promise<void> {
  const ends: string[] = [];
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const end = await run().then(
      ({ gaps }) => (gaps.length === 0 ? 'whole' : `${gaps.length} gaps`),
      (error: unknown) => String(error),
    );
    if (end === 'whole') return;
    ends.push(end);
  }
  expect(ends).toEqual(['whole']);
}

describe('backfill', () => {
  it('brings a whole history, asks nothing twice and goes on later', async () => {
    const { fetch, differences, simulator } = await open({ minutes: 10_000 });
    const klines = () => simulator.requests.filter(({ path }) => path.includes('klines')).length;
    const report = await fetch();
    expect(report).toMatchObject({ rows: 10_000, held: 0, absent: 0, gaps: [], pages: 7 });
    expect(await differences('binanceusdm', 'BTCUSDT', BTC, '1m')).toEqual([]);
    const asked = klines();
    const again = await fetch();
    // the newest minutes are asked for again until the venue cannot correct them any more
    expect(again).toMatchObject({ rows: 5, held: 9_995 });
    expect(klines() - asked).toBe(4);
  });

  it('begins at the listing, and says what of the range lies before it', async () => {
    const { fetch, simulator } = await open({ minutes: 3_000 });
    const listed = simulator.truth.bars('binanceusdm', 'BTCUSDT', '1m', 0, simulator.now()).time[0]!;
    const spot = { id: 'binance:spot:BTCUSDT', full: false };
    expect(await fetch(spot)).toMatchObject({ from: listed, rows: 3_000, absent: 0, warnings: [] });
    const early = await fetch({ ...spot, from: listed - 86_400_000 });
    expect(early.warnings).toMatchObject([{ code: 'before_listing' }]);
    const older = await fetch({ ...spot, from: listed - 86_400_000, to: listed - 3_600_000 });
    expect(older).toMatchObject({ rows: 0, pages: 0, firstTs: null });
    expect(older.warnings).toMatchObject([
      { code: 'before_listing', message: expect.stringContaining('nothing was asked for') },
    ]);
  });

  it('does not take for empty what the venue has let go of while it ran', async () => {
    const { fetch, lake, simulator } = await open({ minutes: 7_000 });
    await simulator.advance(30_000);
    const report = await fetch({ id: 'hyperliquid:main:BTC', full: true });
    expect(report).toMatchObject({ absent: 0, gaps: [] });
    expect(report.rows).toBeGreaterThanOrEqual(4_995);
    expect(await lake.status('confirmed_gaps')).toEqual([]);
  });

  it.each(NIGHTLY ? Array.from({ length: 40 }, (_, seed) => seed) : [1, 2])(
    'ends as the truth through a mix of all faults, seed %i',
    async (seed) => {
      const { fetch, differences, simulator } = await open({
        minutes: 15_000,
        faults: mixedFaults(0.4),
        seed,
      });
      await untilWhole(() => fetch());
      // the last minutes: corrections have come by then
      await simulator.advance(400_000);
      await untilWhole(() => fetch());
      expect(simulator.injected.length).toBeGreaterThan(5);
      expect(await differences('binanceusdm', 'BTCUSDT', BTC, '1m')).toEqual([]);
    },
  );
});

describe.each([
  ['binance', 'binance:spot:BTCUSDT', 'BTCUSDT', 3_000],
  ['bybit', 'bybit:linear:BTCUSDT', 'BTCUSDT', 3_000],
  ['okx', 'okx:perp:BTCUSDT', 'BTC-USDT-SWAP', 1_000],
  ['hyperliquid', 'hyperliquid:main:BTC', 'BTC', 3_000],
  ['kraken', 'kraken:spot:BTCUSDT', 'XBTUSDT', 600],
] as const)('%s', (venue, id, symbol, minutes) => {
  it('ends as the truth, through faults too', async () => {
    const { fetch, differences, simulator } = await open({ minutes, faults: mixedFaults(0.3), seed: 3 });
    await untilWhole(() => fetch({ id }));
    await simulator.advance(400_000);
    await untilWhole(() => fetch({ id }));
    expect(await differences(venue, symbol, id, '1m')).toEqual([]);
  });
});

describe('funding', () => {
  it('is a list of events that go on, with their intervals and what is missing', async () => {
    const { access, venues, simulator } = await open({ minutes: 20 * 1440 });
    const instrument = parseInstrument(BTC);
    const request = { venue: venues.of('binanceusdm'), instrument, clock: simulator };
    const report = await fetchFunding(access, request);
    const truth = simulator.truth.funding('binanceusdm', 'BTCUSDT', 0, simulator.now());
    expect(report).toMatchObject({ rows: truth.length, missing: 0, missingShare: 0, intervals: [8] });
    const { ts, columns } = await access.lake.columns('funding_rates', {
      subject: BTC,
      columns: ['funding_rate', 'interval_hours'],
    });
    expect(Array.from(ts)).toEqual(truth.map(({ time }) => time));
    expect(Array.from(columns.funding_rate!)).toEqual(truth.map(({ rate }) => rate));
    expect(await fetchFunding(access, request)).toMatchObject({ rows: 0 });
  });

  it.each(NIGHTLY ? Array.from({ length: 40 }, (_, seed) => seed) : [1, 2])(
    'ends as the truth through faults, seed %i',
    async (seed) => {
      const { access, venues, simulator } = await open({
        minutes: 30 * 1440,
        seed,
        faults: mixedFaults(0.5, { without: ['invalid_parameter'] }),
      });
      const instrument = parseInstrument('hyperliquid:main:BTC');
      const request = { venue: venues.of('hyperliquid'), instrument, clock: simulator, full: true };
      for (let run = 0; run < 20; run += 1) {
        const done = await fetchFunding(access, request).catch(() => undefined);
        if (done?.missing === 0) break;
      }
      const truth = simulator.truth.funding('hyperliquid', 'BTC', 0, simulator.now());
      const { ts, columns } = await access.lake.columns('funding_rates', {
        subject: instrument.id,
        columns: ['funding_rate'],
      });
      const rows = Array.from(ts, (time, row) => [time, columns.funding_rate![row]]);
      // the newest settlement may not have been told yet
      expect(rows.length).toBeGreaterThanOrEqual(truth.length - 1);
      expect(rows).toEqual(truth.slice(0, rows.length).map(({ time, rate }) => [time, rate]));
    },
  );
});

describe('open interest', () => {
  it('is cut to what the venue keeps, says so, and grows from day to day', async () => {
    const { access, venues, simulator } = await open({ minutes: 40 * 1440 });
    const instrument = parseInstrument(BTC);
    const venue = venues.of('binanceusdm');
    const now = simulator.now();
    const report = await fetchOpenInterest(access, {
      venue,
      instrument,
      timeframe: '1m',
      from: now - 60 * 86_400_000,
      clock: simulator,
    });
    expect(report.timeframe).toBe('5m');
    expect(report.warnings.map(({ code }) => code)).toEqual(['coarser_period', 'clamped']);
    expect(report.gaps).toEqual([]);
    const truth = simulator.truth.openInterest('binanceusdm', 'BTCUSDT', report.from, report.to);
    const { ts, columns } = await access.lake.columns('open_interest', {
      subject: BTC,
      timeframe: '5m',
      columns: ['open_interest', 'open_interest_value'],
    });
    expect(Array.from(ts)).toEqual(truth.map(({ time }) => time));
    expect(Array.from(columns.open_interest!)).toEqual(truth.map(({ amount }) => amount));
    const again = await fetchOpenInterest(access, { venue, instrument, timeframe: '5m', clock: simulator });
    expect(again).toMatchObject({ rows: 0, gaps: [] });
  });
});
