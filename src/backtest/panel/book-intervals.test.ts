import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NEUTRAL_REGIMES, type NeutralRegime } from '../../analysis/neutral/regime-state.js';
import { Random } from '../../market/random.js';
import { DEFAULT_BOOTSTRAP } from '../believability/block-bootstrap.js';
import { bookIntervals } from './book-intervals.js';
import {
  CORRECTED_DAILY_NUMBERS,
  DAILY_NUMBERS,
  type DailyBook,
  type DailyNumber,
} from './majors-alts-result.js';
import { kpisOfDrawnDays, panelKpis } from './panel-kpis.js';
import { regimeMetrics } from './regime-metrics.js';

/** A book of random days, flat on a third of them; regimes come in spells of twenty days. */
function randomBook(rows: number, seed: number): DailyBook {
  const random = new Random(seed);
  const numbers = Object.fromEntries(
    [...DAILY_NUMBERS, ...CORRECTED_DAILY_NUMBERS].map((name) => [
      name,
      Float64Array.from({ length: rows }, () => 0.01 * random.normal()),
    ]),
  ) as Record<DailyNumber, Float64Array>;
  numbers.total_gross = Float64Array.from({ length: rows }, () => (random.below(3) === 0 ? 0 : 1));
  const regime = Array.from(
    { length: rows },
    (_, row): NeutralRegime => NEUTRAL_REGIMES[Math.floor(row / 20) % 3]!,
  );
  return bookOf(
    numbers,
    regime,
    regime.map((_, row) => (row === 0 ? '' : regime[row - 1]!)),
  );
}

function bookOf(
  numbers: DailyBook['numbers'],
  regime: DailyBook['regime'],
  heldRegime: DailyBook['heldRegime'],
): DailyBook {
  let wealth = 1;
  return {
    day: Int32Array.from(regime, (_, row) => row),
    regime,
    heldRegime,
    exitReason: regime.map(() => ''),
    rebalanced: regime.map(() => false),
    numbers,
    unfundedGross: new Float64Array(regime.length),
    equity: numbers.r_ls_net.map((value) => {
      wealth *= 1 + value;
      return wealth;
    }),
  };
}

/** The same days one after the other as a book of their own. */
function drawn(book: DailyBook, positions: Int32Array): DailyBook {
  const at = Array.from(positions);
  const numbers = Object.fromEntries(
    Object.entries(book.numbers).map(([name, column]) => [
      name,
      Float64Array.from(at, (row) => column[row]!),
    ]),
  ) as Record<DailyNumber, Float64Array>;
  return bookOf(
    numbers,
    at.map((row) => book.regime[row]!),
    at.map((row) => book.heldRegime[row]!),
  );
}

describe('intervals of a book', () => {
  it('asks of drawn days what the figures of a book made of those days are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer(), (rows, seed) => {
        const book = randomBook(rows, seed);
        const random = new Random(seed + 1);
        const positions = Int32Array.from({ length: rows }, () => random.below(rows));
        for (const profile of ['corrected', 'reference'] as const) {
          expect(kpisOfDrawnDays(book, profile)(positions)).toEqual(
            panelKpis(drawn(book, positions), profile),
          );
        }
      }),
    );
  });

  it.each(['corrected', 'reference'] as const)('covers the means and totals of regimes, %s', (profile) => {
    const book = randomBook(400, 5);
    const { kpis, regimes } = bookIntervals(book, profile, DEFAULT_BOOTSTRAP);
    const metrics = regimeMetrics(book, profile);
    expect([...regimes.keys()].sort()).toEqual(metrics.map(({ regime }) => regime));
    for (const { regime, meanReturn, totalReturn, days, stdReturn } of metrics) {
      const { mean, total } = regimes.get(regime)!;
      expect(mean.estimate).toBeCloseTo(meanReturn, 14);
      expect(total.estimate).toBeCloseTo(totalReturn, 14);
      // independent days: about ±1.96 standard errors
      const width = (mean.high - mean.low) / (2 * 1.96 * (stdReturn / Math.sqrt(days)));
      expect(width).toBeGreaterThan(0.7);
      expect(width).toBeLessThan(1.3);
      expect(total.low).toBeLessThan(totalReturn);
      expect(total.high).toBeGreaterThan(totalReturn);
    }
    expect(Object.keys(kpis).sort()).toEqual(
      Object.keys(panelKpis(book, profile))
        .filter((name) => name !== 'n_days')
        .sort(),
    );
  });

  it('gives a regime of fewer than ten days none, and a book of fewer than thirty neither', () => {
    const book = randomBook(400, 5);
    const heldRegime = book.heldRegime.map((regime, row) =>
      row >= 100 && row < 109 ? 'STRONG_RISK_ON_MAJORS' : regime,
    );
    const { regimes } = bookIntervals({ ...book, heldRegime }, 'corrected', DEFAULT_BOOTSTRAP);
    expect(regimes.has('STRONG_RISK_ON_MAJORS')).toBe(false);
    expect(regimes.size).toBe(3);
    expect(bookIntervals(randomBook(29, 1), 'corrected', DEFAULT_BOOTSTRAP)).toEqual({
      kpis: {},
      regimes: new Map(),
    });
  });
});
