/** Which window of open interest is asked for, and what is said of the rest. */
import { afterEach, expect, it, vi } from 'vitest';
import { walkBars } from '../../../test/venues/local-bars.js';
import { parseInstrument } from '../../market/instrument.js';
import type { Venue } from '../venues/venue.js';
import { fetchOpenInterest, type OpenInterestRequest } from './open-interest.js';
import { BTC, type SimulatedHistory, simulatedHistory } from './simulated-venue.fixture.js';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
let history: SimulatedHistory;
afterEach(() => history.close());

const changed = (venue: Venue, change: Partial<Venue>): Venue => Object.assign(Object.create(venue), change);
const codes = ({ warnings }: { warnings: readonly { readonly code: string }[] }) =>
  warnings.map(({ code }) => code);
function request(id: string, change: Partial<Venue> = {}): OpenInterestRequest {
  const instrument = parseInstrument(id);
  const venue = changed(history.venues.of(instrument.venue), change);
  return { venue, instrument, timeframe: '5m', clock: history.simulator };
}
const open = async (minutes: number): Promise<void> => {
  history = await simulatedHistory({ minutes, rateLimits: false });
};

it('says at the first run that the venue keeps a month, and is quiet about it afterwards', async () => {
  await open(40 * 1440);
  const first = await fetchOpenInterest(history.access, request(BTC));
  expect([codes(first), first.gaps]).toEqual([['clamped'], []]);
  expect(codes(await fetchOpenInterest(history.access, request(BTC)))).toEqual([]);
  // one file, not one per page
  const [row] = await history.lake.status('open_interest');
  expect(row!.files).toBe(2);
});

it('says so where it brings less than the venue keeps, and brings all of it when asked', async () => {
  await open(33 * 1440);
  const asked = request('bybit:linear:BTCUSDT');
  const { simulator } = history;
  const first = await fetchOpenInterest(history.access, asked);
  expect(codes(first)).toEqual(['recent_only']);
  const all = await fetchOpenInterest(history.access, { ...asked, full: true });
  expect([codes(all), all.gaps]).toEqual([[], []]);
  const truth = simulator.truth.openInterest('bybit', 'BTCUSDT', 0, all.to);
  const { ts } = await history.lake.columns('open_interest', {
    subject: asked.instrument.id,
    timeframe: '5m',
    columns: [],
  });
  expect(Array.from(ts)).toEqual(truth.map(({ time }) => time));
  // goes on from what is stored, not a month ago
  expect(await fetchOpenInterest(history.access, asked)).toMatchObject({ from: all.from, rows: 0 });
});

it('asks for nothing of a range that the venue does not keep any more', async () => {
  await open(40 * 1440);
  const openInterest = vi.fn<Venue['openInterest']>();
  const to = history.simulator.now() - 35 * DAY;
  const asked = { ...request(BTC, { openInterest }), from: to - DAY, to };
  const report = await fetchOpenInterest(history.access, asked);
  expect([report.rows, codes(report), openInterest.mock.calls]).toEqual([0, ['clamped'], []]);
  expect(report.warnings[0]!.message).toContain('nothing was asked for');
});

it('takes neither the minutes before the listing nor the newest periods for gaps', async () => {
  await open(3 * 1440);
  const venue = history.venues.of('binanceusdm');
  const listed = walkBars('BTC', 1).series.time[0]! + 37 * MINUTE;
  const report = await fetchOpenInterest(
    history.access,
    request(BTC, {
      firstBar: (_instrument, timeframe) =>
        Promise.resolve(timeframe === '1m' ? listed : listed - (listed % (60 * MINUTE))),
      openInterest: async (instrument, period, window, signal) => {
        const rows = await venue.openInterest(instrument, period, window, signal);
        return rows.filter(({ ts }) => ts >= listed && ts < history.simulator.now() - 12 * MINUTE);
      },
    }),
  );
  expect([codes(report), report.gaps]).toEqual([['newest_missing'], []]);
});
