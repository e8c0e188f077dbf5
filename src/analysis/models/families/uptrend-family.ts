/** The uptrend states in the registry (spec uptrend-engine; issue 5 point 6): S0 to S4, as the engine gave them. */
import { UPTREND_STATE } from '../../features/uptrend-features.js';
import { NEAR, type StateColumn } from '../given-states-model.js';
import { givenStatesFamily } from './given-states-family.js';

const STATES = 5;

export const UPTREND_STATES: StateColumn = {
  kind: 'uptrend',
  column: UPTREND_STATE,
  featureSet: 'uptrend',
  states: STATES,
  value: 'a state of the uptrend engine',
  stateOf(value) {
    const state = Math.round(value);
    return Math.abs(value - state) <= NEAR && state >= 0 && state < STATES ? state : undefined;
  },
};

export const UPTREND = givenStatesFamily('uptrend', 'Uptrend states', UPTREND_STATES);
