/** Which colour token a label wears (HMM spec §7.3 by exact label). */
import type { RegimeColor } from './regime-report-input.js';

const EXACT: Readonly<Record<string, RegimeColor>> = {
  'Strong Bear': 'strong-bear',
  Bear: 'bear',
  Chop: 'chop',
  Neutral: 'chop',
  'Chop 1': 'chop-1',
  'Chop 2': 'chop-2',
  Bull: 'bull',
  'Strong Bull': 'strong-bull',
};

/** Chop states from the third on take the last two colours in turn; anything unknown is unobserved. */
export function regimeColor(label: string): RegimeColor {
  if (Object.hasOwn(EXACT, label)) return EXACT[label]!;
  const further = /^Chop (\d+)$/.exec(label);
  if (!further) return 'unobserved';
  return Number(further[1]) % 2 === 1 ? 'chop-3' : 'chop-4';
}
