import { expect, it } from 'vitest';
import { PLANTED_LEAKS } from '../../analysis/causality/planted-leaks.fixture.js';
import { proveCausality } from '../../analysis/causality/prove-causality.js';
import { trialMarket } from '../../analysis/causality/trial-market.fixture.js';
import { featureSet } from '../../analysis/features/feature-sets.js';
import { lookaheadSummary } from './lookahead-summary.js';

const market = trialMarket(4, 300);
const plain = { unicode: false, color: false };

it('ends with 1 and names column, first bar, both values, what is read and the cause', () => {
  const leak = PLANTED_LEAKS.find(({ name }) => name === 'later_publish_time')!;
  const proof = proveCausality(leak, market, { points: 10 });
  const { exit, text } = lookaheadSummary(proof, 300, plain);
  const [finding] = proof.findings;
  expect(exit).toBe(1);
  const row = text.split('\n').at(-1)!;
  expect(row).toMatch(/^later_publish_time {2}2024-01-\d\d \d\d:\d\d /);
  expect(row).toContain(finding!.with_future!.toPrecision(6));
  expect(row).toContain('btc_dominance');
  expect(row).toContain('before they were available');
});

it('ends with 0 when nothing looks ahead, with 1 when a column had nothing to compare', () => {
  const clean = lookaheadSummary(proveCausality(featureSet('hmm'), market, { points: 3 }), 1000, plain);
  expect(clean.exit).toBe(0);
  expect(clean.text).toContain('300 newest of 1,000 bars');
  const short = proveCausality(featureSet('hmm@1h+1d'), market, { points: 3 });
  const open = lookaheadSummary(short, 300, plain);
  expect(open.exit).toBe(1);
  expect(open.text).toContain('no value to compare in');
});
