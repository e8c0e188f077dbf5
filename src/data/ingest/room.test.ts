/** A download that will not fit is not begun: nothing is asked of the venue but what is needed to know its size. */
import { afterEach, expect, it } from 'vitest';
import { parseInstrument } from '../../market/instrument.js';
import { RESERVED_BYTES } from '../lake/disk-room.js';
import { backfill } from './backfill.js';
import { fetchFunding } from './funding.js';
import { fetchOpenInterest } from './open-interest.js';
import { BTC, type SimulatedHistory, simulatedHistory } from './simulated-venue.fixture.js';

let history: SimulatedHistory | undefined;
afterEach(() => history?.close());

it('refuses bars, funding and open interest that have no room, and takes them when there is', async () => {
  history = await simulatedHistory({ minutes: 20_000 });
  const { venues, simulator, lake } = history;
  const instrument = parseInstrument(BTC);
  const request = { venue: venues.of('binanceusdm'), instrument, clock: simulator, full: true } as const;
  let room = 500_000;
  const access = { ...history.access, free: async () => RESERVED_BYTES + room };
  await expect(backfill(access, { ...request, timeframe: '1m' })).rejects.toMatchObject({
    code: 'not_enough_disk',
    message: expect.stringMatching(/^20,000 bars of binanceusdm:-:BTCUSDT 1m would take about 1 MB · /),
  });
  room = 2_000;
  await expect(fetchFunding(access, request)).rejects.toMatchObject({ code: 'not_enough_disk' });
  await expect(fetchOpenInterest(access, { ...request, timeframe: '5m' })).rejects.toMatchObject({
    code: 'not_enough_disk',
  });
  const paged = simulator.requests.filter(({ path }) => /klines|fundingRate|openInterestHist/.test(path));
  // the question for the first bar aside
  expect(paged.every(({ rows }) => rows <= 1)).toBe(true);
  expect(await lake.status()).toEqual([]);
  room = 900_000;
  expect(await backfill(access, { ...request, timeframe: '1m' })).toMatchObject({ rows: 20_000, gaps: [] });
  // what is held needs none
  room = 12_000;
  await simulator.advance(600_000);
  expect(await backfill(access, { ...request, timeframe: '1m' })).toMatchObject({ gaps: [] });
});
