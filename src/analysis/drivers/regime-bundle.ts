/** The market's regimes as a scope of learning (regime spec §14): fifteen states under fixed names, and one text. */
import { isUptrendState } from './channel-deltas.js';
import { type Bucket, type Driver, driversOf, REGIME_TIMEFRAMES, TIMEFRAME_ROLES } from './driver.js';
import type { DriverRecords } from './posture.js';

const NAMES: Readonly<Partial<Record<Driver, string>>> = {
  BTC: 'btc',
  ALT: 'alt',
  'BTC.d': 'btcd',
  'USDT.d': 'usdtd',
};

/** `{btc,alt,bucket,btcd,usdtd}_{macro,meso,micro}` → state; S4 where nothing is known. */
export function regimeBundle(records: DriverRecords, bucket: Bucket): Readonly<Record<string, string>> {
  const bundle: Record<string, string> = {};
  for (const driver of driversOf(bucket)) {
    for (const timeframe of REGIME_TIMEFRAMES) {
      const state = records[driver]?.[timeframe]?.state;
      bundle[`${NAMES[driver] ?? 'bucket'}_${TIMEFRAME_ROLES[timeframe]}`] = isUptrendState(state)
        ? state
        : 'S4';
    }
  }
  return bundle;
}

/** The bundle as one key; the rank of the bucket last, where it is known. */
export function regimeSignature(
  bundle: Readonly<Record<string, string>>,
  bucketRank?: number | null,
): string {
  const parts = Object.entries(bundle).map(([key, state]) => `${key}=${state}`);
  if (bucketRank != null) parts.push(`bucket_rank=${bucketRank}`);
  return parts.join('|');
}
