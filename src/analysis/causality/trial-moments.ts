/**
 * Moments at which a proof hides the future. Spread over the whole series, one at random in each of equal stretches,
 * so that no regular structure is missed; and, where there are channels or a panel, moments just before something
 * becomes known, which is where an early reader shows.
 */
import type { Random } from '../../market/random.js';
import { lowerBound } from '../../market/series.js';
import { barCloses, type FeatureInputs } from '../features/feature-inputs.js';

/** @returns ascending closes of bars, the last of them before the last bar */
export function trialMoments(inputs: FeatureInputs, points: number, random: Random): number[] {
  const closes = barCloses(inputs.bars);
  const last = closes.length - 1;
  if (last < 1) return [];
  const chosen = new Set<number>();
  const pick = (from: number, to: number): number => from + random.below(Math.max(1, to - from));
  for (let point = 0; point < points; point++) {
    chosen.add(pick(Math.floor((point * last) / points), Math.floor(((point + 1) * last) / points)));
  }
  const before = (moments: Float64Array): void => {
    const inside = moments.filter((moment) => moment > closes[0]! && moment <= closes[last]!);
    for (let point = 0; point < Math.ceil(points / 2) && inside.length > 0; point++) {
      chosen.add(lowerBound(closes, inside[random.below(inside.length)]!) - 1);
    }
  };
  for (const channel of Object.values(inputs.channels ?? {})) if (channel) before(channel.availableAt);
  const ends = (inputs.panel ?? []).flatMap(({ time, length }) =>
    length > 0 ? [time[0]!, time[length - 1]!] : [],
  );
  before(Float64Array.from(ends));
  return [...chosen]
    .filter((bar) => bar >= 0 && bar < last)
    .sort((a, b) => a - b)
    .map((bar) => closes[bar]!);
}
