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

/** Return of signed weights from day index `from` to `to`; a name without one of the prices earns 0. */
export function heldReturn({ panel }: PanelView, weights: Float64Array, from: number, to: number): number {
  const days = panel.days.length;
  let sum = 0;
  for (let a = 0; a < weights.length; a += 1) {
    if (weights[a] === 0) continue;
    const change = panel.close[a * days + to]! / panel.close[a * days + from]! - 1;
    if (!Number.isNaN(change)) sum += weights[a]! * change;
  }
  return sum;
}
