/**
 * The 0-to-100 score from a research lake instead of live calls (majors-alts spec §12, "Lake-based variant"): all assets
 * that are not majors count as alts, the market cap of BTC stands for its open interest, funding is turned into percent.
 * Funding is used from the day on which it was published (`lag` days after its row).
 */
import type { AssetPanel } from '../../market/asset-panel.js';
import { type LegacyBucket, legacyRow } from './legacy-score.js';

export interface LakeLegacyScore {
  /** Days of the panel on which BTC has a price and a week of history. */
  readonly day: Int32Array;
  /** 0..100, high when majors are ahead. */
  readonly score: Float64Array;
  readonly bucket: readonly LegacyBucket[];
}

const WEEK = 7;

/** @param majors ids; the first is BTC @param lag days from a funding row to its publication */
export function lakeLegacyScore(panel: AssetPanel, majors: readonly string[], lag: number): LakeLegacyScore {
  const { assets, days } = panel;
  const btc = assets.indexOf(majors[0] ?? 'BTC');
  const alts = assets.flatMap((id, a) => (majors.includes(id) ? [] : [a]));
  const [day, score, bucket, spreads]: [number[], number[], LegacyBucket[], number[]] = [[], [], [], []];
  if (btc < 0) return { day: new Int32Array(0), score: new Float64Array(0), bucket: [] };
  const closes = assets.map((_, a) => rowsOf(panel.close, a, days.length));
  const caps = rowsOf(panel.marketCap, btc, days.length);
  const rowOfDay = new Map(Array.from(days, (each, t) => [each, t]));
  for (let t = 0; t < days.length; t += 1) {
    const known = rowOfDay.get(days[t]! - lag);
    const [altFunding, btcFunding] =
      known === undefined ? [Number.NaN, Number.NaN] : fundingAt(panel, known, btc, alts);
    if (!Number.isNaN(altFunding - btcFunding)) spreads.push(altFunding - btcFunding);
    const btc1d = changeAt(closes[btc]!, t, 1);
    const btc7d = changeAt(closes[btc]!, t, WEEK);
    if (Number.isNaN(btc1d) || Number.isNaN(btc7d)) continue;
    const returns = alts.flatMap((a) => {
      const return1d = changeAt(closes[a]!, t, 1);
      const return7d = changeAt(closes[a]!, t, WEEK);
      return Number.isNaN(return1d) || Number.isNaN(return7d) ? [] : [{ return1d, return7d }];
    });
    if (returns.length === 0) continue;
    const oiChange3d = changeAt(caps, t, 3);
    const row = legacyRow({
      btc1d,
      btc7d,
      alts: returns,
      altFunding: altFunding || 0,
      btcFunding: btcFunding || 0,
      spreads,
      oiChange3d: Number.isNaN(oiChange3d) ? 0 : oiChange3d,
    });
    day.push(days[t]!);
    score.push(row.regime_score);
    bucket.push(row.bucket);
  }
  return { day: Int32Array.from(day), score: Float64Array.from(score), bucket };
}

interface Rows {
  /** Position of the row of each day of the panel, −1 without one. */
  readonly at: Int32Array;
  readonly value: readonly number[];
}

function rowsOf(matrix: Float64Array, asset: number, days: number): Rows {
  const at = new Int32Array(days).fill(-1);
  const value: number[] = [];
  for (let t = 0; t < days; t += 1) {
    const cell = matrix[asset * days + t]!;
    if (Number.isNaN(cell)) continue;
    at[t] = value.length;
    value.push(cell);
  }
  return { at, value };
}

/** Percent over a number of rows; NaN without a row of the day or before. */
function changeAt({ at, value }: Rows, t: number, rows: number): number {
  const row = at[t]!;
  return row < rows ? Number.NaN : (value[row]! / value[row - rows]! - 1) * 100;
}

/** Mean over alts, and BTC, in percent. */
function fundingAt(panel: AssetPanel, t: number, btc: number, alts: readonly number[]): [number, number] {
  const days = panel.days.length;
  const rates = alts.map((a) => panel.fundingRate[a * days + t]!).filter((rate) => !Number.isNaN(rate));
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  return [mean * 100, panel.fundingRate[btc * days + t]! * 100];
}
