/** The fields of the technical record of a bar (spec uptrend-engine §1.3) and when there is one (§1.1). */
import type { Timeframe } from '../../market/timeframe.js';

export const TA_SPANS = [20, 30, 50, 60, 144, 250, 333] as const;

/** Names of the record's fields, in the order of the columns. */
export const TA_LINES = [
  'ema20',
  'ema30',
  'ema50',
  'ema60',
  'ema144',
  'ema250',
  'ema333',
  'ema20_slope',
  'ema60_slope',
  'ema144_slope',
  'ema250_slope',
  'ema333_slope',
  'd_ema60_slope',
  'd_ema144_slope',
  'd_ema250_slope',
  'd_ema333_slope',
  'sep_fast',
  'sep_mid',
  'dsep_fast_5',
  'dsep_mid_5',
  'atr',
  'atr_norm',
  'atr_mean_20',
  'atr_peak_10',
  'rsi',
  'rsi_slope_10',
  'adx',
  'adx_slope_10',
  'vo_z',
  'vo_z_cluster',
  'vo_z_nowinsor',
] as const;
export type TaLine = (typeof TA_LINES)[number];

/** Averages and ATR in quote currency, slopes and separations as fractions, RSI and ADX 0..100. */
export type TaRecord = Readonly<Record<Exclude<TaLine, 'vo_z_cluster'>, number>> & {
  readonly timeframe: Timeframe;
  readonly vo_z_cluster: boolean;
};

const MINIMUM_BARS: Partial<Record<Timeframe, number>> = { '1m': 333, '15m': 288, '4h': 18 };

/** Bars the window must hold before there is a record (spec uptrend-engine §1.1). */
export function minimumTaBars(timeframe: Timeframe): number {
  return MINIMUM_BARS[timeframe] ?? 72;
}
