/**
 * Breadth: the share of a panel's instruments that stand above their own mean of the last `length` closes, 0..1, as a
 * channel. Membership is point in time: at a bar, the instruments that have a bar then and `length` bars up to it;
 * whether one is still listed later plays no part. Fewer than `least` members give no value. Known at the bar's close.
 *
 * Limit: the panel itself may hold only instruments that survived; that lies in the data and not in these numbers.
 */
import type { Series } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import { RollingMoments } from '../indicators/rolling-moments.js';
import { type Channel, makeChannel } from './channel.js';

export interface BreadthOptions {
  /** Bars of each member's mean. */
  readonly length?: number;
  /** Members below which there is no value. */
  readonly least?: number;
}

export const BREADTH_LENGTH = 50;
export const LEAST_MEMBERS = 5;

/** @param panel members at one timeframe */
export function breadthChannel(panel: readonly Series[], options: BreadthOptions = {}): Channel {
  const { length = BREADTH_LENGTH, least = LEAST_MEMBERS } = options;
  const above = new Map<number, number>();
  const members = new Map<number, number>();
  for (const { time, close } of panel) {
    const { mean } = new RollingMoments(length).batch(close);
    for (let bar = 0; bar < time.length; bar++) {
      if (!Number.isFinite(mean[bar]!)) continue;
      const at = time[bar]!;
      members.set(at, (members.get(at) ?? 0) + 1);
      if (close[bar]! > mean[bar]!) above.set(at, (above.get(at) ?? 0) + 1);
    }
  }
  const time = Float64Array.from([...members].filter(([, count]) => count >= least).map(([at]) => at)).sort();
  const period = panel[0] === undefined ? 0 : TIMEFRAME_MS[panel[0].timeframe];
  return makeChannel({
    name: 'breadth',
    kind: 'aggregate',
    time,
    value: time.map((at) => (above.get(at) ?? 0) / members.get(at)!),
    period,
    maxAge: period,
  });
}
