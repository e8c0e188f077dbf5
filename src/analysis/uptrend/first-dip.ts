/** The first dip of an uptrend as a buy (spec uptrend-engine §4): documented, off unless the option says otherwise. */
import type { UptrendConfig } from './profile.js';
import type { TaNow } from './scores.js';

export type FirstDipCheck =
  | {
      readonly reason:
        | 'already_taken'
        | 'no_s3_start_ts'
        | 'cannot_calculate_bars'
        | 'invalid_emas'
        | 'emergency_exit_below_333'
        | 'invalid_atr';
      readonly price?: number;
      readonly ema333?: number;
      readonly bars_since_entry?: number;
    }
  | {
      readonly bars_since_entry: number;
      readonly option1_ema20_30: boolean;
      readonly option2_ema60: boolean;
      readonly dist_ema20: number;
      readonly dist_ema30: number;
      readonly dist_ema60: number;
      readonly halo_20_30: number;
      readonly halo_60: number;
      readonly slope_ok: boolean;
      readonly ema144_slope: number;
      readonly ema250_slope: number;
      readonly ts_ok: boolean;
      readonly ts_score: number;
      readonly ts_with_boost: number;
      readonly sr_boost: number;
      readonly emergency_exit: false;
      readonly first_dip_buy_flag: boolean;
    };

const FAST_BARS = 6;
const SLOW_BARS = 12;

/** @param bars since the start of the episode @param boost of the levels around the 333-bar average */
export function firstDip(
  price: number,
  ta: TaNow,
  bars: number,
  taken: boolean,
  ts: number,
  boost: number,
  config: UptrendConfig,
): FirstDipCheck {
  if (taken) return { reason: 'already_taken' };
  const { ema20, ema30, ema60, ema333, atr } = ta;
  if (!(ema20 > 0 && ema30 > 0 && ema60 > 0 && ema333 > 0)) return { reason: 'invalid_emas' };
  if (price < ema333) {
    return { reason: 'emergency_exit_below_333', price, ema333, bars_since_entry: bars };
  }
  if (!(atr > 0)) return { reason: 'invalid_atr' };
  const halo = 0.5 * atr;
  const [away20, away30, away60] = [
    Math.abs(price - ema20),
    Math.abs(price - ema30),
    Math.abs(price - ema60),
  ];
  const fast = bars <= FAST_BARS && (away20 <= halo || away30 <= halo);
  const slow = bars <= SLOW_BARS && away60 <= halo;
  const slopeOk = ta.ema144_slope > 0 || ta.ema250_slope >= 0;
  const tsOk = ts + boost >= config.firstDipTs;
  return {
    bars_since_entry: bars,
    option1_ema20_30: fast,
    option2_ema60: slow,
    dist_ema20: away20,
    dist_ema30: away30,
    dist_ema60: away60,
    halo_20_30: halo,
    halo_60: halo,
    slope_ok: slopeOk,
    ema144_slope: ta.ema144_slope,
    ema250_slope: ta.ema250_slope,
    ts_ok: tsOk,
    ts_score: ts,
    ts_with_boost: ts + boost,
    sr_boost: boost,
    emergency_exit: false,
    first_dip_buy_flag: (fast || slow) && slopeOk && tsOk,
  };
}
