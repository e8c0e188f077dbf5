/** What a change of weights costs, and what held weights owe in funding (spec majors-alts-monitor §10). */
import { daysBefore, type PanelView } from '../../analysis/neutral/alt-universe.js';
import { medianVolume } from '../../analysis/neutral/basket-screen.js';
import type { MajorsAltsSettings, PanelCostSettings } from './panel-settings.js';

const BPS = 1e-4;
const MOST_SLIPPAGE = 0.02;

/** Turnover is Σ|change of weight|, shares of equity. */
export interface Trade {
  readonly altTurnover: number;
  readonly majorTurnover: number;
  /** Share of equity. */
  readonly cost: number;
}

/** Fee per traded value, fraction. */
const feeOf = ({ takerFeeBps, makerFeeBps, makerShare }: PanelCostSettings): number =>
  (makerShare * makerFeeBps + (1 - makerShare) * takerFeeBps) * BPS;

/** Turnover and cost of going from one set of weights to another at the close of day index t. */
export function tradeCost(
  view: PanelView,
  from: Float64Array,
  to: Float64Array,
  t: number,
  { costs, profile }: MajorsAltsSettings,
): Trade {
  let [altTurnover, majorTurnover, impact] = [0, 0, 0];
  const byVolume = profile === 'corrected' && costs.capitalUsd !== null;
  for (let a = 0; a < to.length; a += 1) {
    const size = Math.abs(to[a]! - from[a]!);
    if (size === 0) continue;
    if (view.majors.includes(a)) majorTurnover += size;
    else altTurnover += size;
    if (!byVolume) continue;
    const share = (size * costs.capitalUsd!) / medianVolume(view, a, t);
    const slippage = costs.slippageBps * BPS + costs.slippageAdvMultiplier * share;
    // a name without volume cannot be cheaper than the cap
    impact += size * (Number.isNaN(slippage) ? MOST_SLIPPAGE : Math.min(slippage, MOST_SLIPPAGE));
  }
  const turnover = altTurnover + majorTurnover;
  const fee = profile === 'corrected' ? feeOf(costs) : costs.takerFeeBps * BPS;
  const cost = byVolume ? turnover * fee + impact : turnover * (fee + costs.slippageBps * BPS);
  return { altTurnover, majorTurnover, cost };
}

const SETTLEMENTS = 3;

/** Funding of one step from trading row to trading row. */
export interface Accrual {
  /** Paid by the weights, share of equity. */
  readonly funding: number;
  /** Name-days held. */
  readonly due: number;
  /** Name-days without a rate; they owe 0 in `funding`. */
  readonly missing: number;
  /** Σ|w| of names held, and of those without a rate, over the calendar days. */
  readonly heldGross: number;
  readonly unfundedGross: number;
}

/**
 * Funding of weights held from day index `prev` to `t`. Row g holds the settlement at 00:00 of g + 1, and stands for the
 * three settlements after 00:00 of g: with calendar days missing in between, the corrected profile pays the row of each
 * of them, the reference that of `prev` alone. By row date: nothing is lagged, and row t is not looked at.
 */
export function accrueFunding(
  { panel, majors }: PanelView,
  weights: Float64Array,
  prev: number,
  t: number,
  { costs, profile }: MajorsAltsSettings,
): Accrual {
  const days = panel.days.length;
  const total = { funding: 0, due: 0, missing: 0, heldGross: 0, unfundedGross: 0 };
  if (!costs.fundingEnabled) return total;
  const factor = costs.funding8hRate ? SETTLEMENTS : 1;
  const firstDay = panel.days[prev]!;
  const lastDay = profile === 'reference' ? firstDay : panel.days[t]! - 1;
  for (let day = firstDay; day <= lastDay; day += 1) {
    const at = day === firstDay ? prev : daysBefore(panel.days, day);
    const isStored = panel.days[at] === day;
    for (let a = 0; a < weights.length; a += 1) {
      const weight = weights[a]!;
      if (weight === 0) continue;
      const size = Math.abs(weight);
      const rate = isStored ? panel.fundingRate[a * days + at]! : Number.NaN;
      total.due += 1;
      total.heldGross += size;
      if (Number.isNaN(rate)) {
        total.missing += 1;
        total.unfundedGross += size;
        continue;
      }
      // the reference pays |w| with the sign of the leg
      const signed = profile === 'reference' ? (majors.includes(a) ? size : -size) : weight;
      total.funding += signed * rate * factor;
    }
  }
  return total;
}
