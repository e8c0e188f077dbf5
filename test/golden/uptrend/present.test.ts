import { expect, it } from 'vitest';
import { GOLDEN_DIR, goldenFiles } from '../golden-files.js';
import { goldenCases } from './golden-series.js';

/** What the folder's README lists. A file that no suite reads would be a case that nobody runs. */
const READ_BY_A_SUITE = [
  /\.ohlcv\.csv$/,
  /\.ta\.csv$/, // ../indicators/uptrend-ta.test.ts
  /\.geometry\.jsonl$/,
  /\.engine\.(standard|corrected|reference|v6)\.csv$/,
  /\.payloads\.(standard|corrected|reference|v6)\.jsonl$/,
  /^unit_functions\.json$/, // and ../indicators/unit-functions.test.ts
];

it('there is at least one golden case of the engine', () => {
  expect(goldenCases(), `golden cases under ${GOLDEN_DIR}`).not.toEqual([]);
});

it('every golden file of the engine is read by a suite', () => {
  const files = goldenFiles('uptrend', /\.(csv|jsonl|json)$/);
  expect(files.filter((file) => !READ_BY_A_SUITE.some((pattern) => pattern.test(file)))).toEqual([]);
  const cases = new Set(goldenCases().map(({ name, profile }) => `${name} ${profile}`));
  for (const file of files) {
    const payloads = /^(.+)\.payloads\.(\w+)\.jsonl$/.exec(file);
    if (payloads) expect(cases, file).toContain(`${payloads[1]} ${payloads[2]}`);
  }
});
