/** What the day loops work on: prices by trading row, the decisions of each row, the settings. */
import type { PanelView } from '../../analysis/neutral/alt-universe.js';
import type { TestWindow } from '../../analysis/neutral/trading-rows.js';
import type { MajorsAltsInput } from './majors-alts-result.js';
import type { MajorsAltsSettings } from './panel-settings.js';

export interface BookInputs {
  readonly view: PanelView;
  readonly settings: MajorsAltsSettings;
  /** Day index of each trading row. */
  readonly trading: Int32Array;
  readonly windows: readonly TestWindow[];
  /** Score and regime code decided at the close of each trading row. */
  readonly score: Float64Array;
  readonly regime: Uint8Array;
  readonly trackerBetas?: MajorsAltsInput['trackerBetas'];
}

/** Simple return of each asset from day index `from` to `to`; 0 where a price is missing. */
export function dayReturns({ panel }: PanelView, from: number, to: number, out: Float64Array): void {
  const days = panel.days.length;
  for (let a = 0; a < out.length; a += 1) {
    const change = panel.close[a * days + to]! / panel.close[a * days + from]! - 1;
    out[a] = Number.isNaN(change) ? 0 : change;
  }
}

export function weightedSum(weights: Float64Array, values: Float64Array): number {
  let sum = 0;
  for (let a = 0; a < weights.length; a += 1) if (weights[a] !== 0) sum += weights[a]! * values[a]!;
  return sum;
}
