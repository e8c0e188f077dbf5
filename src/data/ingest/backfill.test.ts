/** Downloads from a simulated venue: the lake ends as the truth, whatever the venue does. */
import { afterEach, describe, expect, it } from 'vitest';
import { mixedFaults } from '../venues/simulator/faults/fault-rules.js';
import {
  BTC,
  type SimulatedHistory,
  type SimulatedHistoryOptions,
  simulatedHistory,
} from './simulated-venue.fixture.js';

let history: SimulatedHistory | undefined;
const open = async (options: SimulatedHistoryOptions = {}): Promise<SimulatedHistory> => {
  history = await simulatedHistory(options);
  return history;
};
afterEach(async () => {
  await history?.close();
  history = undefined;
});

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

  it.each([1, 2, 3, 4])('ends as the truth through a mix of all faults, seed %i', async (seed) => {
    const { fetch, differences, simulator } = await open({
      minutes: 15_000,
      faults: mixedFaults(0.4),
      seed,
    });
    for (let run = 0; run < 20; run += 1) {
      const report = await fetch().catch((error: unknown) => String(error));
      if (typeof report !== 'string' && report.gaps.length === 0) break;
    }
    // the last minutes: corrections have come by then
    await simulator.advance(400_000);
    const last = await fetch();
    expect(last.gaps).toEqual([]);
    expect(simulator.injected.length).toBeGreaterThan(5);
    expect(await differences('binanceusdm', 'BTCUSDT', BTC, '1m')).toEqual([]);
  });
});
