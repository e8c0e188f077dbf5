/**
 * A second opinion on the days on which a book may be held: by the uptrend states of the coins, or by the probability
 * that a hidden Markov model gives to a regime of the majors. A closed gate turns a traded regime into BALANCED.
 *
 * Uptrend: the engine of the product runs over the daily closes and volumes of every coin (a panel has no highs and lows;
 * the engine takes the close for them). A coin is in an uptrend in S2 and S3; coins that are not judged yet, or have no
 * price that day, do not count. Hidden Markov model: the filtered probabilities of unsupervised.ts, whose parameters come
 * from rows before the fit only. Both know of a row what was known at 00:00 UTC of its day. What is not known closes the
 * gate: the first 72 days of every coin, and the days before the first fit.
 */
import { UptrendEngine } from '../uptrend/engine.js';
import type { PanelView } from './alt-universe.js';
import type { NeutralFeatureTable } from './feature-table.js';
import type { GateSettings } from './neutral-settings.js';
import { isTraded, REGIME_CODE } from './regime-state.js';
import { type UnsupervisedOptions, unsupervisedRegimes } from './unsupervised.js';

const DAY_MS = 86_400_000;
const UPTREND = new Set(['S2', 'S3']);

/** Regimes of feature rows with those of closed days set to BALANCED; the same array without a gate. */
export function gated(
  regime: Uint8Array,
  view: PanelView,
  features: NeutralFeatureTable,
  gate: GateSettings,
  unsupervised: UnsupervisedOptions,
): Uint8Array {
  const open = openRows(view, features, gate, unsupervised);
  if (open === undefined) return regime;
  return regime.map((code, row) => (isTraded(code) && !open(row) ? REGIME_CODE.BALANCED : code));
}

function openRows(
  view: PanelView,
  features: NeutralFeatureTable,
  gate: GateSettings,
  unsupervised: UnsupervisedOptions,
): ((row: number) => boolean) | undefined {
  if (gate.kind === 'uptrend') {
    const { group, leastShare, mostShare } = gate.uptrend;
    const share = uptrendShare(view, group === 'alts' ? view.alts : view.majors);
    return (row) => {
      const value = share[features.panelRow[row]!]!;
      return value >= leastShare && value <= mostShare;
    };
  }
  if (gate.kind === 'hmm') {
    const { majorsProbability } = unsupervisedRegimes(features, { ...unsupervised, method: 'hmm' });
    return (row) => majorsProbability[row]! >= gate.hmm.leastProbability;
  }
  return undefined;
}

/** Share of the judged assets that are in an uptrend, by day of the panel; NaN where none is judged. */
export function uptrendShare(view: PanelView, assets: Iterable<number>): Float64Array {
  const { panel, rows } = view;
  const days = panel.days.length;
  const rising = new Float64Array(days);
  const judged = new Float64Array(days);
  for (const a of assets) {
    if (a < 0) continue;
    const [from, to] = [rows.start[a]!, rows.start[a + 1]!];
    const at = rows.at.subarray(from, to);
    const missing = new Float64Array(at.length).fill(Number.NaN);
    const engine = new UptrendEngine({ instrument: panel.assets[a]!, timeframe: '1d' });
    engine.run(
      {
        time: Float64Array.from(at, (t) => panel.days[t]! * DAY_MS),
        high: missing,
        low: missing,
        close: rows.close.slice(from, to),
        volume: Float64Array.from(at, (t) => panel.volume[a * days + t]!),
      },
      ({ state }, row) => {
        if (state === 'S4') return;
        judged[at[row]!]! += 1;
        if (UPTREND.has(state)) rising[at[row]!]! += 1;
      },
    );
  }
  return rising.map((count, t) => count / judged[t]!);
}
