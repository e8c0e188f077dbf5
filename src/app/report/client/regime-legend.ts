/** The bar under the crosshair in words, for the legend and for a screen reader. */
import { formatPrice, formatProbability, formatReturn, formatTime } from '../number-format.js';
import type { DecodedLevel } from './decode-columns.js';
import { node } from './page-element.js';

/** A bucket whose commonest state holds less of its bars than this is called mixed. */
const MIXED_BELOW = 0.6;

export interface RegimeWords {
  /** What a screen reader says. */
  readonly spoken: string;
  readonly nodes: HTMLElement[];
}

function stateWords({ state, probabilities, share }: DecodedLevel, row: number, labels: readonly string[]) {
  const of = state[row]!;
  if (of === 255) return 'no regime';
  const words = `${labels[of]} ${formatProbability(probabilities[of]![row])}`;
  return share[row]! < MIXED_BELOW ? `mixed, most ${words}` : words;
}

/** @param names and labels of the states, by state */
export function regimeWords(
  level: DecodedLevel,
  row: number,
  labels: readonly string[],
  names: readonly string[],
): RegimeWords {
  const previous = row > 0 ? level.close[row - 1]! : Number.NaN;
  const change = level.close[row]! / previous - 1;
  const time = formatTime(level.time[row]! * 1000);
  const state = level.state[row]!;
  const words = stateWords(level, row, labels);
  const prices = (['open', 'high', 'low', 'close'] as const).map((name) =>
    node('span', 'pair', `${name[0]!.toUpperCase()} `, node('b', '', formatPrice(level[name][row]))),
  );
  const swatch = node('i', `swatch ${state === 255 ? 'unobserved' : names[state]!}`);
  return {
    nodes: [
      node('span', '', time),
      ...prices,
      node('span', change < 0 ? 'down' : 'up', formatReturn(change)),
      node('b', '', swatch, words),
    ],
    spoken: `${time}, close ${formatPrice(level.close[row])}, ${formatReturn(change)}, ${words}`,
  };
}
