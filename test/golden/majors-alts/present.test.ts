import { expect, it } from 'vitest';
import { goldenFiles } from '../golden-files.js';
import { configNames, FOLDER } from './golden-majors-alts.js';

it('finds configurations and cases', () => {
  expect(configNames.length).toBeGreaterThan(0);
  const cases = [
    ...['corrected', 'reference'].flatMap((profile) =>
      goldenFiles(`${FOLDER}/${profile}`, /^features_wide|^signals_/),
    ),
    ...goldenFiles(`${FOLDER}/unsupervised`, /_labels\.csv$/),
  ];
  expect(cases.length).toBeGreaterThan(0);
});
