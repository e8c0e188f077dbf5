import { afterAll, describe, expect, it } from 'vitest';
import type { NeutralProfile } from '../../../src/analysis/neutral/neutral-settings.js';
import {
  type AssetDayValues,
  CORRECTED_DAILY_NUMBERS,
  DAILY_NUMBERS,
} from '../../../src/backtest/panel/majors-alts-result.js';
import { runMajorsAlts } from '../../../src/backtest/panel/run-majors-alts.js';
import { isoDate } from '../../../src/market/asset-panel.js';
import { Deviation, goldenCsv, goldenJson, hasGoldenFile } from '../golden-files.js';
import {
  configNames,
  FOLDER,
  goldenFolders,
  goldenInput,
  goldenSettings,
  report,
} from './golden-majors-alts.js';

const CASES = (['corrected', 'reference'] as const).flatMap((profile) =>
  configNames
    .filter((name) => hasGoldenFile(`${FOLDER}/${profile}/${name}`, 'bt_equity_curve.csv'))
    .map((name) => [profile, name] as const),
);

/** Absolute tolerances of the golden README; the score's too. */
const TOLERANCE: Readonly<Record<string, number>> = {
  score: 1e-8,
  pnl: 1e-9,
  cost: 1e-9,
  funding: 1e-9,
  r_ls_gross: 1e-9,
  r_ls_net: 1e-9,
  equity_curve: 1e-8,
  weight: 1e-8,
  basket_weight: 1e-8,
  beta_btc: 1e-7,
  beta_eth: 1e-7,
};
/** Turnovers, gross, errors: made of weights. */
const OF_WEIGHTS = 1e-8;

it('has a configuration for every run', () => {
  const runs = (profile: string): string[] => goldenFolders(`${FOLDER}/${profile}`);
  const folders = [...runs('corrected'), ...runs('reference')];
  expect(CASES.map(([, name]) => name).sort()).toEqual(folders.sort());
});

const yesNo = (flag: boolean): string => (flag ? 'True' : 'False');

describe.each(CASES)('golden run, %s profile, %s', (profile: NeutralProfile, name: string) => {
  const folder = `${FOLDER}/${profile}/${name}`;
  const groups = new Map<string, Deviation>();
  afterAll(() => {
    for (const [group, deviation] of groups) report(`${profile} ${name} ${group}`, deviation);
  });
  const judge = (group: string, deviation: Deviation): void => {
    const total = groups.get(group) ?? new Deviation();
    total.add(deviation);
    groups.set(group, total);
    expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
  };

  const run = (async () => {
    const settings = goldenSettings(name, profile);
    return runMajorsAlts(await goldenInput(settings), settings);
  })();

  it('score and regimes', async () => {
    const { timeline } = await run;
    const golden = goldenCsv(folder, 'regime_timeline.csv');
    expect(Array.from(timeline.day, isoDate)).toEqual(golden.text('date'));
    expect(timeline.regime).toEqual(golden.text('regime'));
    const deviation = new Deviation();
    golden.numbers('score').forEach((score, row) => {
      deviation.compare(
        `score ${isoDate(timeline.day[row]!)}`,
        timeline.score[row]!,
        score,
        0,
        TOLERANCE.score!,
      );
    });
    judge('score', deviation);
  });

  it('daily rows', async () => {
    const { daily } = await run;
    const golden = goldenCsv(folder, 'bt_equity_curve.csv');
    expect(Array.from(daily.day, isoDate)).toEqual(golden.text('date'));
    expect(daily.regime).toEqual(golden.text('regime'));
    if (golden.names.includes('held_regime')) {
      expect(daily.heldRegime).toEqual(golden.text('held_regime'));
      expect(daily.exitReason).toEqual(golden.text('exit_reason'));
      expect(daily.rebalanced.map(yesNo)).toEqual(golden.text('rebalanced'));
    }
    const columns: Readonly<Record<string, Float64Array>> = { ...daily.numbers, equity_curve: daily.equity };
    for (const column of [...DAILY_NUMBERS, ...CORRECTED_DAILY_NUMBERS, 'equity_curve']) {
      if (!golden.names.includes(column)) continue;
      const deviation = new Deviation();
      golden.numbers(column).forEach((value, row) => {
        const where = `${column} ${isoDate(daily.day[row]!)}`;
        deviation.compare(where, columns[column]![row]!, value, 0, TOLERANCE[column] ?? OF_WEIGHTS);
      });
      judge(`daily ${column}`, deviation);
    }
  });

  const compareRows = (file: string, actual: AssetDayValues<string>): void => {
    const golden = goldenCsv(folder, file);
    const key = (date: string, asset: string): string => `${date} ${asset}`;
    const keys = golden.text('date').map((date, row) => key(date, golden.text('asset_id')[row]!));
    expect(Array.from(actual.day, (day, row) => key(isoDate(day), actual.asset[row]!))).toEqual(keys);
    for (const [column, values] of Object.entries(actual.values)) {
      const deviation = new Deviation();
      golden.numbers(column).forEach((value, row) => {
        deviation.compare(`${column} ${keys[row]}`, values[row]!, value, 0, TOLERANCE[column]!);
      });
      judge(column, deviation);
    }
  };

  it('weights', async () => compareRows('weights.csv', (await run).weights));
  it('basket', async () => compareRows('basket.csv', (await run).basket));
  it('betas', async () => compareRows('betas.csv', (await run).betas));

  it('key figures', async () => {
    const { kpis } = await run;
    const golden = goldenJson<Record<string, number>>(folder, 'kpis.json');
    expect(Object.keys(kpis)).toEqual(Object.keys(golden));
    const deviation = new Deviation();
    // neutrality errors and a neutral net are rounding, some 1e-17
    for (const [key, value] of Object.entries(golden)) {
      const isRounding = key.startsWith('beta_err') || key === 'net_exposure_mean';
      deviation.compare(key, kpis[key]!, value, 1e-6, isRounding ? 1e-12 : 0);
    }
    judge('kpis', deviation);
  });

  it('returns by regime', async () => {
    const { regimeMetrics } = await run;
    const golden = goldenCsv(folder, 'regime_metrics.csv');
    expect(regimeMetrics.map(({ regime }) => regime)).toEqual(golden.text('regime'));
    expect(regimeMetrics.map(({ days }) => days)).toEqual([...golden.numbers('n_days')]);
    const columns = {
      mean_return: regimeMetrics.map(({ meanReturn }) => meanReturn),
      median_return: regimeMetrics.map(({ medianReturn }) => medianReturn),
      std_return: regimeMetrics.map(({ stdReturn }) => stdReturn),
      sharpe_like: regimeMetrics.map(({ sharpeLike }) => sharpeLike),
      total_return: regimeMetrics.map(({ totalReturn }) => totalReturn),
    };
    const deviation = new Deviation();
    for (const [column, values] of Object.entries(columns)) {
      if (!golden.names.includes(column)) continue;
      golden.numbers(column).forEach((value, row) => {
        deviation.compare(`${column} ${golden.text('regime')[row]}`, values[row]!, value, 1e-6, 0);
      });
    }
    judge('regime metrics', deviation);
  });
});
