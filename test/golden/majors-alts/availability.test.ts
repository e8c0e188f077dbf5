/** What is known when, on the golden lake (spec §17): truncation at any date, and rows dated by their publication. */
import { describe, expect, it } from 'vitest';
import { selectRows } from '../../../src/analysis/neutral/asset-panel.fixture.js';
import type { MajorsAltsInput, MajorsAltsResult } from '../../../src/backtest/panel/majors-alts-result.js';
import type { MajorsAltsSettings } from '../../../src/backtest/panel/panel-settings.js';
import { runMajorsAlts } from '../../../src/backtest/panel/run-majors-alts.js';
import { isoDate } from '../../../src/market/asset-panel.js';
import { configNames, goldenInput, goldenSettings } from './golden-majors-alts.js';

const isDerivative = (matrix: string): boolean => matrix === 'fundingRate' || matrix === 'openInterest';

/** Everything a run says up to a day, features and labels of that day included. */
function sayings(result: MajorsAltsResult, upTo: number, tradedUpTo: number): unknown {
  const { features, timeline, daily, unsupervised } = result;
  const rows = timeline.day.filter((day) => day <= upTo).length;
  const traded = daily.day.filter((day) => day <= tradedUpTo).length;
  const head = (columns: Readonly<Record<string, Float64Array>>, count: number): unknown =>
    Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values.slice(0, count)]));
  const booked = ({
    day,
    asset,
    values,
  }: MajorsAltsResult['weights'] | MajorsAltsResult['betas']): unknown => {
    const count = day.filter((value) => value <= tradedUpTo).length;
    return { day: day.slice(0, count), asset: asset.slice(0, count), values: head(values, count) };
  };
  return {
    raw: head(features.raw, rows),
    z: head(features.z, rows),
    day: timeline.day.slice(0, rows),
    score: timeline.score.slice(0, rows),
    regime: timeline.regime.slice(0, rows),
    labels: unsupervised?.rawLabel.slice(0, rows),
    daily: head({ ...daily.numbers, equity: daily.equity }, traded),
    exits: daily.exitReason.slice(0, traded),
    weights: booked(result.weights),
    betas: booked(result.betas),
  };
}

/** Days spread over a panel: early ones too, before late assets and before open interest. */
function cutDays({ panel }: MajorsAltsInput, count: number): number[] {
  const { days } = panel;
  return Array.from({ length: count }, (_, i) => days[Math.floor(((i + 0.7) * days.length) / count)]!);
}

const isNightly = process.env.TIDEWATCH_TEST_PROFILE === 'nightly';

const CASES: readonly (readonly [string, MajorsAltsSettings])[] = configNames.flatMap((name, index) => {
  const settings = goldenSettings(name, 'corrected');
  const { regime } = settings;
  const unsupervised: MajorsAltsSettings = {
    ...settings,
    regime: {
      ...regime,
      mode: 'unsupervised',
      unsupervised: { ...regime.unsupervised, method: 'kmeans', features: ['alt_breadth', 'momentum'] },
    },
  };
  const searched: MajorsAltsSettings = {
    ...settings,
    regime: {
      ...regime,
      composite: { ...regime.composite, gridSearch: { ...regime.composite.gridSearch, apply: true } },
    },
  };
  if (index > 0 && !isNightly) return [[name, settings] as const];
  return [
    [name, settings],
    [`${name} clustered`, unsupervised],
    [`${name} searched`, searched],
  ] as const;
});

const CUTS = isNightly ? 17 : 3;

describe.each(CASES)('what is known when: %s', (_, settings) => {
  it('says the same when later rows are not there yet', async () => {
    const input = await goldenInput(settings);
    const whole = runMajorsAlts(input, settings);
    for (const last of cutDays(input, CUTS)) {
      const known = selectRows(input.panel, (matrix, day) => day <= last - (isDerivative(matrix) ? 1 : 0));
      const cut = runMajorsAlts({ ...input, panel: known }, settings);
      // rows of complete windows: the cut run has no others
      const traded = cut.daily.day.at(-1) ?? 0;
      expect(sayings(cut, last, traded), isoDate(last)).toEqual(sayings(whole, last, traded));
    }
  });

  it('reads rows by the day on which they are known', async () => {
    const input = await goldenInput(settings);
    const lagged = runMajorsAlts(input, settings);
    const redated = selectRows(
      input.panel,
      () => true,
      (matrix) => (isDerivative(matrix) ? 1 : 0),
    );
    const { startDay, endDay } = { startDay: lagged.timeline.day[0]!, endDay: lagged.timeline.day.at(-1)! };
    const prompt = runMajorsAlts(
      { ...input, panel: redated, startDay, endDay },
      { ...settings, features: { ...settings.features, derivativesLagDays: 0 } },
    );
    const ofRegimes = ({ features, timeline, unsupervised }: MajorsAltsResult): unknown => ({
      features,
      timeline,
      labels: unsupervised?.rawLabel,
    });
    expect({ ...(ofRegimes(prompt) as object), features: { ...prompt.features, panelRow: null } }).toEqual({
      ...(ofRegimes(lagged) as object),
      features: { ...lagged.features, panelRow: null },
    });
  });
});

describe('a lag of zero', () => {
  it('is caught: it says something else once the last row is known', async () => {
    const base = goldenSettings(configNames[0]!, 'corrected');
    const settings = { ...base, features: { ...base.features, derivativesLagDays: 0 } };
    const input = await goldenInput(settings);
    const whole = runMajorsAlts(input, settings);
    const last = cutDays(input, 2)[1]!;
    const known = selectRows(input.panel, (matrix, day) => day <= last - (isDerivative(matrix) ? 1 : 0));
    const cut = runMajorsAlts({ ...input, panel: known }, settings);
    const traded = cut.daily.day.at(-1) ?? 0;
    expect(sayings(cut, last, traded)).not.toEqual(sayings(whole, last, traded));
  });
});
