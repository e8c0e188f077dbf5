/** The section `monitor` of the configuration as settings of the backtest; names only, no value is decided here. */
import { DEFAULT_MAJORS_ALTS, type MajorsAltsSettings } from '../../backtest/panel/panel-settings.js';
import type { MonitorConfig } from '../../platform/monitor-config.js';

export function settingsOf(config: MonitorConfig): MajorsAltsSettings {
  const { universe, costs, features, regime, beta, backtest, evaluation } = config;
  const { composite, unsupervised, gate } = regime;
  const { grid_search: grid } = composite;
  const { risk_management: risk, regime_position_scaling: scaling } = backtest;
  const alts = universe.alt_selection;
  return {
    profile: config.profile,
    universe: {
      majors: universe.majors,
      excludeAssets: universe.exclude_assets,
      minMcapUsd: universe.min_mcap_usd,
      minVolumeUsd: universe.min_volume_usd,
      basketSize: universe.basket_size,
      perNameCap: universe.per_name_cap,
      grossCap: universe.gross_cap,
      neutralityMode: universe.neutrality_mode,
      altSelection: {
        enabled: alts.enabled,
        maxVolatility: alts.max_volatility,
        minCorrelation: alts.min_correlation,
        maxMomentum: alts.max_momentum,
        minMomentum: alts.min_momentum,
        weightByInverseVol: alts.weight_by_inverse_vol,
        volatilityLookbackDays: alts.volatility_lookback_days,
        correlationLookbackDays: alts.correlation_lookback_days,
        momentumLookbackDays: alts.momentum_lookback_days,
      },
    },
    costs: {
      makerFeeBps: costs.maker_fee_bps,
      takerFeeBps: costs.taker_fee_bps,
      slippageBps: costs.slippage_bps,
      slippageAdvMultiplier: costs.slippage_adv_multiplier,
      fundingEnabled: costs.funding_enabled,
      funding8hRate: costs.funding_8h_rate,
      capitalUsd: costs.capital_usd,
      makerShare: costs.maker_share,
    },
    features: {
      burnInDays: features.burn_in_days,
      lookbackDays: features.lookback_days,
      derivativesLagDays: features.derivatives_lag_days,
      dominanceOf: features.dominance_of,
    },
    regime: {
      // regimes of the older score come from elsewhere and take the place of these
      mode: regime.mode === 'legacy' ? 'composite' : regime.mode,
      regimes: regime.n_regimes,
      composite: {
        weights: composite.default_weights,
        thresholdLow: composite.threshold_low,
        thresholdHigh: composite.threshold_high,
        thresholdStrongLow: composite.threshold_strong_low,
        thresholdStrongHigh: composite.threshold_strong_high,
        hysteresis: {
          lowBand: composite.hysteresis.low_band,
          highBand: composite.hysteresis.high_band,
          minRegimeDuration: composite.hysteresis.min_regime_duration,
        },
        gridSearch: {
          apply: grid.apply,
          samples: grid.n_samples,
          seed: DEFAULT_MAJORS_ALTS.regime.composite.gridSearch.seed,
          weightRanges: grid.weight_ranges,
          thresholdLow: grid.threshold_low,
          thresholdHigh: grid.threshold_high,
          thresholdStrongLow: grid.threshold_strong_low,
          thresholdStrongHigh: grid.threshold_strong_high,
        },
      },
      unsupervised: {
        method: unsupervised.method,
        states: unsupervised.n_states,
        minStatePersistenceDays: unsupervised.min_state_persistence_days,
        features: unsupervised.features_for_clustering,
        trainRows: unsupervised.train_rows,
        refitRows: unsupervised.refit_rows,
      },
      gate: {
        kind: gate.kind,
        uptrend: {
          group: gate.uptrend.group,
          leastShare: gate.uptrend.least_share,
          mostShare: gate.uptrend.most_share,
        },
        hmm: { leastProbability: gate.hmm.least_probability },
      },
    },
    beta: {
      lookbackDays: beta.lookback_days,
      ridgeAlpha: beta.ridge_alpha,
      winsorizePct: beta.winsorize_pct,
      betaClamp: beta.beta_clamp,
      defaultBeta: beta.default_beta,
      useTrackerBetas: beta.use_tracker_betas,
    },
    backtest: {
      walkForward: backtest.walk_forward,
      lookbackWindowDays: backtest.lookback_window_days,
      testWindowDays: backtest.test_window_days,
      positionScaling: {
        enabled: scaling.enabled,
        strongRiskOnMajors: scaling.strong_risk_on_majors,
        weakRiskOnMajors: scaling.weak_risk_on_majors,
        riskOnMajors: scaling.risk_on_majors,
        useScoreMagnitude: scaling.use_score_magnitude,
      },
      risk: {
        stopLoss: {
          enabled: risk.stop_loss.enabled,
          dailyLossThreshold: risk.stop_loss.daily_loss_threshold,
          lookbackDays: risk.stop_loss.lookback_days,
          volatilityAdjusted: risk.stop_loss.volatility_adjusted,
        },
        takeProfit: {
          enabled: risk.take_profit.enabled,
          profitThreshold: risk.take_profit.profit_threshold,
          timeBasedExitDays: risk.take_profit.time_based_exit_days,
          partialProfitTaking: risk.take_profit.partial_profit_taking,
        },
        volatilityTargeting: {
          enabled: risk.volatility_targeting.enabled,
          targetVolatility: risk.volatility_targeting.target_volatility,
          lookbackDays: risk.volatility_targeting.lookback_days,
          minScale: risk.volatility_targeting.min_scale,
          maxScale: risk.volatility_targeting.max_scale,
        },
        trailingStop: {
          enabled: risk.trailing_stop.enabled,
          drawdownThreshold: risk.trailing_stop.drawdown_threshold,
          lookbackDays: risk.trailing_stop.lookback_days,
        },
        cooldownDays: risk.cooldown_days,
      },
    },
    evaluation: {
      horizonsDays: evaluation.horizons_days,
      bootstrap: {
        enabled: evaluation.bootstrap.enabled,
        blockSize: evaluation.bootstrap.block_size,
        draws: evaluation.bootstrap.n_boot,
        seed: DEFAULT_MAJORS_ALTS.evaluation.bootstrap.seed,
      },
    },
  };
}
