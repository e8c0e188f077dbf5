/**
 * Scores of a bar (spec uptrend-engine §4): trend strength TS, over-extension OX, dip quality DX, the boost of a nearby
 * level, and the gates of the buy flags. All scores are shares of 1 unless said; averages and ATR in quote currency.
 *
 * Longer than most files: a third of it are the documents of the checks, field by field; `entryCheck` and `retestCheck`
 * name theirs one by one because that is several times as fast as copying objects, at every bar.
 */
import type { UptrendConfig } from './profile.js';

/** Numbers of the technical record that scores read; one reused record per engine. */
export interface TaNow {
  ema20: number;
  ema30: number;
  ema60: number;
  ema144: number;
  ema250: number;
  ema333: number;
  ema20_slope: number;
  ema60_slope: number;
  ema144_slope: number;
  ema250_slope: number;
  ema333_slope: number;
  d_ema144_slope: number;
  dsep_fast_5: number;
  dsep_mid_5: number;
  atr: number;
  atr_mean_20: number;
  rsi_slope_10: number;
  adx: number;
  adx_slope_10: number;
  vo_z: number;
}

/** A record to be filled bar by bar. */
export const newTaNow = (): TaNow => ({
  ema20: 0,
  ema30: 0,
  ema60: 0,
  ema144: 0,
  ema250: 0,
  ema333: 0,
  ema20_slope: 0,
  ema60_slope: 0,
  ema144_slope: 0,
  ema250_slope: 0,
  ema333_slope: 0,
  d_ema144_slope: 0,
  dsep_fast_5: 0,
  dsep_mid_5: 0,
  atr: 0,
  atr_mean_20: 0,
  rsi_slope_10: 0,
  adx: 0,
  adx_slope_10: 0,
  vo_z: 0,
});

/** Levels in force as columns: the first `length` rows of a LevelTable. */
export interface LevelsNow {
  readonly length: number;
  readonly price: ArrayLike<number>;
  readonly strength: ArrayLike<number>;
}

const FLOOR = 1e-9;

/** The nearest number of 0..1; NaN stays NaN. */
export function clamp01(x: number): number {
  return Math.min(1, Math.max(0, x));
}

/** 1 / (1 + e^−z), never overflowing. */
export function sigmoid(z: number): number {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const e = Math.exp(z);
  return e / (1 + e);
}

/** TS, 0 to 1, of the slopes of RSI and ADX over ten bars, points per bar (spec uptrend-engine §4). */
export function trendStrength(rsiSlope10: number, adxSlope10: number): number {
  return 0.5 * clamp01((rsiSlope10 + 5) / 10) + 0.5 * clamp01((adxSlope10 + 2) / 4);
}

/** What a level within the halo of an average adds to TS; strength is the raw count unless scaled. */
export function levelBoost(levels: LevelsNow, anchor: number, atr: number, config: UptrendConfig): number {
  const halo = atr * config.srBoostHalo;
  if (!(atr > 0) || !(halo > 0)) return 0;
  let boost = 0;
  for (let i = 0; i < levels.length; i++) {
    const distance = Math.abs(levels.price[i]! - anchor);
    if (distance > halo) continue;
    const strength = levels.strength[i]! / config.srStrengthScale;
    const value = strength * (1 - distance / halo) * config.srBoostMax;
    if (value > boost) boost = value;
  }
  return Math.min(boost, config.srBoostMax);
}

/** Why a buy near an average is or is not signalled. */
export interface BuyCheck {
  readonly entry_zone_ok: boolean;
  readonly slope_ok: boolean;
  readonly ts_ok: boolean;
  readonly ts_score: number;
  readonly ts_with_boost: number;
  readonly sr_boost: number;
  readonly atr: number;
  readonly halo: number;
  readonly price: number;
  readonly ema_anchor: number;
  /** The two slopes used: of ema60 and ema144 in S1, of ema250 and ema333 in S2. */
  readonly ema60_slope?: number;
  readonly ema144_slope?: number;
  readonly ema250_slope?: number;
  readonly ema333_slope?: number;
}

/** First entry, near the 60-bar average. */
export function entryCheck(price: number, ta: TaNow, levels: LevelsNow, config: UptrendConfig): BuyCheck {
  const halo = config.entryHalo * ta.atr;
  const ts = trendStrength(ta.rsi_slope_10, ta.adx_slope_10);
  const boost = levelBoost(levels, ta.ema60, ta.atr, config);
  return {
    entry_zone_ok: Math.abs(price - ta.ema60) <= halo,
    slope_ok: ta.ema60_slope > 0 || ta.ema144_slope >= 0,
    ts_ok: ts + boost >= config.tsThreshold,
    ts_score: ts,
    ts_with_boost: ts + boost,
    sr_boost: boost,
    atr: ta.atr,
    halo,
    price,
    ema_anchor: ta.ema60,
    ema60_slope: ta.ema60_slope,
    ema144_slope: ta.ema144_slope,
  };
}

/** Retest of the 333-bar average after the breakout. */
export function retestCheck(price: number, ta: TaNow, levels: LevelsNow, config: UptrendConfig): BuyCheck {
  const halo = config.s2RetestHalo * ta.atr;
  const ts = trendStrength(ta.rsi_slope_10, ta.adx_slope_10);
  const boost = levelBoost(levels, ta.ema333, ta.atr, config);
  return {
    entry_zone_ok: Math.abs(price - ta.ema333) <= halo,
    slope_ok: ta.ema250_slope > 0 || ta.ema333_slope >= 0,
    ts_ok: ts + boost >= config.tsThreshold,
    ts_score: ts,
    ts_with_boost: ts + boost,
    sr_boost: boost,
    atr: ta.atr,
    halo,
    price,
    ema_anchor: ta.ema333,
    ema250_slope: ta.ema250_slope,
    ema333_slope: ta.ema333_slope,
  };
}

/** All three gates of a buy flag are open. */
export function checkPasses(check: BuyCheck): boolean {
  return check.entry_zone_ok && check.slope_ok && check.ts_ok;
}

/** Over-extension and its parts. */
export interface OverExtension {
  readonly ox: number;
  readonly rail_fast: number;
  readonly rail_mid: number;
  readonly rail_144: number;
  readonly rail_250: number;
  readonly exp_fast: number;
  readonly exp_mid: number;
  readonly atr_surge: number;
  readonly fragility: number;
}

/** Mean ATR that ratios divide by: never 0. */
function meanAtr(ta: TaNow): number {
  return ta.atr_mean_20 || ta.atr || 1;
}

/** @param edx decay of the S3 episode, which raises over-extension; leave out in S2 */
export function overExtension(price: number, ta: TaNow, config: UptrendConfig, edx?: number): OverExtension {
  const { atr } = ta;
  const railFast = rail(price, ta.ema20, atr, config.rail20);
  const railMid = rail(price, ta.ema60, atr, config.rail60);
  const rail144 = rail(price, ta.ema144, atr, config.rail144);
  const rail250 = rail(price, ta.ema250, atr, config.rail250);
  const expFast = sigmoid(ta.dsep_fast_5 / config.expFast);
  const expMid = sigmoid(ta.dsep_mid_5 / config.expMid);
  const surge = sigmoid(atr / Math.max(meanAtr(ta), FLOOR) - 1);
  const fragility = sigmoid(-ta.ema20_slope / config.fragility);
  const base =
    0.35 * railFast +
    0.2 * railMid +
    0.1 * rail144 +
    0.1 * rail250 +
    0.1 * expFast +
    0.05 * expMid +
    0.05 * surge +
    0.05 * fragility;
  const lift = edx === undefined ? 1 : 1 + 0.33 * Math.min(0.5, Math.max(0, edx - 0.5));
  return {
    ox: clamp01(base * lift),
    rail_fast: railFast,
    rail_mid: railMid,
    rail_144: rail144,
    rail_250: rail250,
    exp_fast: expFast,
    exp_mid: expMid,
    atr_surge: surge,
    fragility,
  };
}

/** Distance above an average in widths of ATR, squeezed; 0 without a range. */
function rail(price: number, average: number, atr: number, width: number): number {
  return atr > 0 ? sigmoid((price - average) / Math.max(atr * width, FLOOR)) : 0;
}

/** DX and its parts, 0..1. */
export interface DipQuality {
  readonly dx: number;
  readonly dx_location: number;
  readonly exhaustion: number;
  readonly relief: number;
}

/** Quality of a dip inside S3. */
export function dipQuality(price: number, ta: TaNow, edx: number, config: UptrendConfig): DipQuality {
  const { ema144, ema333 } = ta;
  const band = ema144 === ema333 ? 0.01 * ema333 : Math.abs(ema144 - ema333);
  let x: number;
  if (ema144 > ema333) x = clamp01((price - ema333) / Math.max(ema144 - ema333, FLOOR));
  else if (ema333 > ema144) x = clamp01((price - ema144) / (ema333 - ema144));
  else x = price <= ema144 ? 1 : 0;
  const compression = sigmoid((0.03 - band / Math.max(price, FLOOR)) / 0.02);
  const location = Math.exp(-3 * x) * (1 + 0.3 * compression);
  const exhaustion = sigmoid(-ta.vo_z);
  const momentum =
    0.5 * sigmoid(ta.rsi_slope_10 / config.rsiScale) +
    0.5 * (ta.adx >= config.adxFloor ? sigmoid(ta.adx_slope_10 / config.adxScale) : 0);
  const relief = 0.5 * sigmoid((ta.atr / Math.max(meanAtr(ta), FLOOR) - 0.9) / 0.05) + 0.5 * momentum;
  const curl = ta.d_ema144_slope > 0 ? 1 : 0;
  const base = 0.45 * location + 0.25 * exhaustion + 0.25 * relief + 0.05 * curl;
  const suppression = 1 - 0.5 * Math.min(0.4, Math.max(0, edx - 0.6));
  return { dx: clamp01(base * suppression), dx_location: location, exhaustion, relief };
}

/** Why a dip inside S3 is or is not bought. */
export interface S3BuyCheck {
  readonly price: number;
  readonly ema144: number;
  readonly ema333: number;
  readonly price_in_discount_zone: boolean;
  readonly dx: number;
  readonly dx_threshold_base: number;
  readonly edx_suppression: number;
  readonly dx_threshold_adjusted: number;
  readonly price_position_boost: number;
  readonly dx_threshold_final: number;
  readonly dx_ok: boolean;
  readonly slope_ok: boolean;
  readonly ema250_slope: number;
  readonly ema333_slope: number;
  readonly ts_ok: boolean;
  readonly ts_score: number;
  readonly ts_with_boost: number;
  readonly sr_boost: number;
  readonly emergency_exit: boolean;
  readonly buy_flag: boolean;
}

/** @param boost of the levels around the 333-bar average */
export function dipCheck(
  price: number,
  ta: TaNow,
  dx: number,
  edx: number,
  ts: number,
  boost: number,
  config: UptrendConfig,
): S3BuyCheck {
  const { ema144, ema333 } = ta;
  const discount = ema144 > 0 && price <= ema144;
  const suppression = edx >= 0.7 ? 0.15 : edx >= 0.5 ? (edx - 0.5) / 2 : 0;
  const positionBoost = discount ? positionOf(price, ema144, ema333, config.referenceFaults) : 0;
  const adjusted = config.dxBuy + suppression;
  const final = Math.max(0, adjusted - positionBoost);
  const slopeOk = ta.ema250_slope > 0 || ta.ema333_slope >= 0;
  const tsOk = ts + boost >= config.tsThreshold;
  const emergency = price < ema333;
  const dxOk = dx >= final;
  return {
    price,
    ema144,
    ema333,
    price_in_discount_zone: discount,
    dx,
    dx_threshold_base: config.dxBuy,
    edx_suppression: suppression,
    dx_threshold_adjusted: adjusted,
    price_position_boost: positionBoost,
    dx_threshold_final: final,
    dx_ok: dxOk,
    slope_ok: slopeOk,
    ema250_slope: ta.ema250_slope,
    ema333_slope: ta.ema333_slope,
    ts_ok: tsOk,
    ts_score: ts,
    ts_with_boost: ts + boost,
    sr_boost: boost,
    emergency_exit: emergency,
    buy_flag: dxOk && discount && slopeOk && tsOk && !emergency,
  };
}

/** 0.10 at the 333-bar average, −0.05 at the 144-bar one (the reference: in inverted order only, not clamped). */
function positionOf(price: number, ema144: number, ema333: number, referenceFaults: boolean): number {
  let share: number;
  if (referenceFaults) {
    if (!(ema333 > ema144)) return 0;
    share = (price - ema144) / (ema333 - ema144);
  } else {
    if (!(ema144 > ema333)) return 0;
    share = clamp01((ema144 - price) / (ema144 - ema333));
  }
  return 0.1 * share - 0.05 * (1 - share);
}

/** OX is high and a level with a positive price is near. */
export function trimFlag(
  ox: number,
  price: number,
  atr: number,
  levels: LevelsNow,
  config: UptrendConfig,
): boolean {
  if (ox < config.oxSell || !(atr > 0)) return false;
  for (let i = 0; i < levels.length; i++) {
    const level = levels.price[i]!;
    if (level > 0 && Math.abs(price - level) <= config.trimHalo * atr) return true;
  }
  return false;
}
