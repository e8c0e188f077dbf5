/** Names of regimes, features and figures as people read them. */

const REGIME_LABELS: Readonly<Record<string, string>> = {
  STRONG_RISK_ON_ALTS: 'Strong alts',
  RISK_ON_ALTS: 'Alts',
  WEAK_RISK_ON_ALTS: 'Weak alts',
  BALANCED: 'Balanced',
  WEAK_RISK_ON_MAJORS: 'Weak majors',
  RISK_ON_MAJORS: 'Majors',
  STRONG_RISK_ON_MAJORS: 'Strong majors',
};
export const regimeLabel = (regime: string): string => REGIME_LABELS[regime] ?? regime;

/** 1 favours majors, −1 alts. */
export function regimeSide(regime: string): -1 | 0 | 1 {
  if (regime.endsWith('MAJORS')) return 1;
  return regime.endsWith('ALTS') ? -1 : 0;
}

const FEATURE_LABELS: Readonly<Record<string, string>> = {
  alt_breadth: 'Alt breadth',
  btc_dominance: 'BTC dominance',
  funding_skew: 'Funding skew',
  funding_heating: 'Funding heating',
  liquidity: 'Liquidity',
  volatility_spread: 'Volatility spread',
  momentum: 'Alt momentum',
  oi_risk: 'Open-interest risk',
};
export const featureLabel = (key: string): string =>
  FEATURE_LABELS[key] ?? key.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase());
