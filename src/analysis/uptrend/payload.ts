/**
 * What the engine says about a closed bar (spec uptrend-engine §5.1). JSON names are those of the stored document. An
 * absent flag means false; flags are set whether or not anything is held.
 */
import type { Timeframe } from '../../market/timeframe.js';
import type { DecayParts } from './decay-windows.js';
import type { FirstDipCheck } from './first-dip.js';
import type { UptrendProfile } from './profile.js';
import type { BuyCheck, DipQuality, OverExtension, S3BuyCheck } from './scores.js';

/** S0 downtrend, S1 first lift, S2 above the slow averages, S3 full uptrend, S4 not known yet. */
export type UptrendState = 'S0' | 'S1' | 'S2' | 'S3' | 'S4';

export type ExitReason = 'fast_band_at_bottom' | 's1_to_s0_bearish_order' | 'all_emas_below_333';

/** Exponential averages of the close, quote currency. */
export interface UptrendEmas {
  readonly ema20: number;
  readonly ema30: number;
  readonly ema60: number;
  readonly ema144: number;
  readonly ema250: number;
  readonly ema333: number;
}

/** Shares of 1 (spec uptrend-engine §4); a score that the state does not ask for is left out. */
export interface UptrendScores {
  /** Over-extension. */
  readonly ox: number;
  /** Quality of a dip. */
  readonly dx?: number;
  /** Decay of the episode. */
  readonly edx?: number;
  /** Trend strength, alone and with the boost of a level nearby. */
  readonly ts?: number;
  readonly ts_with_boost?: number;
  readonly sr_boost?: number;
}

/** Decay of an episode: its parts and windows, or why there is none yet. */
export type EdxDiagnostics =
  | { readonly error: 'insufficient_s3_bars'; readonly s3_bars: 0 }
  | { readonly error: 'insufficient_data'; readonly bars: number }
  | DecayParts;

export interface S3Diagnostics extends Omit<OverExtension, 'ox'>, Omit<DipQuality, 'dx'> {
  readonly decay: EdxDiagnostics;
  /** The same as `scores.edx`; the name is that of the stored document (§5.1). */
  readonly edx_raw: number;
  readonly s3_buy_check: S3BuyCheck;
  /** Absent on the bar that enters S3; empty while the option is off. */
  readonly first_dip_buy_check?: FirstDipCheck | Record<string, never>;
}

export interface UptrendDiagnostics extends Partial<S3Diagnostics> {
  readonly bootstrap?: 'S3_from_S4' | 'S0_from_S4';
  readonly buy_check?: BuyCheck;
  readonly s2_retest_check?: BuyCheck;
}

/**
 * What is known of a series at the close of one bar; prices in quote currency, JSON names (spec uptrend-engine §5.1).
 */
export interface UptrendPayload {
  readonly instrument_id: string;
  readonly timeframe: Timeframe;
  /** Open of the bar, UTC ms; known from its close on. */
  readonly ts: number;
  readonly state: UptrendState;
  /** Empty on the first step. */
  readonly prev_state: UptrendState | '';
  /** Close of the bar. */
  readonly price: number;
  readonly atr: number;
  /** The window holds the 333 bars that the slowest average needs. */
  readonly warm: boolean;
  readonly ema: UptrendEmas;
  readonly buy_signal?: boolean;
  readonly buy_flag?: boolean;
  readonly trim_flag?: boolean;
  readonly first_dip_buy_flag?: boolean;
  readonly exit_position?: boolean;
  readonly exit_reason?: ExitReason;
  readonly emergency_exit?: boolean;
  readonly reclaimed_ema333?: boolean;
  readonly watch_only?: boolean;
  readonly scores?: UptrendScores;
  readonly diagnostics?: UptrendDiagnostics;
  readonly meta: { readonly profile: UptrendProfile; readonly revision: number };
}
