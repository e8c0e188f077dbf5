/**
 * The flags-only posture (regime spec §15), an option that is off: flags of the 1h records alone move A and E from 0.5,
 * states do not count. Dominance works in reverse, but an emergency is bad news whoever has it. The bucket's strength
 * multiplier adds at most a quarter.
 */
import type { ChannelState } from './channel-deltas.js';
import type { Bucket, Driver } from './driver.js';
import type { DriverRecords } from './posture.js';

export const POSTURE_V2_ROLES = ['usdtd', 'bucket', 'btcd', 'alt', 'btc'] as const;
export type PostureV2Role = (typeof POSTURE_V2_ROLES)[number];

export interface DriverFlags {
  readonly buy: boolean;
  readonly trim: boolean;
  readonly emergency: boolean;
}
export type PostureV2Flags = Readonly<Partial<Record<PostureV2Role, DriverFlags>>>;

const WEIGHT: Readonly<Record<PostureV2Role, number>> = {
  usdtd: 1,
  bucket: 0.9,
  btcd: 0.7,
  alt: 0.5,
  btc: 0.3,
};
const INVERSE: ReadonlySet<PostureV2Role> = new Set(['usdtd', 'btcd']);
const BUY = 0.15;
const TRIM = 0.2;
const EMERGENCY = 0.4;
const MOST_STRENGTH = 0.25;

const clamp01 = (value: number): number => Math.min(1, Math.max(0, value));

/** @param strengthMultiplier of the bucket; 1 or nothing: none */
export function postureV2(
  flags: PostureV2Flags,
  strengthMultiplier = 1,
): { readonly A_value: number; readonly E_value: number } {
  let a = 0.5;
  let e = 0.5;
  for (const role of POSTURE_V2_ROLES) {
    const flag = flags[role];
    if (flag === undefined) continue;
    const weight = WEIGHT[role];
    const sign = INVERSE.has(role) ? -weight : weight;
    if (flag.buy) {
      a += sign * BUY;
      e -= sign * BUY;
    }
    if (flag.trim) {
      a -= sign * TRIM;
      e += sign * TRIM;
    }
    if (flag.emergency) {
      a -= weight * EMERGENCY;
      e += weight * EMERGENCY;
    }
  }
  const strength = Math.min(MOST_STRENGTH, Math.max(-MOST_STRENGTH, strengthMultiplier - 1));
  return { A_value: clamp01(clamp01(a) + strength), E_value: clamp01(clamp01(e) - strength) };
}

/** The flags of the 1h records that a token of this bucket sees. */
export function postureV2Flags(records: DriverRecords, bucket: Bucket): PostureV2Flags {
  const of = (driver: Driver): DriverFlags => flagsOf(records[driver]?.['1h']);
  return {
    usdtd: of('USDT.d'),
    bucket: of(bucket),
    btcd: of('BTC.d'),
    alt: of('ALT'),
    btc: of('BTC'),
  };
}

function flagsOf(record: ChannelState | null | undefined): DriverFlags {
  return {
    buy: record?.buy_signal === true || record?.buy_flag === true,
    trim: record?.trim_flag === true,
    emergency: record?.emergency_exit === true,
  };
}
