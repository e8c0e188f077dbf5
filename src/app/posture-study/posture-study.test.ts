import { afterAll, describe, expect, it } from 'vitest';
import { randomBars } from '../../analysis/uptrend/random-bars.fixture.js';
import { Random } from '../../market/random.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { SAMPLE_FOLDER } from '../../platform/package.js';
import { SampleBars } from './sample-bars.js';
import { minutesOf, PROVIDER_MS, polledSamples, simulateDominance } from './simulated-dominance.js';
import { dailyDrivers } from './study-drivers.js';
import { forwardReturns, worthOf } from './worth.js';

const DAY = TIMEFRAME_MS['1d'];
const MINUTE = TIMEFRAME_MS['1m'];
const sample = new SampleBars(SAMPLE_FOLDER);
afterAll(() => sample.close());

describe('daily drivers of the sample data', () => {
  it('go on from spot to perpetuals without a hole or a jump of the alts', async () => {
    const days = await dailyDrivers(sample);
    for (const { time } of [days.btc, days.alt]) {
      expect(new Date(time.at(-1)!).toISOString()).toMatch(/^2025-10-22/);
      for (let row = 1; row < time.length; row++) expect(time[row]! - time[row - 1]!).toBe(DAY);
    }
    const seam = days.alt.time.indexOf(Date.UTC(2024, 11, 6));
    expect(Math.abs(Math.log(days.alt.close[seam]! / days.alt.close[seam - 1]!))).toBeLessThan(0.1);
    expect(new Date(days.big.time.at(-1)!).toISOString()).toMatch(/^2024-12-05/);
    expect(days.mid.time.length).toBeGreaterThan(200);
  });
});

describe('simulated dominance', () => {
  const minutes = { btc: randomBars(1, 3 * 1440, '1m'), alt: randomBars(2, 3 * 1440, '1m') };
  const start = minutes.btc.time[0]!;
  const days = {
    time: Float64Array.of(start - DAY, start, start + DAY, start + 2 * DAY),
    btc: Float64Array.of(50, 51, 49, 52),
    usdt: Float64Array.of(6, 5.9, 6.2, 6.1),
  };
  const paths = simulateDominance(minutes, days);

  it('ends every day where it was measured', () => {
    for (const day of [0, 1, 2]) {
      expect(paths.btc[1440 * (day + 1) - 1]).toBeCloseTo(days.btc[day + 1]!, 9);
      expect(paths.usdt[1440 * (day + 1) - 1]).toBeCloseTo(days.usdt[day + 1]!, 9);
    }
    const { high, low, close } = minutesOf(paths, paths.btc);
    close.forEach((value, row) => {
      expect(low[row]!).toBeLessThanOrEqual(value);
      expect(high[row]!).toBeGreaterThanOrEqual(value);
    });
  });

  it('is polled as the provider has last renewed it, and never ahead', () => {
    for (const offset of [0, 3 * MINUTE]) {
      const samples = polledSamples(paths, paths.usdt, offset);
      for (const { ts, value, provider_updated_at: renewed } of samples) {
        expect(renewed! % PROVIDER_MS).toBe(offset);
        expect(ts - renewed!).toBeLessThan(PROVIDER_MS);
        const row = paths.time.findLastIndex((open) => open + MINUTE <= renewed!);
        expect(value).toBe(paths.usdt[row]);
      }
      expect(samples.length).toBeGreaterThan(800);
    }
  });
});

describe('what a signal was worth', () => {
  const rows = 2000;
  const random = new Random(4);
  const time = Float64Array.from({ length: rows }, (_, row) => row);
  const outcome = Float64Array.from({ length: rows }, () => random.normal() / 100);
  const plan = { draws: 300, seed: 1, blockLength: 20, rowsPerYear: 1 };

  it('is nothing where the signal knows nothing, and its own variance where it knows all', () => {
    const noise = outcome.map(() => random.uniform());
    const worth = worthOf(
      [
        { name: 'noise', kind: 'gain', signal: noise, outcome },
        { name: 'all', kind: 'gain', signal: outcome, outcome },
        { name: 'rank', kind: 'rank', signal: outcome.map((value) => value ** 3), outcome },
        { name: 'constant', kind: 'gain', signal: outcome.map(() => 0.7), outcome },
      ],
      plan,
    );
    expect(worth.noise!.low).toBeLessThan(0);
    expect(worth.noise!.high).toBeGreaterThan(0);
    const mean = outcome.reduce((sum, value) => sum + value, 0) / rows;
    const variance = outcome.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows;
    expect(worth.all!.estimate).toBeCloseTo(variance, 12);
    expect(worth.all!.low).toBeGreaterThan(0);
    expect(worth.rank!.estimate).toBeCloseTo(1, 12);
    expect(worth.constant!.estimate).toBeCloseTo(0, 12);
  });

  it('adds up: the gain of a sum is the sum of the gains', () => {
    const [x, y] = [outcome.map(() => random.uniform()), outcome.map(() => random.normal())];
    const sum = x.map((value, row) => value + y[row]!);
    const worth = worthOf(
      [x, y, sum].map((signal, at) => ({ name: String(at), kind: 'gain' as const, signal, outcome })),
      plan,
    );
    expect(worth['0']!.estimate + worth['1']!.estimate).toBeCloseTo(worth['2']!.estimate, 12);
  });

  it('takes no return over a missing bar', () => {
    const gapped = time.slice(0, 6).map((ts) => (ts > 2 ? ts + 1 : ts));
    const close = Float64Array.of(1, 2, 4, 8, 16, 32);
    expect([...forwardReturns(gapped, close, 1, 1)]).toEqual([1, 1, Number.NaN, 1, 1, Number.NaN]);
    expect([...forwardReturns(gapped, close, 2, 1)].filter(Number.isFinite)).toEqual([3, 3]);
  });
});
