/**
 * Are the forecasts as sure as they say? The return forecast by its integral transform (uniform when right), the
 * state forecast by how often the forecast state came (reliability), over walk-forward rows only.
 */
import { type KolmogorovSmirnov, uniformityTest } from '../../statistics/kolmogorov-smirnov.js';
import type { WalkForward } from './walk-forward.js';

const PIT_BINS = 10;
const RELIABILITY_BINS = 10;

export interface Calibration {
  /** Rows per tenth of the return forecast's distribution; equal when it is right. */
  readonly pit_histogram: readonly number[];
  /** Kolmogorov–Smirnov test of the return forecast's integral transform; null without rows. */
  readonly uniformity: KolmogorovSmirnov | null;
  readonly state_forecast: {
    /** Mean squared distance of the forecast from the state that came, 0 (sure and right) to 2. */
    readonly brier: number;
    /** The same for a forecast that always says how frequent each state is. */
    readonly brier_climatology: number;
    /** Mean gap between a forecast probability and how often it came true, weighted by use. */
    readonly calibration_error: number;
  };
}

/** How the probabilities of a walk-forward fit what came; over all folds together. */
export function calibration(result: WalkForward): Calibration {
  const pit = result.folds.flatMap((fold) => [...fold.pit]).filter((value) => Number.isFinite(value));
  const histogram = new Array<number>(PIT_BINS).fill(0);
  for (const value of pit) histogram[Math.min(PIT_BINS - 1, Math.floor(value * PIT_BINS))]! += 1;
  return {
    pit_histogram: histogram,
    uniformity: uniformityTest(pit),
    state_forecast: stateForecast(result),
  };
}

/** The state that came is the most probable one once its bar was known. */
function stateForecast({
  folds,
  likeliest,
  from,
  rows,
  identities,
}: WalkForward): Calibration['state_forecast'] {
  const said = new Float64Array(RELIABILITY_BINS);
  const came = new Float64Array(RELIABILITY_BINS);
  const used = new Float64Array(RELIABILITY_BINS);
  const frequency = new Float64Array(identities);
  let squares = 0;
  for (const { fold, model, forecast, identities: names } of folds) {
    for (let row = fold.trainTo; row < fold.applyTo; row += 1) {
      const state = likeliest[row - from]!;
      frequency[state]! += 1 / rows;
      for (let k = 0; k < model.states; k += 1) {
        const probability = forecast[(row - fold.trainTo) * model.states + k]!;
        const hit = names[k] === state ? 1 : 0;
        squares += (probability - hit) ** 2;
        const bin = Math.min(RELIABILITY_BINS - 1, Math.floor(probability * RELIABILITY_BINS));
        said[bin]! += probability;
        came[bin]! += hit;
        used[bin]! += 1;
      }
    }
  }
  const total = used.reduce((sum, n) => sum + n, 0);
  const gap = used.reduce((sum, n, bin) => (n > 0 ? sum + Math.abs(said[bin]! - came[bin]!) : sum), 0);
  return {
    brier: squares / rows,
    brier_climatology: 1 - frequency.reduce((sum, f) => sum + f * f, 0),
    calibration_error: gap / total,
  };
}
