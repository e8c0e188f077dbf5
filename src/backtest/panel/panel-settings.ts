/** Settings of a majors-vs-alts run with their defaults (spec majors-alts-monitor §16), the analysis part included. */
import {
  type BetaSettings,
  DEFAULT_BETA,
  DEFAULT_NEUTRAL_FEATURES,
  DEFAULT_NEUTRAL_REGIME,
  DEFAULT_UNIVERSE,
  type NeutralFeatureSettings,
  type NeutralProfile,
  type NeutralRegimeSettings,
  type UniverseSettings,
} from '../../analysis/neutral/neutral-settings.js';

export interface PanelCostSettings {
  /** Basis points of the value traded, as are the next two. */
  readonly makerFeeBps: number;
  readonly takerFeeBps: number;
  readonly slippageBps: number;
  /** Slippage grows by this × traded value / median daily volume; used when `capitalUsd` is given. */
  readonly slippageAdvMultiplier: number;
  readonly fundingEnabled: boolean;
  /** Rates are per 8 hours: three settlements a day. */
  readonly funding8hRate: boolean;
  /** Equity in USD for slippage by volume; null = flat slippage. */
  readonly capitalUsd: number | null;
  /** Share of turnover that pays the maker fee. */
  readonly makerShare: number;
}

/**
 * Gross of the book by regime, a share of the full one; follows |score| between fixed bounds instead when
 * `useScoreMagnitude` (spec majors-alts-monitor §9).
 */
export interface PositionScalingSettings {
  readonly enabled: boolean;
  readonly strongRiskOnMajors: number;
  readonly weakRiskOnMajors: number;
  readonly riskOnMajors: number;
  readonly useScoreMagnitude: boolean;
}

/**
 * Exits and scaling of the whole book (spec majors-alts-monitor §10); thresholds are returns as fractions,
 * negative for losses.
 */
export interface RiskSettings {
  readonly stopLoss: {
    readonly enabled: boolean;
    readonly dailyLossThreshold: number;
    readonly lookbackDays: number;
    readonly volatilityAdjusted: boolean;
  };
  readonly takeProfit: {
    readonly enabled: boolean;
    readonly profitThreshold: number;
    readonly timeBasedExitDays: number;
    readonly partialProfitTaking: boolean;
  };
  readonly volatilityTargeting: {
    readonly enabled: boolean;
    /** Annualised, fraction. */
    readonly targetVolatility: number;
    readonly lookbackDays: number;
    readonly minScale: number;
    readonly maxScale: number;
  };
  readonly trailingStop: {
    readonly enabled: boolean;
    readonly drawdownThreshold: number;
    readonly lookbackDays: number;
  };
  /** Dates after an exit on which nothing is entered. */
  readonly cooldownDays: number;
}

export interface PanelBacktestSettings {
  /** False: all dates are one window. */
  readonly walkForward: boolean;
  /** Trading rows before the first window, and rows of a window. */
  readonly lookbackWindowDays: number;
  readonly testWindowDays: number;
  readonly positionScaling: PositionScalingSettings;
  readonly risk: RiskSettings;
}

export interface RegimeEvaluationSettings {
  /** Days ahead at which forward returns are taken. */
  readonly horizonsDays: readonly number[];
  readonly bootstrap: {
    readonly enabled: boolean;
    readonly blockSize: number;
    readonly draws: number;
    readonly seed: number;
  };
}

/** Everything that decides a run besides its data (spec majors-alts-monitor §16). */
export interface MajorsAltsSettings {
  readonly profile: NeutralProfile;
  readonly universe: UniverseSettings;
  readonly costs: PanelCostSettings;
  readonly features: NeutralFeatureSettings;
  readonly regime: NeutralRegimeSettings;
  readonly beta: BetaSettings;
  readonly backtest: PanelBacktestSettings;
  readonly evaluation: RegimeEvaluationSettings;
}

/** The settings of the specification, profile `corrected` (spec majors-alts-monitor §16). */
export const DEFAULT_MAJORS_ALTS: MajorsAltsSettings = {
  profile: 'corrected',
  universe: DEFAULT_UNIVERSE,
  costs: {
    makerFeeBps: 2,
    takerFeeBps: 5,
    slippageBps: 5,
    slippageAdvMultiplier: 0.1,
    fundingEnabled: true,
    funding8hRate: true,
    capitalUsd: null,
    makerShare: 0,
  },
  features: DEFAULT_NEUTRAL_FEATURES,
  regime: DEFAULT_NEUTRAL_REGIME,
  beta: DEFAULT_BETA,
  backtest: {
    walkForward: true,
    lookbackWindowDays: 252,
    testWindowDays: 63,
    positionScaling: {
      enabled: true,
      strongRiskOnMajors: 1,
      weakRiskOnMajors: 0.6,
      riskOnMajors: 1,
      useScoreMagnitude: true,
    },
    risk: {
      stopLoss: { enabled: true, dailyLossThreshold: -0.05, lookbackDays: 3, volatilityAdjusted: true },
      takeProfit: {
        enabled: true,
        profitThreshold: 0.1,
        timeBasedExitDays: 30,
        partialProfitTaking: false,
      },
      volatilityTargeting: {
        enabled: true,
        targetVolatility: 0.2,
        lookbackDays: 20,
        minScale: 0.1,
        maxScale: 1,
      },
      trailingStop: { enabled: false, drawdownThreshold: -0.15, lookbackDays: 20 },
      cooldownDays: 3,
    },
  },
  evaluation: {
    horizonsDays: [5, 10, 20, 40, 60],
    bootstrap: { enabled: true, blockSize: 10, draws: 300, seed: 42 },
  },
};
