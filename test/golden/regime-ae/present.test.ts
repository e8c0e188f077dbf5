import { expect, it } from 'vitest';
import { GOLDEN_DIR, goldenFiles } from '../golden-files.js';
import { caseGroups } from './regime-cases.js';

/** What the folder's README lists. A file that no suite reads would be a case that nobody runs. */
const READ_BY_A_SUITE = [
  /^ae-(.+-)?cases\.jsonl$/,
  /^composite-rollup\.jsonl$/,
  /^regime-ta\.jsonl$/,
  /^posture-v2\.jsonl$/,
];

it('there is at least one golden case of the posture', () => {
  expect(
    caseGroups(() => true),
    `golden cases under ${GOLDEN_DIR}`,
  ).not.toEqual([]);
});

it('every golden file of the posture is read by a suite', () => {
  const files = goldenFiles('regime-ae', /\.jsonl$/);
  expect(files.filter((file) => !READ_BY_A_SUITE.some((pattern) => pattern.test(file)))).toEqual([]);
});

it('every case of those files has a kind that a suite knows', () => {
  const groups = caseGroups(
    ({ kind, type }, file) =>
      file.startsWith('ae-') && type === undefined && kind !== 'calculator' && kind !== 'levers',
  );
  expect(groups.map(({ file, name }) => `${file} ${name}`)).toEqual([]);
});
