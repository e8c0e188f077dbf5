/** Bars of a chart for tests: at the given hours, with the given states. */
import type { RegimeContent } from './regime-look.js';

export const HOUR = 3_600_000;
export const START = Date.UTC(2024, 0, 1);

export function regimeContent(
  hours: readonly number[],
  states: readonly number[],
  trainEnd: number | null = null,
): RegimeContent {
  const rows = hours.length;
  const column = (value: number): Float64Array => new Float64Array(rows).fill(value);
  return {
    level: {
      bucket: HOUR,
      rows,
      time: Float64Array.from(hours, (hour) => (START + hour * HOUR) / 1000),
      open: column(10),
      high: column(12),
      low: column(9),
      close: column(11),
      state: Float64Array.from(states),
      share: column(1),
      probabilities: [column(0.25), column(0.75)],
    },
    barLength: HOUR,
    continuous: true,
    reachesEnd: true,
    labels: ['Bear', 'Bull'],
    names: ['bear', 'bull'],
    trainEnd,
    switches: null,
  };
}
