/**
 * Names and colours of states (HMM spec §7.1, §7.3).
 *
 * Labels order the states by their mean return in training; they are ranks, not signs, and say nothing about the bars
 * to come: report the next-bar return beside them. Two deliberate changes against the reference: a state that no bar
 * was assigned to is called Unobserved instead of crashing the report, and colours follow the exact label.
 */

export interface ReturnEvidence {
  /** Mean log return of the state's bars; null when it has none. */
  readonly averageReturn: number | null;
  /** t-statistic of that mean; needed for sign-aware names. */
  readonly tStatistic?: number | null;
}

export interface LabelOptions {
  /** Call a state Bull or Bear only when its mean return has that sign with |t| ≥ 2; otherwise Chop. */
  readonly signAware?: boolean;
}

export const UNOBSERVED = 'Unobserved';

/** |t| from which a sign is believed. */
const SIGNIFICANT = 2;

/** The ordinal names for `count` states, lowest return first. */
function ordinalLabels(count: number): string[] {
  if (count === 0) return [];
  if (count === 1) return ['Chop'];
  if (count === 2) return ['Bear', 'Bull'];
  if (count === 3) return ['Bear', 'Chop', 'Bull'];
  if (count === 4) return ['Strong Bear', 'Bear', 'Chop', 'Bull'];
  const middle = Array.from({ length: count - 4 }, (_, i) => (count === 5 ? 'Chop' : `Chop ${i + 1}`));
  return ['Strong Bear', 'Bear', ...middle, 'Bull', 'Strong Bull'];
}

/** Indices of the observed states by ascending mean return, ties by index. */
export function returnOrder(states: readonly ReturnEvidence[]): number[] {
  return states
    .flatMap(({ averageReturn }, state) => (averageReturn === null ? [] : [{ averageReturn, state }]))
    .sort((a, b) => a.averageReturn - b.averageReturn || a.state - b.state)
    .map(({ state }) => state);
}

/** One label per state. */
export function labelStates(states: readonly ReturnEvidence[], options: LabelOptions = {}): string[] {
  const labels = states.map(() => UNOBSERVED);
  const order = returnOrder(states);
  ordinalLabels(order.length).forEach((name, rank) => {
    const state = order[rank]!;
    labels[state] = options.signAware && !believed(name, states[state]!) ? 'Chop' : name;
  });
  return labels;
}

function believed(name: string, { averageReturn, tStatistic }: ReturnEvidence): boolean {
  const sign = name.endsWith('Bull') ? 1 : name.endsWith('Bear') ? -1 : 0;
  if (sign === 0) return true;
  return (averageReturn ?? 0) * sign > 0 && (tStatistic ?? 0) * sign >= SIGNIFICANT;
}

export type VolatilityLabel = 'Low' | 'Mid' | 'High' | typeof UNOBSERVED;

/** Second axis: the calmest state is Low, the wildest High, all between Mid; a single state is Mid. */
export function labelVolatility(volatility: readonly (number | null)[]): VolatilityLabel[] {
  const labels: VolatilityLabel[] = volatility.map((value) => (value === null ? UNOBSERVED : 'Mid'));
  const order = volatility
    .flatMap((value, state) => (value === null ? [] : [{ value, state }]))
    .sort((a, b) => a.value - b.value || a.state - b.state);
  if (order.length > 1) {
    labels[order[0]!.state] = 'Low';
    labels[order[order.length - 1]!.state] = 'High';
  }
  return labels;
}

const COLOURS: Readonly<Record<string, string>> = {
  'Strong Bear': '#b30000',
  Bear: '#e05555',
  Chop: '#808080',
  Neutral: '#808080',
  'Chop 1': '#5c7a99',
  'Chop 2': '#556b2f',
  Bull: '#00cc66',
  'Strong Bull': '#00ff99',
};

const FURTHER_CHOP = ['#7a6a99', '#8a7f5c'];
const NO_COLOUR = '#ffffff';

/** Colour of a label, `#rrggbb`; white for a label that has none. Never show a colour without its label. */
export function labelColour(label: string): string {
  if (Object.hasOwn(COLOURS, label)) return COLOURS[label]!;
  const further = /^Chop (\d+)$/.exec(label);
  if (further && Number(further[1]) >= 3) return FURTHER_CHOP[(Number(further[1]) - 3) % 2]!;
  return NO_COLOUR;
}
