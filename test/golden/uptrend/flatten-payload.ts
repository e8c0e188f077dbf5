/** A payload as the columns of the golden engine files. */
import type { UptrendPayload } from '../../../src/analysis/uptrend/payload.js';

type Cell = number | undefined;

const bit = (flag: boolean | undefined): Cell => (flag === undefined ? undefined : Number(flag));

export function flattened(payload: UptrendPayload): Record<string, Cell> {
  const { scores, diagnostics } = payload;
  const check = diagnostics?.buy_check ?? diagnostics?.s2_retest_check;
  const dip = diagnostics?.s3_buy_check;
  const decay = diagnostics?.decay;
  const windows = decay !== undefined && 'windows' in decay ? decay.windows : [];
  const reading = decay !== undefined && 'windows' in decay ? decay : undefined;
  return {
    ox: scores?.ox,
    dx: scores?.dx,
    edx: scores?.edx,
    ts: scores?.ts ?? check?.ts_score,
    ts_with_boost: scores?.ts_with_boost ?? check?.ts_with_boost,
    sr_boost: scores?.sr_boost ?? check?.sr_boost,
    chk_entry_zone_ok: bit(check?.entry_zone_ok),
    chk_slope_ok: bit(check?.slope_ok ?? dip?.slope_ok),
    chk_ts_ok: bit(check?.ts_ok ?? dip?.ts_ok),
    chk_halo: check?.halo,
    s3_discount_zone: bit(dip?.price_in_discount_zone),
    dx_threshold_final: dip?.dx_threshold_final,
    edx_slow: reading?.edx_slow,
    edx_struct: reading?.edx_struct,
    edx_part: reading?.edx_part,
    edx_geom: reading?.edx_geom,
    w1: windows[0]?.bars,
    w2: windows[1]?.bars,
    w3: windows[2]?.bars,
    dx_location: diagnostics?.dx_location,
    exhaustion: diagnostics?.exhaustion,
    relief: diagnostics?.relief,
  };
}
