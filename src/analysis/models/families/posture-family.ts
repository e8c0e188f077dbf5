/**
 * The posture's appetite in the registry: three states by A, in the bands in which the portfolio's entries are sized
 * (regime spec §14): patient below 0.3, normal, aggressive from 0.7 on. A is computed bar by bar from what was known
 * then (dataset `drivers_ae`); E is not part of it.
 */
import { NEAR, type StateColumn } from '../given-states-model.js';
import { givenStatesFamily } from './given-states-family.js';

/** Lower bounds of the states above the first. */
const BOUNDS = [0.3, 0.7] as const;

export const POSTURE_BANDS: StateColumn = {
  kind: 'posture',
  column: 'posture_a',
  featureSet: 'posture',
  states: BOUNDS.length + 1,
  value: 'an appetite between 0 and 1',
  stateOf(value) {
    if (!(value >= -NEAR && value <= 1 + NEAR)) return undefined;
    return BOUNDS.filter((bound) => value >= bound - NEAR).length;
  },
};

export const POSTURE = givenStatesFamily('posture', 'Posture bands', POSTURE_BANDS);
