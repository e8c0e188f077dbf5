/**
 * What a path of regimes would have been worth: one fixed rule after costs, beside holding and beside the same path
 * moved to other dates; and whether the states tell anything about the next bar (HMM spec §11.12).
 *
 * The rule is decided at the close of a bar and earns the return of the bar after it; a change of position costs its
 * size times the fee. Nothing is tuned: one rule, all labels as they were shown that day. Known limits: no funding, no
 * slippage beyond the fee, a gap in the bars is held through.
 */
import { Random } from '../../../market/random.js';
import { blockBootstrapMeans, phaseShiftTest } from '../../statistics/circular-shift.js';
import { type KruskalWallis, kruskalWallis } from '../../statistics/kruskal-wallis.js';
import { neweyWestT } from '../newey-west.js';

export const RULES = {
  /** Long in Bull states, short in Bear states, flat otherwise. */
  long_short: { bull: 1, bear: -1, otherwise: 0 },
  /** Long except in Bear states; with one state this is buy-and-hold. */
  long_flat: { bull: 1, bear: 0, otherwise: 1 },
} as const;
export type RuleName = keyof typeof RULES;

/** Position of a label, −1 to 1. */
export function exposure(label: string, rule: RuleName): number {
  const { bull, bear, otherwise } = RULES[rule];
  if (label.endsWith('Bull')) return bull;
  return label.endsWith('Bear') ? bear : otherwise;
}

export interface Performance {
  /** Wealth at the end over wealth at the start, less 1. */
  readonly net_return: number;
  /** Annualised mean over deviation of the bars' net returns; null without variation. */
  readonly sharpe: number | null;
  /** Deepest fall from a peak, 0 to 1. */
  readonly max_drawdown: number;
  /** Σ |change of position| per year. */
  readonly turnover: number;
  /** Mean net log return per bar. */
  readonly per_bar: number;
}

export interface Costs {
  /** Fee per unit of position changed, basis points. */
  readonly costBps: number;
  readonly barsPerYear: number;
}

/** Simple returns of the bar after each row; one fewer than the rows, 0 where a return is missing. */
export function nextReturns(returns: Float64Array): Float64Array {
  return Float64Array.from(returns.subarray(1), (value) => (Number.isFinite(value) ? Math.expm1(value) : 0));
}

/**
 * @param position decided at each row; `next` says what the bar after it returned
 * @param visit is told the net log return of each bar
 */
export function performance(
  position: ArrayLike<number>,
  next: Float64Array,
  costs: Costs,
  visit?: (netLogReturn: number, bar: number) => void,
): Performance {
  const bars = next.length;
  const fee = costs.costBps / 1e4;
  let held = 0;
  let log = 0;
  let peak = 0;
  let drawdown = 0;
  let sum = 0;
  let squares = 0;
  let turned = 0;
  for (let bar = 0; bar < bars; bar += 1) {
    const wanted = position[bar]!;
    const change = Math.abs(wanted - held);
    const net = Math.max(-0.999_999, wanted * next[bar]! - fee * change);
    const earned = Math.log1p(net);
    held = wanted;
    turned += change;
    sum += net;
    squares += net * net;
    log += earned;
    visit?.(earned, bar);
    if (log > peak) peak = log;
    if (peak - log > drawdown) drawdown = peak - log;
  }
  const mean = sum / bars;
  const variance = bars > 1 ? (squares - bars * mean * mean) / (bars - 1) : 0;
  return {
    net_return: Math.expm1(log),
    sharpe: variance > 1e-18 ? (mean / Math.sqrt(variance)) * Math.sqrt(costs.barsPerYear) : null,
    max_drawdown: -Math.expm1(-drawdown),
    turnover: (turned / bars) * costs.barsPerYear,
    per_bar: log / bars,
  };
}

/** Wealth of the rule and of holding at the close of some of the rows, both 1 at the first. */
export interface WealthCurve {
  /** Open times of the bars, UTC ms. */
  readonly ts: readonly number[];
  readonly strategy: readonly number[];
  readonly buy_and_hold: readonly number[];
}

/** @param points at most; evenly spread, the last row among them */
export function wealthCurve(
  { labels, returns, rule, ...costs }: Costs & Pick<EconomicInput, 'labels' | 'returns' | 'rule'>,
  time: Float64Array,
  points: number,
): WealthCurve {
  const next = nextReturns(returns);
  const wealth = (position: readonly number[]): Float64Array => {
    const path = new Float64Array(next.length + 1);
    performance(position, next, costs, (earned, bar) => {
      path[bar + 1] = path[bar]! + earned;
    });
    return path;
  };
  const strategy = wealth(labels.map((label) => exposure(label, rule)));
  const hold = wealth(labels.map(() => 1));
  const step = Math.max(1, Math.ceil(next.length / Math.max(1, points - 1)));
  const rows: number[] = [];
  for (let row = 0; row < next.length; row += step) rows.push(row);
  rows.push(next.length);
  return {
    ts: rows.map((row) => time[row]!),
    strategy: rows.map((row) => Math.exp(strategy[row]!)),
    buy_and_hold: rows.map((row) => Math.exp(hold[row]!)),
  };
}

/**
 * What the bar after a row of this state returned; numbers are null where the state has too few rows,
 * `identity` is −1 for undecided ones.
 */
export interface StateOutlook {
  readonly identity: number;
  readonly label: string;
  /** Bars after which the next one is known. */
  readonly count: number;
  /** Mean and deviation of the next bar's simple return, fractions per bar. */
  readonly next_mean: number | null;
  readonly next_volatility: number | null;
  /** Newey–West t-value of the mean. */
  readonly t: number | null;
  /** Two-sided, that the state's next mean is the mean of all bars. */
  readonly bootstrap_p: number | null;
}

/** Everything after costs; returns are fractions. */
export interface EconomicValue {
  readonly rule: RuleName;
  readonly cost_bps: number;
  readonly states: readonly StateOutlook[];
  /** Next returns across states. */
  readonly direction: KruskalWallis | null;
  /** Sizes of next returns across states. */
  readonly size: KruskalWallis | null;
  readonly strategy: Performance;
  readonly buy_and_hold: Performance;
  readonly one_state: Performance;
  /** The same positions at shifted dates: median net log return per bar, and how often one did at least as well. */
  readonly phase_shift: {
    readonly p: number;
    readonly median_per_bar: number;
    readonly draws: number;
  } | null;
}

export interface EconomicInput extends Costs {
  /** Regime identity of each row; −1 is undecided. */
  readonly regime: Int16Array;
  readonly labels: readonly string[];
  /** Log return of each row's own bar; NaN where it is not known. */
  readonly returns: Float64Array;
  readonly rule: RuleName;
  /** Of the bootstrap and of the shifted paths. */
  readonly draws: number;
  readonly seed: number;
}

/** What acting on the regimes of a walk-forward would have earned, after costs, and how much of it chance explains. */
export function economicValue(input: EconomicInput): EconomicValue {
  const { regime, labels, returns, rule, draws, seed } = input;
  const next = nextReturns(returns);
  const bars = next.length;
  const position = Float64Array.from(labels, (label) => exposure(label, rule));
  const random = new Random(seed);
  const ones = new Float64Array(bars).fill(1);
  const doubled = new Float64Array(2 * bars);
  doubled.set(position.subarray(0, bars));
  doubled.set(position.subarray(0, bars), bars);
  const shifted = phaseShiftTest(
    bars,
    draws,
    random.fork(1),
    (shift) => performance(doubled.subarray(shift, shift + bars), next, input).per_bar,
  );
  const group = Uint8Array.from(regime.subarray(0, bars), (id) => id + 1);
  return {
    rule,
    cost_bps: input.costBps,
    states: outlook(input, next, group, random.fork(2)),
    direction: kruskalWallis(next, group),
    size: kruskalWallis(next.map(Math.abs), group),
    strategy: performance(position, next, input),
    buy_and_hold: performance(ones, next, input),
    one_state: performance(
      ones.map(() => exposure('Chop', rule)),
      next,
      input,
    ),
    phase_shift: shifted && { p: shifted.p, median_per_bar: shifted.median, draws: shifted.draws },
  };
}

function outlook(
  { regime, labels, draws }: EconomicInput,
  next: Float64Array,
  group: Uint8Array,
  random: Random,
): StateOutlook[] {
  const bars = next.length;
  let changes = 1;
  for (let bar = 1; bar < bars; bar += 1) if (group[bar] !== group[bar - 1]) changes += 1;
  // blocks at least as long as a stay, so that they keep what persists within one
  const blockLength = Math.max(Math.cbrt(bars), bars / changes);
  const groups = 1 + group.reduce((most, g) => Math.max(most, g), 0);
  const p = blockBootstrapMeans(next, group, groups, { draws, blockLength, random });
  return Array.from({ length: groups }, (_, g) => {
    const mine = next.filter((_value, bar) => group[bar] === g);
    const mean = mine.length > 0 ? mine.reduce((sum, value) => sum + value, 0) / mine.length : null;
    const squares = mine.reduce((sum, value) => sum + (value - mean!) ** 2, 0);
    return {
      identity: g - 1,
      label: labels[regime.lastIndexOf(g - 1)] ?? 'Undecided',
      count: mine.length,
      next_mean: mean,
      next_volatility: mine.length > 1 ? Math.sqrt(squares / (mine.length - 1)) : null,
      t: neweyWestT(mine),
      bootstrap_p: p[g]!,
    };
  }).filter(({ count }) => count > 0);
}
