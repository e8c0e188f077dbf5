/** States decided elsewhere in the registry: what their families share, whatever column the states stand in. */
import { GivenStatesModel, type StateColumn } from '../given-states-model.js';
import type { FamilyName, ModelFamily } from './model-family.js';

/** The family of the states that a column holds. */
export function givenStatesFamily(name: FamilyName, title: string, source: StateColumn): ModelFamily {
  return {
    name,
    kind: source.kind,
    title,
    capabilities: { causal: true, probabilistic: false, temporal: true, likelihood: false },
    takes: { states: false, autoStates: false, covariance: false, restarts: false, engine: false },
    // the state of a row is in the row
    resumes: true,
    settings: {},
    features: [source.column],
    featureSet: source.featureSet,
    givenStates: true,
    fit(observations) {
      const { model, changes } = GivenStatesModel.fit(source, observations);
      return {
        model,
        story: {
          logLikelihood: null,
          parameters: null,
          objective: { name: 'state changes counted', value: changes },
          history: [],
          converged: true,
          iterations: 1,
          restarts: null,
          warnings: [],
        },
      };
    },
    fromJson: (json) => GivenStatesModel.fromJson(source, json),
  };
}
