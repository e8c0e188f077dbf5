/**
 * Returns by regime and how stable regimes are (spec majors-alts-monitor §11). The reference groups a day's return by the
 * regime decided at its close; the corrected profile by the one under which it was earned.
 */

import type { NeutralProfile } from '../../analysis/neutral/neutral-settings.js';
import type { NeutralRegime } from '../../analysis/neutral/regime-state.js';
import { medianOfSorted } from '../../analysis/neutral/rolling-window.js';
import type { DailyBook, RegimeMetric, RegimeTimeline } from './majors-alts-result.js';

/** The regime that a row's return counts under; '' where it was earned under none, as on the first row. */
export function regimeOfRow(
  { regime, heldRegime }: DailyBook,
  row: number,
  profile: NeutralProfile,
): NeutralRegime | '' {
  const held = heldRegime[row]!;
  return held === '' || profile === 'corrected' ? held : regime[row]!;
}

/**
 * Net daily returns by regime, fractions; the reference counts a day under its own regime, the corrected profile
 * under the one held.
 */
export function regimeMetrics(book: DailyBook, profile: NeutralProfile): RegimeMetric[] {
  const groups = new Map<NeutralRegime, number[]>();
  for (let row = 0; row < book.day.length; row += 1) {
    const regime = regimeOfRow(book, row, profile);
    if (regime === '') continue;
    const group = groups.get(regime);
    if (group) group.push(book.numbers.r_ls_net[row]!);
    else groups.set(regime, [book.numbers.r_ls_net[row]!]);
  }
  return [...groups.keys()].sort().map((regime) => {
    const returns = Float64Array.from(groups.get(regime)!);
    const n = returns.length;
    const mean = returns.reduce((sum, value) => sum + value, 0) / n;
    const squares = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const deviation = n > 1 ? Math.sqrt(squares / (n - 1)) : Number.NaN;
    return {
      regime,
      days: n,
      meanReturn: mean,
      medianReturn: medianOfSorted(returns.slice().sort(), n),
      stdReturn: deviation,
      sharpeLike: deviation > 0 ? mean / deviation : Number.NaN,
      totalReturn: returns.reduce((equity, value) => equity * (1 + value), 1) - 1,
    };
  });
}

/** How often the regime of the feature rows changes. */
export interface RegimeStability {
  readonly switchesPerYear: number;
  /** Mean rows per spell. */
  readonly avgRegimeDurationDays: number;
  /** Percent of rows. */
  readonly regimeDistribution: Readonly<Record<string, number>>;
  readonly totalSwitches: number;
  readonly totalDays: number;
}

/** How often the regime switches and how its days are shared; years have 365.25 days. */
export function regimeStability({ day, regime }: RegimeTimeline): RegimeStability {
  const rows = regime.length;
  let switches = 0;
  const counts = new Map<string, number>();
  for (let row = 0; row < rows; row += 1) {
    counts.set(regime[row]!, (counts.get(regime[row]!) ?? 0) + 1);
    if (row > 0 && regime[row] !== regime[row - 1]) switches += 1;
  }
  const years = rows === 0 ? 0 : (day[rows - 1]! - day[0]!) / 365.25;
  return {
    switchesPerYear: years > 0 ? switches / years : 0,
    avgRegimeDurationDays: rows === 0 ? 0 : rows / (switches + 1),
    regimeDistribution: Object.fromEntries(
      [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => [name, (100 * count) / rows]),
    ),
    totalSwitches: switches,
    totalDays: rows,
  };
}
