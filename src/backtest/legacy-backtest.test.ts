import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  fundingRisk,
  type LegacyBucket,
  legacyBucket,
  legacyRow,
  legacyScore,
  legacyZ,
} from '../analysis/legacy-score/legacy-score.js';
import { legacyBacktest } from './legacy-backtest.js';

const FOLDER = 'test/golden/data/majors-alts/lake/legacy';

function table(file: string): Record<string, string>[] {
  const [header = '', ...lines] = readFileSync(`${FOLDER}/${file}`, 'utf8').trim().split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, at) => [names[at]!, cell])));
}

describe('the 0-to-100 score', () => {
  it('reproduces every stored row and bucket', () => {
    const rows = table('regime_history.csv');
    expect(rows).toHaveLength(743);
    for (const row of rows) {
      const score = legacyScore({
        btc1d: Number(row.btc_1d),
        btc7d: Number(row.btc_7d),
        spread7: Number(row.spread7),
        fundingRisk: Number(row.funding_risk),
        oiChange3d: Number(row.oi_change_3d),
        breadth: Number(row.breadth_3d),
      });
      expect(Math.abs(score - Number(row.regime_score)), row.date_iso).toBeLessThan(2e-4);
      expect(legacyBucket(Number(row.regime_score)), row.date_iso).toBe(row.bucket);
    }
  });

  it('makes its features from returns of BTC and the alts', () => {
    const row = legacyRow({
      btc1d: 3,
      btc7d: 7,
      alts: [
        { return1d: 0, return7d: 0 },
        { return1d: 9, return7d: 14 },
      ],
      altFunding: 0.02,
      btcFunding: 0.01,
      spreads: [0.01],
      oiChange3d: 10,
    });
    expect(row).toMatchObject({
      alt_7d_avg: 7,
      spread7: 0,
      breadth_3d: 0.5,
      funding_heating: 0,
      funding_risk: 0.5,
    });
    // 0 − 0.125 − 0.15 · 0.2 − 0.05
    expect(row.regime_score).toBeCloseTo((1 - 0.125 - 0.03 - 0.05) * 50, 10);
    expect(row.bucket).toBe('ORANGE');
  });

  it('heats with funding that rises, and caps a big week', () => {
    const flat = new Array<number>(10).fill(0);
    const rising = fundingRisk([...flat, ...new Array<number>(10).fill(0.0005)]);
    expect(rising.heating).toBeCloseTo(0.00025, 12);
    expect(rising.risk).toBeCloseTo(0.5, 12);
    expect(fundingRisk([...new Array<number>(10).fill(1), ...flat]).risk).toBe(0);
    const big = { btc1d: 1, spread7: 20, fundingRisk: 0, oiChange3d: 0, breadth: 0 };
    expect(legacyScore({ ...big, btc7d: 16 })).toBe(60);
    expect(legacyScore({ ...big, btc7d: 5 })).toBe(100);
  });

  it('stands against earlier rows only from the twentieth on', () => {
    const earlier = Array.from({ length: 20 }, (_, i) => i);
    expect(legacyZ(earlier.slice(1), 5)).toBe(0);
    expect(legacyZ(earlier, 9.5)).toBe(0);
    expect(legacyZ(earlier, 9.5 + Math.sqrt(33.25))).toBeCloseTo(1, 12);
  });
});

describe('its backtest', () => {
  it('reproduces the stored weights, returns and equity of three sizings', () => {
    const rows = table('regime_backtest_output.csv');
    expect(rows).toHaveLength(719);
    const days = rows.map((row) => ({
      score: Number(row.regime_score),
      bucket: row.bucket as LegacyBucket,
      btc: Number(row.ret_btc),
      alts: Number(row.ret_alts),
    }));
    // the stored file ends with a day whose next return it still knew
    const last = Number(rows.at(-1)!.ret_ls_fwd_1d);
    const result = legacyBacktest([...days, { score: 50, bucket: 'YELLOW', btc: last, alts: 0 }]);
    rows.forEach((row, at) => {
      expect(result.bucketWeight[at]).toBeCloseTo(Number(row.w_bucket), 12);
      expect(result.scoreWeight[at]).toBeCloseTo(Number(row.w_score), 10);
      expect(result.longShort[at]).toBeCloseTo(Number(row.ret_ls), 12);
      expect(result.returns.bucket_sized[at]).toBeCloseTo(Number(row.ret_bucket_sized), 12);
      expect(result.equity.always_on[at]).toBeCloseTo(Number(row.equity_always_on), 9);
      expect(result.equity.score_sized[at]).toBeCloseTo(Number(row.equity_score_sized), 9);
    });
    const { always_on, bucket_sized, score_sized } = result.summary;
    const rounded = [always_on, bucket_sized, score_sized].map((each) => [
      each.sharpe.toFixed(2),
      (100 * each.total_return).toFixed(1),
      (100 * each.max_drawdown).toFixed(1),
    ]);
    expect(rounded).toEqual([
      ['-1.34', '-88.2', '-89.5'],
      ['-0.73', '-59.9', '-71.7'],
      ['-0.18', '-22.0', '-46.3'],
    ]);
  });

  it('trades nothing without a day after', () => {
    const one = legacyBacktest([{ score: 90, bucket: 'GREEN', btc: 0.1, alts: 0 }]);
    expect(one.summary.always_on).toEqual({ sharpe: 0, total_return: 0, max_drawdown: 0 });
  });
});
