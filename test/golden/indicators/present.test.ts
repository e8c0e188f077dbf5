import { expect, it } from 'vitest';
import { GOLDEN_DIR, goldenFiles } from '../golden-files.js';

it('there is at least one golden file for the indicators', () => {
  const found = [
    ...goldenFiles('hmm', /^features_.+\.csv$/),
    ...goldenFiles('uptrend', /\.ta\.csv$|^unit_functions\.json$/),
  ];
  expect(found, `golden files under ${GOLDEN_DIR}`).not.toEqual([]);
});
