/** What people and flags call each family of models. A family without a name does not compile. */
import type { RegimeRecord } from '../../analysis/models/regime-record.js';

type Family = RegimeRecord['params']['kind'];

/** For prose. */
export const MODEL_NAMES: Readonly<Record<Family, string>> = { gaussian_hmm: 'Gaussian HMM' };

/** As `model train --model` spells it. */
export const MODEL_FLAGS: Readonly<Record<Family, string>> = { gaussian_hmm: 'hmm' };
