import { describe, expect, it } from 'vitest';
import { type PostureV2Flags, postureV2 } from '../../../src/analysis/drivers/posture-v2.js';
import { Deviation } from '../golden-files.js';
import { caseGroups } from './regime-cases.js';

const groups = caseGroups((_, file) => file === 'posture-v2.jsonl');

describe.runIf(groups.length > 0)('golden posture v2', () => {
  for (const { file, cases } of groups) {
    it(`${file}: ${cases.length} cases`, () => {
      const deviation = new Deviation();
      for (const { id, input, expected } of cases) {
        const { flags, strength_mult } = input as { flags: PostureV2Flags; strength_mult: number };
        const golden = expected as Readonly<Record<string, number>>;
        const plain = postureV2(flags);
        const strong = postureV2(flags, strength_mult);
        deviation.compare(`${id} A`, plain.A_value, golden.A!, 0, 1e-9);
        deviation.compare(`${id} E`, plain.E_value, golden.E!, 0, 1e-9);
        deviation.compare(`${id} A with strength`, strong.A_value, golden.A_with_strength!, 0, 1e-9);
        deviation.compare(`${id} E with strength`, strong.E_value, golden.E_with_strength!, 0, 1e-9);
      }
      console.info(deviation.summary(file));
      expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
    });
  }
});
