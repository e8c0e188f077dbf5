/**
 * Settings of the majors-vs-alts analysis with their defaults (spec majors-alts-monitor §16): universe, features, regime
 * and betas. The boundary that reads files checks them; here they are plain values.
 */

/** `reference` keeps the faults of the original implementation, `corrected` the decisions of spec §14. */
export type NeutralProfile = 'corrected' | 'reference';

/** Settings of the basket filters; `enabled` false = no filters and equal weights. */
export interface AltSelectionSettings {
  readonly enabled: boolean;
  /** Largest annualised volatility, fraction. */
  readonly maxVolatility: number;
  /** Smallest max(|ρ BTC|, |ρ ETH|). */
  readonly minCorrelation: number;
  readonly maxMomentum: number;
  readonly minMomentum: number;
  readonly weightByInverseVol: boolean;
  readonly volatilityLookbackDays: number;
  readonly correlationLookbackDays: number;
  readonly momentumLookbackDays: number;
}

export interface UniverseSettings {
  /** The long leg; BTC and ETH. The first is the market that gates, volatility and dominance look at. */
  readonly majors: readonly string[];
  readonly excludeAssets: readonly string[];
  /** USD. */
  readonly minMcapUsd: number;
  /** USD per day. */
  readonly minVolumeUsd: number;
  /** Names in the alt basket at most. */
  readonly basketSize: number;
  /** Largest share of one name in the basket. */
  readonly perNameCap: number;
  /** Largest Σ|w| of the book, share of equity. */
  readonly grossCap: number;
  readonly neutralityMode: 'beta_neutral' | 'dollar_neutral';
  readonly altSelection: AltSelectionSettings;
}

export type DominanceOf = 'first_major' | 'majors';

export interface NeutralFeatureSettings {
  /** Feature rows at the start that do not count as valid. */
  readonly burnInDays: number;
  readonly lookbackDays: number;
  /** Calendar days from the row date of funding and open interest to the day on which they are known. */
  readonly derivativesLagDays: number | Readonly<Record<NeutralProfile, number>>;
  /** Whose market value `btc_dominance` is the share of: the first major's, or that of all majors (BTC and ETH). */
  readonly dominanceOf: DominanceOf;
}

export interface HysteresisSettings {
  /**
   * Added to the upper threshold (negative) to leave a majors regime, `highBand` to the lower one to leave an
   * alts regime; score units.
   */
  readonly lowBand: number;
  readonly highBand: number;
  /** Rows of a regime during which the bands are one and a half times as wide. */
  readonly minRegimeDuration: number;
}

type Range = readonly [low: number, high: number];

export interface NeutralGridSettings {
  /** Scores and regimes of the traded windows are those of the chosen candidates. */
  readonly apply: boolean;
  /** Candidates drawn, each range uniformly. */
  readonly samples: number;
  readonly seed: number;
  /** Score weights that are searched, in the order in which they are drawn. */
  readonly weightRanges: Readonly<Record<string, Range>>;
  readonly thresholdLow: Range;
  readonly thresholdHigh: Range;
  readonly thresholdStrongLow: Range;
  readonly thresholdStrongHigh: Range;
}

/** What turns features into a score and a score into regimes; grid candidates are of this shape too. */
export interface CompositeRule {
  /** Feature key (alt_breadth, btc_dominance …) → weight. */
  readonly weights: Readonly<Record<string, number>>;
  readonly thresholdLow: number;
  readonly thresholdHigh: number;
  readonly thresholdStrongLow: number;
  readonly thresholdStrongHigh: number;
  readonly hysteresis: HysteresisSettings;
}

export interface UnsupervisedSettings {
  readonly method: 'hmm' | 'kmeans';
  /** 3 or 5. */
  readonly states: number;
  /** Labelled rows in a row on which a new regime must be seen before it counts. */
  readonly minStatePersistenceDays: number;
  readonly features: readonly string[];
  /** Complete rows of a training set; the backtest's lookback unless given. */
  readonly trainRows: number | null;
  /** Feature rows between fits; the test window unless given. */
  readonly refitRows: number | null;
}

/** On which days of a traded regime the book may be held; `none`: on all. */
export interface GateSettings {
  readonly kind: 'none' | 'uptrend' | 'hmm';
  /** Open while the share of the group that is in an uptrend lies in [leastShare, mostShare]. */
  readonly uptrend: {
    readonly group: 'alts' | 'majors';
    readonly leastShare: number;
    readonly mostShare: number;
  };
  /** Open from this filtered probability of a regime of the majors on. */
  readonly hmm: { readonly leastProbability: number };
}

export interface NeutralRegimeSettings {
  readonly mode: 'composite' | 'unsupervised';
  readonly regimes: 3 | 5;
  readonly composite: CompositeRule & { readonly gridSearch: NeutralGridSettings };
  readonly unsupervised: UnsupervisedSettings;
  readonly gate: GateSettings;
}

export interface BetaSettings {
  /** Price rows of the regression; a name with fewer has the default. */
  readonly lookbackDays: number;
  readonly ridgeAlpha: number;
  /** Share cut off at each end of a return series. */
  readonly winsorizePct: number;
  readonly betaClamp: Range;
  readonly defaultBeta: number;
  /** Betas that are supplied win over the estimate. */
  readonly useTrackerBetas: boolean;
}

export const ENHANCED_WEIGHTS = {
  alt_breadth: 0.18,
  btc_dominance: 0.22,
  funding_skew: 0.12,
  funding_heating: 0.1,
  liquidity: 0.13,
  volatility_spread: 0.13,
  momentum: 0.08,
  oi_risk: 0.04,
} as const;

export const DEFAULT_UNIVERSE: UniverseSettings = {
  majors: ['BTC', 'ETH'],
  excludeAssets: [],
  minMcapUsd: 5e7,
  minVolumeUsd: 1e6,
  basketSize: 20,
  perNameCap: 0.1,
  grossCap: 1,
  neutralityMode: 'beta_neutral',
  altSelection: {
    enabled: true,
    maxVolatility: 1,
    minCorrelation: 0.3,
    maxMomentum: 0.5,
    minMomentum: -0.5,
    weightByInverseVol: true,
    volatilityLookbackDays: 20,
    correlationLookbackDays: 60,
    momentumLookbackDays: 7,
  },
};

export const DEFAULT_NEUTRAL_FEATURES: NeutralFeatureSettings = {
  burnInDays: 60,
  lookbackDays: 252,
  derivativesLagDays: { corrected: 1, reference: 0 },
  dominanceOf: 'first_major',
};

export const DEFAULT_NEUTRAL_REGIME: NeutralRegimeSettings = {
  mode: 'composite',
  regimes: 5,
  composite: {
    weights: ENHANCED_WEIGHTS,
    thresholdLow: -0.5,
    thresholdHigh: 0.5,
    thresholdStrongLow: -1.5,
    thresholdStrongHigh: 1.5,
    hysteresis: { lowBand: -0.3, highBand: 0.3, minRegimeDuration: 3 },
    gridSearch: {
      apply: false,
      samples: 50,
      seed: 42,
      weightRanges: {
        alt_breadth: [0, 0.3],
        btc_dominance: [0, 0.4],
        funding_skew: [0, 0.3],
        liquidity: [0, 0.3],
        volatility_spread: [0, 0.3],
        momentum: [0, 0.2],
      },
      thresholdLow: [-2, 0],
      thresholdHigh: [0, 2],
      thresholdStrongLow: [-3, -0.5],
      thresholdStrongHigh: [0.5, 3],
    },
  },
  unsupervised: {
    method: 'hmm',
    states: 3,
    minStatePersistenceDays: 3,
    features: ['alt_breadth', 'btc_dominance', 'funding_skew'],
    trainRows: null,
    refitRows: null,
  },
  gate: {
    kind: 'none',
    uptrend: { group: 'alts', leastShare: 0, mostShare: 0.5 },
    hmm: { leastProbability: 0.5 },
  },
};

export const DEFAULT_BETA: BetaSettings = {
  lookbackDays: 60,
  ridgeAlpha: 0.1,
  winsorizePct: 0.05,
  betaClamp: [0, 3],
  defaultBeta: 1,
  useTrackerBetas: true,
};

/** Days from row date to availability under a profile. */
export function derivativesLag(settings: NeutralFeatureSettings, profile: NeutralProfile): number {
  const { derivativesLagDays: lag } = settings;
  return typeof lag === 'number' ? lag : lag[profile];
}
