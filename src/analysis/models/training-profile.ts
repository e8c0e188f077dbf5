/** The training modes (HMM spec §6): what is scaled, which covariance, how K is chosen, which rows are fitted. */
import { TidewatchError } from '../../errors.js';
import type { CovariancePrior } from './gaussian-hmm/covariance-prior.js';
import type { CovarianceType } from './gaussian-hmm/expectation.js';

export const PROFILES = ['scaled', 'scaled_autok', 'legacy'] as const;
export type Profile = (typeof PROFILES)[number];

/** How K is chosen: not at all, by BIC, or by the likelihood of later rows (select-states.ts). */
export const SELECTIONS = ['given', 'bic', 'out_of_sample'] as const;
export type Selection = (typeof SELECTIONS)[number];

export interface ProfileRules {
  /** Features are standardised by the training rows. */
  readonly scaled: boolean;
  readonly covarianceType: CovarianceType;
  /** Part of the rows that is fitted; the rest validates. */
  readonly trainShare: number;
  readonly mode: CovariancePrior['mode'];
  /** Starts of the fit; by the number of rows when left out. */
  readonly restarts?: number;
  readonly automaticStates: boolean;
}

export const PROFILE_RULES: Readonly<Record<Profile, ProfileRules>> = {
  scaled: { scaled: true, covarianceType: 'diag', trainShare: 0.8, mode: 'map', automaticStates: false },
  scaled_autok: { scaled: true, covarianceType: 'diag', trainShare: 0.8, mode: 'map', automaticStates: true },
  // The reference's first mode, for comparison: raw units, the library's prior, one start, every row fitted.
  legacy: {
    scaled: false,
    covarianceType: 'full',
    trainShare: 1,
    mode: 'hmmlearn',
    restarts: 1,
    automaticStates: false,
  },
};

/** Largest K that a person may ask for. */
const MOST_STATES = 12;

/** The values of K to try, checked. */
export function stateCandidates(
  profile: Profile,
  states: number,
  range: { readonly min: number; readonly max: number } | undefined,
): number[] {
  const { min, max } =
    range ?? (PROFILE_RULES[profile].automaticStates ? { min: 2, max: 4 } : { min: states, max: states });
  if (Number.isInteger(min) && Number.isInteger(max) && min >= 1 && max <= MOST_STATES && min <= max) {
    return Array.from({ length: max - min + 1 }, (_, i) => min + i);
  }
  throw new TidewatchError(
    'bad_parameter',
    `${min === max ? min : `${min} to ${max}`} is not a number of states`,
    {
      hint: `ask for 1 to ${MOST_STATES} states, the smaller number first`,
      details: { k_min: min, k_max: max },
    },
  );
}
