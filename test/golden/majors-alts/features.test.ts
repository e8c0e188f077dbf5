import { afterAll, describe, expect, it } from 'vitest';
import { viewPanel } from '../../../src/analysis/neutral/alt-universe.js';
import { NEUTRAL_FEATURES, neutralFeatures } from '../../../src/analysis/neutral/feature-table.js';
import { derivativesLag, type NeutralProfile } from '../../../src/analysis/neutral/neutral-settings.js';
import { isoDate } from '../../../src/market/asset-panel.js';
import { Deviation, goldenCsv, hasGoldenFile } from '../golden-files.js';
import { configNames, FOLDER, goldenInput, goldenSettings, report } from './golden-majors-alts.js';

const PROFILES = (['corrected', 'reference'] as const).filter((profile) =>
  hasGoldenFile(`${FOLDER}/${profile}`, 'features_wide.csv'),
);

it('finds a profile for every folder of features', () => {
  const folders = ['corrected', 'reference'].filter((name) =>
    hasGoldenFile(`${FOLDER}/${name}`, 'features_wide.csv'),
  );
  expect(PROFILES).toEqual(folders);
});

describe.each(PROFILES)('golden features, %s profile', (profile: NeutralProfile) => {
  const groups = { raw: new Deviation(), z: new Deviation() };
  afterAll(() => {
    for (const [group, deviation] of Object.entries(groups))
      report(`${profile} ${group} features`, deviation);
  });

  const table = (async () => {
    const settings = goldenSettings(configNames[0]!, profile);
    const { panel, excluded } = await goldenInput(settings);
    const view = viewPanel(panel, {
      profile,
      majors: settings.universe.majors,
      excluded,
      lag: derivativesLag(settings.features, profile),
    });
    return neutralFeatures(view, settings.features.burnInDays);
  })();
  const golden = goldenCsv(`${FOLDER}/${profile}`, 'features_wide.csv');

  it('has the same days and valid flags', async () => {
    const { day, valid } = await table;
    expect(Array.from(day, isoDate)).toEqual(golden.text('date'));
    expect(Array.from(valid, (flag) => (flag === 1 ? 'True' : 'False'))).toEqual(golden.text('valid'));
  });

  it.each(NEUTRAL_FEATURES)('%s', async (name) => {
    const { raw, z, day } = await table;
    const deviation = { raw: new Deviation(), z: new Deviation() };
    const expected = { raw: golden.numbers(`raw_${name}`), z: golden.numbers(`z_${name}`) };
    for (let row = 0; row < day.length; row += 1) {
      const where = `${name} ${isoDate(day[row]!)}`;
      deviation.raw.compare(where, raw[name][row]!, expected.raw[row]!, 1e-6, 1e-9);
      deviation.z.compare(`z of ${where}`, z[name][row]!, expected.z[row]!, 0, 1e-6);
    }
    groups.raw.add(deviation.raw);
    groups.z.add(deviation.z);
    expect(deviation.raw.worst, deviation.raw.where).toBeLessThanOrEqual(1);
    expect(deviation.z.worst, deviation.z.where).toBeLessThanOrEqual(1);
  });

  // the corrected golden file lacks this column
  it.each(golden.names.filter((name) => name === 'has_funding'))('%s', async (name) => {
    const { hasFunding } = await table;
    const text = Array.from(hasFunding, (flag) => (flag < 0 ? '' : flag === 1 ? 'True' : 'False'));
    expect(text).toEqual(golden.text(name));
  });
});
