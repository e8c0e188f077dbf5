/** The neutral book of a day before any scaling: basket, betas, sizes (spec majors-alts-monitor §§7–9). */
import { lastRowAt, type PanelView } from '../../analysis/neutral/alt-universe.js';
import { type Basket, buildBasket } from '../../analysis/neutral/basket.js';
import { type NeutralityError, neutralityError, solveNeutral } from '../../analysis/neutral/neutrality.js';
import { type DualBeta, ridgeBetasAt } from '../../analysis/neutral/ridge-betas.js';
import type { MajorsAltsInput } from './majors-alts-result.js';
import type { MajorsAltsSettings } from './panel-settings.js';

export interface TargetBook {
  /** Signed weight by asset of the panel, shares of equity. */
  readonly weights: Float64Array;
  readonly basket: Basket;
  /** On the two majors, one per basket name. */
  readonly betas: readonly DualBeta[];
  readonly error: NeutralityError;
}

type TrackerBetas = MajorsAltsInput['trackerBetas'];

/**
 * A book of day index t, or undefined when no alt qualifies or a major is unknown to the panel or, corrected, has no
 * price yet.
 */
export function buildTarget(
  view: PanelView,
  t: number,
  settings: MajorsAltsSettings,
  trackerBetas?: TrackerBetas,
): TargetBook | undefined {
  const { universe, beta, profile } = settings;
  const [first, second] = view.majors;
  if (first! < 0 || second! < 0) return undefined;
  // the reference hedges with what has no price; such a leg would earn nothing and leave the shorts open
  const isPriced = view.majors.every((a) => lastRowAt(view.rows, a, t) >= 0);
  if (profile === 'corrected' && !isPriced) return undefined;
  const basket = buildBasket(view, t, universe);
  if (basket.asset.length === 0) return undefined;
  const estimate = ridgeBetasAt(view, t, beta);
  const betas = Array.from(basket.asset, (a) => trackedBetas(view, a, settings, trackerBetas) ?? estimate(a));
  const book = solveNeutral(basket, betas, universe, profile);
  const weights = new Float64Array(view.panel.assets.length);
  basket.asset.forEach((a, i) => {
    weights[a] = book.alts[i]!;
  });
  weights[first!] = book.majors[0];
  weights[second!] = book.majors[1];
  return { weights, basket, betas, error: neutralityError(book, betas) };
}

function trackedBetas(
  view: PanelView,
  a: number,
  { universe, beta }: MajorsAltsSettings,
  tracker: TrackerBetas,
): DualBeta | undefined {
  if (!beta.useTrackerBetas) return undefined;
  const supplied = tracker?.get(view.panel.assets[a]!);
  const [first, second] = universe.majors.map((id) => supplied?.[id]);
  return first === undefined || second === undefined ? undefined : [first, second];
}
