/** What the uptrend chart holds: the answer of the API as columns by row. */

import type { SignalKind } from '../../../src/app/report/client/signal-runs.js';
import { regimeColor } from '../../../src/app/report/regime-color.js';
import type { RegimeColor } from '../../../src/app/report/regime-report-input.js';
import type { LevelLine } from '../../../src/app/report/uptrend/chart-shape.js';
import type { UptrendSeriesAnswer } from '../../../src/app/server/api-types.js';
import type { BarContent } from '../chart/bar-view.js';
import { levelOfAnswer, NO_STATE } from '../chart/level-of-answer.js';

export const STATES = ['S0', 'S1', 'S2', 'S3', 'S4'] as const;
export type State = (typeof STATES)[number];
/** Names of their colour tokens and classes. */
export const STATE_TOKENS: readonly string[] = STATES.map((state) => state.toLowerCase());

export const EMAS = ['ema20', 'ema30', 'ema60', 'ema144', 'ema250', 'ema333'] as const;
export const SCORES = ['ts', 'ox', 'dx', 'edx'] as const;
type Line = (typeof EMAS)[number] | (typeof SCORES)[number] | 'atr';

export interface Signal {
  /** Open of the bar, UTC ms; of the first one where several are counted. */
  readonly time: number;
  readonly kind: SignalKind;
  readonly state: number;
  readonly count: number;
}

/** A buy that was looked at in S1, near its average and with a rising slope. */
export interface EntryCheck {
  readonly time: number;
  readonly value: number;
}

export interface UptrendContent extends BarContent {
  readonly lines: Readonly<Record<Line, Float64Array>>;
  readonly signals: readonly Signal[];
  readonly checks: readonly EntryCheck[];
  /** Probabilities of the overlaid model; null without one. */
  readonly overlay: {
    readonly labels: readonly string[];
    readonly names: readonly RegimeColor[];
    readonly columns: readonly Float64Array[];
  } | null;
  readonly levels: readonly LevelLine[];
  readonly thresholds: { readonly ox: number; readonly dx: number; readonly ts: number };
  readonly shows: {
    readonly emas: boolean;
    readonly levels: boolean;
    readonly signals: boolean;
    readonly log: boolean;
  };
}

const KINDS: Readonly<Record<string, SignalKind>> = {
  buy_signal: 'buy',
  buy_flag: 'buy',
  first_dip_buy_flag: 'dip',
  trim_flag: 'trim',
  exit_position: 'exit',
  emergency_exit: 'emergency',
  reclaimed_ema333: 'reclaim',
};
/** Which one a bar wears when there are several, least first. */
const RANK: readonly SignalKind[] = ['buy', 'dip', 'trim', 'reclaim', 'emergency', 'exit'];

/** One signal a bar, by time. */
export function signalsOf({ markers }: UptrendSeriesAnswer['uptrend']): Signal[] {
  const found = new Map<number, Signal>();
  for (const [at, time] of markers.ts.entries()) {
    const kind = KINDS[markers.kinds[markers.kind[at]!]!];
    if (!kind) continue;
    const before = found.get(time);
    if (before && RANK.indexOf(before.kind) >= RANK.indexOf(kind)) continue;
    found.set(time, { time, kind, state: markers.state[at]!, count: markers.count[at]! });
  }
  return [...found.values()].sort((a, b) => a.time - b.time);
}

export function checksOf({ markers }: UptrendSeriesAnswer['uptrend']): EntryCheck[] {
  const checks: EntryCheck[] = [];
  for (const [at, time] of markers.ts.entries()) {
    const value = markers.value[at];
    if (markers.kinds[markers.kind[at]!] === 's1_check' && value !== null && value !== undefined) {
      checks.push({ time, value });
    }
  }
  return checks;
}

const numbers = (column: readonly (number | null)[]): Float64Array =>
  Float64Array.from(column, (value) => value ?? Number.NaN);

export function contentOf(
  answer: UptrendSeriesAnswer,
  settings: Pick<UptrendContent, 'continuous' | 'levels' | 'thresholds' | 'shows'>,
): UptrendContent {
  const { uptrend, regime } = answer;
  const level = levelOfAnswer({ ...answer, regime: null });
  for (let row = 0; row < level.rows; row += 1) {
    level.state[row] = uptrend.state[row]! < 0 ? NO_STATE : uptrend.state[row]!;
    level.share[row] = uptrend.share[row]! / 1000;
  }
  return {
    ...settings,
    level,
    barLength: answer.timeframe_ms,
    reachesEnd: answer.to > answer.last_ts,
    lines: Object.fromEntries(
      [...EMAS, ...SCORES, 'atr' as const].map((name) => [name, numbers(uptrend[name])]),
    ) as Record<Line, Float64Array>,
    signals: signalsOf(uptrend),
    checks: checksOf(uptrend),
    overlay: regime && {
      labels: regime.labels,
      names: regime.labels.map(regimeColor),
      columns: regime.probabilities.map((column) => numbers(column).map((value) => value / 1000)),
    },
  };
}
