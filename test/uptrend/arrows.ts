/** Arrows of the state table (spec uptrend-engine §5): all that any profile has. */
import type { UptrendState } from '../../src/analysis/uptrend/payload.js';

export const LEADS_TO: Readonly<Record<UptrendState, readonly UptrendState[]>> = {
  S0: ['S0', 'S1'],
  S1: ['S1', 'S0', 'S2'],
  S2: ['S2', 'S0', 'S1', 'S3'],
  S3: ['S3', 'S0'],
  S4: ['S4', 'S0', 'S3'],
};
