/** A made-up feature table with known regimes: calm rise, flat, wild fall. For tests and examples. */
import type { Random } from '../../market/random.js';
import { UPTREND_STATE } from '../features/uptrend-features.js';
import type { FeatureRows } from './feature-observations.js';

const HOUR = 3_600_000;
const DRIFT = [-0.004, 0, 0.003];
const DEVIATION = [0.02, 0.006, 0.008];

/** Rows of log_ret, volatility, vol_z, adx, rsi whose states last about 50 bars; gaps end the given lengths. */
export function regimeTable(random: Random, lengths: readonly number[]): FeatureRows {
  const rows = lengths.reduce((sum, length) => sum + length, 0);
  const columns = Array.from({ length: 5 }, () => new Float64Array(rows));
  const time = new Float64Array(rows);
  let open = Date.UTC(2024, 0, 1);
  let state = 0;
  let row = 0;
  for (const length of lengths) {
    for (let step = 0; step < length; step += 1, row += 1, open += HOUR) {
      if (random.uniform() < 0.02) state = random.below(3);
      time[row] = open;
      columns[0]![row] = DRIFT[state]! + DEVIATION[state]! * random.normal();
      columns[1]![row] = DEVIATION[state]! * Math.exp(0.15 * random.normal());
      columns[2]![row] = (state === 0 ? 0.8 : 0) + random.normal();
      columns[3]![row] = (state === 1 ? 15 : 32) + 4 * random.normal();
      columns[4]![row] = [35, 50, 62][state]! + 6 * random.normal();
    }
    open += 5 * HOUR;
  }
  return {
    names: ['log_ret', 'volatility', 'vol_z', 'adx', 'rsi'],
    columns,
    time,
    availableAt: time.map((t) => t + HOUR),
    lengths,
  };
}

/** The same rows with a state of the uptrend engine and an appetite each, for the families that read nothing else. */
export function withGivenStates(random: Random, table: FeatureRows): FeatureRows {
  let state = 4;
  const states = table.time.map(() => {
    if (random.uniform() < 0.05) state = random.below(5);
    return state;
  });
  return {
    ...table,
    names: [...table.names, UPTREND_STATE, 'posture_a'],
    columns: [...table.columns, states, states.map((each) => each / 4)],
  };
}
