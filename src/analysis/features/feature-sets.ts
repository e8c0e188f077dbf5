/** The feature sets by name. A set declares its columns, its warm-up and when each value is known. */
import { TidewatchError } from '../../errors.js';
import type { FeatureSet } from './feature-table.js';
import { regimeFeatureSet } from './regime-features.js';
import { taFeatureSet } from './ta-features.js';

export const featureSets: Readonly<Record<string, FeatureSet>> = {
  hmm: regimeFeatureSet(),
  ta: taFeatureSet(),
};

/** @throws TidewatchError `bad_parameter` */
export function featureSet(name: string): FeatureSet {
  if (Object.hasOwn(featureSets, name)) return featureSets[name]!;
  throw new TidewatchError('bad_parameter', `there is no feature set ${name}`, {
    hint: `use one of ${Object.keys(featureSets).join(' ')}`,
    details: { feature_set: name },
  });
}
