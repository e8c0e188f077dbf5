/**
 * Group 5: a jump of BTC open interest while BTC rises counts double (spec majors-alts-monitor §2).
 *
 * The reference takes BTC market cap when the range holds no open interest at all, and divides a fraction by 50; the
 * corrected profile takes no substitute (the switch looks ahead) and measures the change in percent.
 */
import { type PanelView, rowReturns } from './alt-universe.js';
import { derivativeRange } from './funding-features.js';

const CHANGE_ROWS = 3;
/** Change that counts as full risk: percent (corrected), fraction (reference). */
const FULL_RISK = 50;

/**
 * One value per day of the panel, NaN where none, all NaN without the first major (spec majors-alts-monitor §2).
 */
export function openInterestRisk(view: PanelView): Float64Array {
  const { panel, majors, profile } = view;
  const days = panel.days.length;
  const out = new Float64Array(days).fill(Number.NaN);
  const btc = majors[0]!;
  if (btc < 0) return out;
  const { at, values } = interestRows(view, btc);
  const day = rowReturns(view, btc, 1);
  const week = rowReturns(view, btc, 7);
  for (let row = 0; row < at.length; row += 1) {
    const t = at[row]!;
    if (t < 0) continue;
    const change = row < CHANGE_ROWS ? Number.NaN : values[row]! / values[row - CHANGE_ROWS]! - 1;
    if (!Number.isFinite(change)) {
      out[t] = profile === 'reference' ? 0 : Number.NaN;
      continue;
    }
    const size = profile === 'reference' ? change : 100 * change;
    const base = change > 0 ? Math.min(size / FULL_RISK, 1) : 0;
    const threeDay = 0.5 * ((week[t]! * 3) / 7 + day[t]! / 3);
    out[t] = base * (threeDay > 0 ? 1 : 0.5);
  }
  return out;
}

/** Open interest of BTC by the day on which it is known, or what stands for it. */
function interestRows(view: PanelView, btc: number): { at: number[]; values: number[] } {
  const { panel, profile } = view;
  const days = panel.days.length;
  const range = derivativeRange(view);
  const at: number[] = [];
  const values: number[] = [];
  for (let t = range.from; t < range.to; t += 1) {
    const value = panel.openInterest[btc * days + t]!;
    if (Number.isNaN(value)) continue;
    at.push(range.knownAt[t]!);
    values.push(value);
  }
  if (at.length > 0 || profile === 'corrected') return { at, values };
  for (let t = view.from; t < view.to; t += 1) {
    const value = panel.marketCap[btc * days + t]!;
    if (Number.isNaN(value)) continue;
    at.push(t);
    values.push(value);
  }
  return { at, values };
}
