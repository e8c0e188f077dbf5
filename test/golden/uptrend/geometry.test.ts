import { afterAll, describe, expect, it } from 'vitest';
import { Geometry, geometryCadence } from '../../../src/analysis/uptrend/geometry.js';
import { priceDecimals } from '../../../src/analysis/uptrend/levels.js';
import { Deviation, goldenFiles, goldenText } from '../golden-files.js';
import { goldenSeries, goldenTimeframe } from './golden-series.js';

interface GoldenRebuild {
  readonly bar: number;
  readonly swing_highs: number;
  readonly swing_lows: number;
  readonly n: number;
  readonly sum_price: number;
  readonly sum_strength: number;
  readonly levels?: readonly GoldenLevel[];
}

interface GoldenLevel {
  readonly price: number;
  readonly strength: number;
  readonly confidence: number;
  readonly price_rounded_native: number;
  readonly source?: string;
  readonly fib_id?: string;
  readonly correlation?: string;
  readonly take_profit_target?: boolean;
}

const names = goldenFiles('uptrend', /\.geometry\.jsonl$/).map((file) => file.replace('.geometry.jsonl', ''));

describe.runIf(names.length > 0)('golden geometry', () => {
  const summaries: string[] = [];
  afterAll(() => {
    console.info(summaries.join('\n'));
  });

  for (const name of names) {
    it(`${name}: every rebuild`, () => {
      const text = goldenText('uptrend', `${name}.geometry.jsonl`).trim();
      const golden = text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as GoldenRebuild);
      const byBar = new Map(golden.map((line) => [line.bar, line]));
      const geometry = new Geometry(geometryCadence(goldenTimeframe(name)));
      const deviation = new Deviation();
      const rebuilt: number[] = [];
      goldenSeries(name).close.forEach((close, bar) => {
        if (!geometry.next(close)) return;
        rebuilt.push(bar);
        const expected = byBar.get(bar);
        if (!expected) return;
        const { levels } = geometry;
        expect([geometry.swingHighs, geometry.swingLows, levels.length], `bar ${bar}`).toEqual([
          expected.swing_highs,
          expected.swing_lows,
          expected.n,
        ]);
        const strengths = levels.reduce((sum, level) => sum + level.strength, 0);
        expect(strengths, `strengths at bar ${bar}`).toBe(expected.sum_strength);
        const prices = levels.reduce((sum, level) => sum + level.price, 0);
        deviation.compare(`sum of prices at bar ${bar}`, prices, expected.sum_price, 1e-9, 0);
        expected.levels?.forEach((level, at) => {
          const mine = levels[at]!;
          const where = `level ${at} at bar ${bar}`;
          expect(
            [
              mine.strength,
              mine.confidence,
              mine.source,
              mine.fib_id,
              mine.correlation,
              mine.take_profit_target,
            ],
            where,
          ).toEqual([
            level.strength,
            level.confidence,
            level.source,
            level.fib_id,
            level.correlation,
            level.take_profit_target,
          ]);
          deviation.compare(where, mine.price, level.price, 1e-9, 0);
          const unit = 10 ** -priceDecimals(level.price);
          expect(Math.abs(mine.price_rounded - level.price_rounded_native), where).toBeLessThanOrEqual(
            unit * 1.01,
          );
        });
      });
      expect(rebuilt).toEqual(golden.map(({ bar }) => bar));
      expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
      summaries.push(`${deviation.summary(`${name} geometry`)}; ${golden.length} rebuilds`);
    });
  }
});
