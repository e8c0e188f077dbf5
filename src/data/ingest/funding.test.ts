/** What a report of funding says of what came, what did not, and what could not be known. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseInstrument } from '../../market/instrument.js';
import type { VenueId } from '../venues/simulator/venue-ids.js';
import type { Venue } from '../venues/venue.js';
import { VenueError } from '../venues/venue-error.js';
import { type FundingRequest, fetchFunding } from './funding.js';
import { type SimulatedHistory, simulatedHistory } from './simulated-venue.fixture.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let history: SimulatedHistory;
beforeAll(async () => {
  history = await simulatedHistory({ minutes: 20 * 1440, rateLimits: false });
});
afterAll(() => history.close());

/** A venue that does one thing differently. */
const changed = (venue: Venue, change: Partial<Venue>): Venue => Object.assign(Object.create(venue), change);
const request = (id: string, change: Partial<Venue> = {}): FundingRequest => {
  const instrument = parseInstrument(id);
  const venue = changed(history.venues.of(instrument.venue), change);
  return { venue, instrument, clock: history.simulator };
};

it.each<[VenueId, string, string, number]>([
  ['bybit', 'BTCUSDT', 'bybit:linear:BTCUSDT', 8],
  ['okx', 'BTC-USDT-SWAP', 'okx:perp:BTCUSDT', 8],
  ['hyperliquid', 'BTC', 'hyperliquid:main:BTC', 1],
])('of %s is the truth, with the interval that the venue announces', async (venue, symbol, id, hours) => {
  const { access, simulator } = history;
  const asked = request(id);
  expect(await asked.venue.announcedFundingHours(asked.instrument)).toBe(hours);
  const told: (number | undefined)[] = [];
  let kept = 0;
  const report = await fetchFunding(access, {
    ...asked,
    onProgress: (_rows, due) => told.push(due),
    onPublished: (rows) => {
      kept += rows;
    },
  });
  const truth = simulator.truth.funding(venue, symbol, 0, report.to - 1);
  expect(report).toMatchObject({ rows: truth.length, missing: 0, missingShare: 0, intervals: [hours] });
  expect(kept).toBe(truth.length);
  // what progress counts towards
  expect(Math.abs(told.at(-1)! - truth.length)).toBeLessThanOrEqual(1);
  const { ts } = await access.lake.columns('funding_rates', { subject: id, columns: [] });
  expect(Array.from(ts)).toEqual(truth.map(({ time }) => time));
});

it('needs no announcement: the distances tell the interval', async () => {
  const refuse = () => Promise.reject(new VenueError('refused', 'binanceusdm', 'not now'));
  const report = await fetchFunding(
    history.access,
    request('binanceusdm:-:BTCUSDT', { announcedFundingHours: refuse }),
  );
  expect(report).toMatchObject({ missing: 0, intervals: [8] });
});

it('counts events that are due after the last one as missing, stored before or not', async () => {
  const end = history.simulator.now() - 2 * DAY;
  const cut = history.venues.of('bybit');
  const late = request('bybit:linear:ETHUSDT', {
    funding: async (instrument, window, signal) => {
      const page = await cut.funding({ ...instrument, symbol: 'BTCUSDT' }, window, signal);
      return { ...page, events: page.events.filter(({ ts }) => ts <= end) };
    },
    firstBar: (_instrument, timeframe, signal) =>
      cut.firstBar(parseInstrument('bybit:linear:BTCUSDT'), timeframe, signal),
    announcedFundingHours: () => Promise.resolve(8),
  });
  const report = await fetchFunding(history.access, late);
  expect(report.missing).toBe(5);
  expect(report.missingShare).toBeCloseTo(5 / (5 + report.stored), 12);
  expect(report.gaps).toEqual([{ from: report.lastTs, to: report.to, missing: 5 }]);
  // the next run begins after the last event: still missing, and now nothing else
  expect(await fetchFunding(history.access, late)).toMatchObject({ rows: 0, missing: 5, missingShare: 1 });
});

it('says of an empty range that nothing is there, not that nothing is missing', async () => {
  const asked = request('hyperliquid:main:BTC');
  const first = history.simulator.truth.funding('hyperliquid', 'BTC', 0, history.simulator.now())[0]!.time;
  const report = await fetchFunding(history.access, {
    ...asked,
    from: first - 30 * DAY,
    to: first - 20 * DAY,
  });
  expect(report).toMatchObject({ rows: 0, stored: 0, missingShare: null });
  expect(report.warnings.map(({ code }) => code)).toEqual(['no_data']);
});
