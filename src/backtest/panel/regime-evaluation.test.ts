import { describe, expect, it } from 'vitest';
import { dayRange } from '../../analysis/neutral/asset-panel.fixture.js';
import type { NeutralRegime } from '../../analysis/neutral/regime-state.js';
import { Random } from '../../market/random.js';
import { evaluateRegimes } from './regime-evaluation.js';
import { regimeStability } from './regime-metrics.js';

const DAYS = 400;
const random = new Random(3);
const regime = Array.from(
  { length: DAYS },
  (_, row): NeutralRegime => (Math.floor(row / 20) % 2 === 0 ? 'RISK_ON_MAJORS' : 'RISK_ON_ALTS'),
);
const day = dayRange(DAYS);
const timeline = { day, score: new Float64Array(DAYS), regime };
const settings = { horizonsDays: [1, 5], bootstrap: { enabled: true, blockSize: 10, draws: 300, seed: 1 } };
/** What the day after earns depends on today's regime by `edge`. */
const returnsOf = (edge: number): Float64Array =>
  Float64Array.from({ length: DAYS }, (_, row) =>
    row === 0 ? 0 : 0.01 * random.normal() + (regime[row - 1] === 'RISK_ON_MAJORS' ? edge : -edge),
  );

describe('evaluation of regimes', () => {
  it('finds an edge that is there and puts it in its interval', () => {
    const [next] = evaluateRegimes(
      { timeline, alwaysOn: { day, return: returnsOf(0.01) } },
      'corrected',
      settings,
    );
    expect(next!.spread.edge).toBeCloseTo(0.02, 2);
    expect(next!.spread.low).toBeGreaterThan(0.01);
    expect(next!.spread.high).toBeLessThan(0.03);
    const { pValue, meanReturn, low, high } = next!.regimes.get('RISK_ON_MAJORS')!;
    expect(pValue).toBeLessThan(1e-6);
    expect(meanReturn).toBeCloseTo(0.01, 2);
    expect(low).toBeGreaterThan(0.005);
    expect(high).toBeLessThan(0.015);
  });

  it('has an interval around zero where there is none', () => {
    const [next] = evaluateRegimes(
      { timeline, alwaysOn: { day, return: returnsOf(0) } },
      'corrected',
      settings,
    );
    expect(next!.spread.low).toBeLessThan(0);
    expect(next!.spread.high).toBeGreaterThan(0);
  });

  it('gives the same draws for the same seed', () => {
    const result = { timeline, alwaysOn: { day, return: returnsOf(0.001) } };
    expect(evaluateRegimes(result, 'corrected', settings)).toEqual(
      evaluateRegimes(result, 'corrected', settings),
    );
  });

  it('compounds the next days, where the reference takes the one day ahead', () => {
    const returns = new Float64Array(DAYS).fill(0.01);
    const horizons = (profile: 'corrected' | 'reference'): number[] =>
      evaluateRegimes({ timeline, alwaysOn: { day, return: returns } }, profile, settings).map(
        ({ meanAll }) => meanAll,
      );
    expect(horizons('corrected')[1]).toBeCloseTo(1.01 ** 5 - 1, 12);
    expect(horizons('reference')[1]).toBeCloseTo(0.01, 12);
  });

  it('counts spells and switches', () => {
    const { totalSwitches, avgRegimeDurationDays, switchesPerYear, regimeDistribution } =
      regimeStability(timeline);
    expect([totalSwitches, avgRegimeDurationDays]).toEqual([19, 20]);
    expect(switchesPerYear).toBeCloseTo(19 / (399 / 365.25), 12);
    expect(regimeDistribution).toEqual({ RISK_ON_ALTS: 50, RISK_ON_MAJORS: 50 });
  });
});
