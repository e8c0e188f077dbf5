import { afterAll, describe, expect, it } from 'vitest';
import type { NeutralProfile } from '../../../src/analysis/neutral/neutral-settings.js';
import { majorsAltsSignal } from '../../../src/backtest/panel/majors-alts-signal.js';
import { Deviation, goldenFiles, goldenJson } from '../golden-files.js';
import { FOLDER, goldenInput, goldenSettings, MAIN_CONFIG, report } from './golden-majors-alts.js';

type Values = Record<string, number>;

interface GoldenSignal {
  readonly asof_date: string;
  readonly data_date?: string;
  readonly regime: string;
  readonly score: number;
  readonly tradeable?: boolean;
  readonly suggested_gross: number;
  readonly leg_weights: { readonly majors: Values; readonly alts: Values };
  readonly basket?: Values;
  readonly betas?: Record<string, Values>;
  readonly expected_funding_daily: number;
  readonly key_features: Values;
}

const CASES = (['corrected', 'reference'] as const).flatMap((profile) =>
  goldenFiles(`${FOLDER}/${profile}`, /^signals_.*\.json$/).map((file) => [profile, file] as const),
);

describe('golden signals', () => {
  const total = new Deviation();
  afterAll(() => report('signals', total));

  it('are all of days that can be told', () => {
    expect(CASES.every(([, file]) => /^signals_\d{4}-\d\d-\d\d\.json$/.test(file))).toBe(true);
  });

  it.each(CASES)('%s %s', async (profile: NeutralProfile, file: string) => {
    const golden = goldenJson<GoldenSignal>(`${FOLDER}/${profile}`, file);
    const settings = goldenSettings(MAIN_CONFIG, profile);
    const asof = Date.parse(`${golden.asof_date}T00:00:00Z`) / 86_400_000;
    const signal = majorsAltsSignal(await goldenInput(settings), settings, asof);
    const deviation = new Deviation();
    const compare = (
      where: string,
      actual: number | null | undefined,
      expected: number,
      tolerance: number,
    ): void => deviation.compare(where, actual ?? Number.NaN, expected, 0, tolerance);
    const compareAll = (where: string, actual: object, expected: Values, tolerance: number): void => {
      expect(Object.keys(actual), where).toEqual(Object.keys(expected));
      for (const [key, value] of Object.entries(expected)) {
        compare(`${where} ${key}`, (actual as Values)[key], value, tolerance);
      }
    };
    expect(signal.regime).toBe(golden.regime);
    expect(signal.dataDay === null).toBe(golden.data_date === undefined);
    compare('score', signal.score, golden.score, 1e-8);
    compare('suggested gross', signal.suggestedGross, golden.suggested_gross, 1e-8);
    compareAll('majors', signal.legWeights.majors, golden.leg_weights.majors, 1e-8);
    compareAll('alts', signal.legWeights.alts, golden.leg_weights.alts, 1e-8);
    compare('funding', signal.expectedFundingDaily, golden.expected_funding_daily, 1e-9);
    compareAll('features', signal.keyFeatures, golden.key_features, 1e-6);
    expect(signal.book?.tradeable).toBe(golden.tradeable);
    if (golden.basket) compareAll('basket', signal.book!.basket, golden.basket, 1e-8);
    for (const [asset, betas] of Object.entries(golden.betas ?? {})) {
      compareAll(`betas ${asset}`, signal.book!.betas[asset]!, betas, 1e-7);
    }
    total.add(deviation);
    expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
  });
});
