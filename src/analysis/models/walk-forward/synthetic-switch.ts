/**
 * How soon does the filter see a switch that is certain to have happened? Rows that the model itself gives to one state
 * are followed by rows of another, and the filter runs over the seam. The rows are drawn from the training rows with
 * replacement, so every feature has its real distribution within a state; their order within a state does not, which
 * makes smooth features (RSI, ADX) jump faster than they would: the delays are lower bounds.
 */
import type { Random } from '../../../market/random.js';
import type { Observations } from '../observations.js';
import type { RegimeModel } from '../regime-model.js';
import { mostProbablePath } from '../state-statistics.js';
import { median } from './revision.js';

/** Rows of the state before and of the state after each switch. */
const STAY = 50;

export interface SyntheticDelay {
  /** Bars from the switch to the first row on which the new state is the most probable; null when none was seen. */
  readonly median: number | null;
  /** Share of the switches not seen within 50 bars. */
  readonly missed: number;
  /** How many were tried. */
  readonly switches: number;
}

/** @param training scaled rows of the model's training; null when fewer than two states hold rows */
export function syntheticDelay(
  model: RegimeModel,
  training: Observations,
  random: Random,
  perPair: number,
): SyntheticDelay | null {
  const path = mostProbablePath(model.filter(training).probability, model.states);
  const members: number[][] = Array.from({ length: model.states }, () => []);
  path.forEach((state, row) => {
    members[state]!.push(row);
  });
  const held = members.flatMap((rows, state) => (rows.length > 0 ? [state] : []));
  if (held.length < 2) return null;
  const delays: number[] = [];
  let switches = 0;
  for (const before of held) {
    for (const after of held) {
      if (before === after) continue;
      for (let trial = 0; trial < perPair; trial += 1) {
        switches += 1;
        const rows = drawRows(training, members[before]!, members[after]!, random);
        const seen = mostProbablePath(model.filter(rows).probability, model.states)
          .subarray(STAY)
          .indexOf(after);
        if (seen >= 0) delays.push(seen);
      }
    }
  }
  return { median: median(delays), missed: 1 - delays.length / switches, switches };
}

function drawRows(
  { data, features }: Observations,
  before: readonly number[],
  after: readonly number[],
  random: Random,
): Observations {
  const drawn = new Float64Array(2 * STAY * features);
  for (let row = 0; row < 2 * STAY; row += 1) {
    const from = row < STAY ? before : after;
    const source = from[random.below(from.length)]! * features;
    drawn.set(data.subarray(source, source + features), row * features);
  }
  return { data: drawn, rows: 2 * STAY, features, lengths: [2 * STAY] };
}
