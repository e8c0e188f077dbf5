/**
 * Every constant of the engine and the four behaviour profiles (spec uptrend-engine §4, §6). A caller overrides any of
 * them by name; learned overrides never do (they act on the diagnostics, not on states and scores).
 */
import { TidewatchError } from '../../errors.js';

/** The behaviour profiles by name (spec uptrend-engine §6); `standard` is used unless said. */
export const UPTREND_PROFILES = ['standard', 'corrected', 'reference', 'v6'] as const;
/** A behaviour profile by name. */
export type UptrendProfile = (typeof UPTREND_PROFILES)[number];

/**
 * Every constant of the engine (spec uptrend-engine §4): scores 0 to 1, halos in ATR, windows in bars.
 * `uptrendConfig` checks them.
 */
export interface UptrendConfig {
  readonly profile: UptrendProfile;
  /** Bars the technical record sees; Infinity = all. */
  readonly window: number;
  // Gates
  readonly tsThreshold: number;
  readonly firstDipTs: number;
  readonly oxSell: number;
  readonly dxBuy: number;
  readonly adxFloor: number;
  // Halos, in ATR
  readonly entryHalo: number;
  readonly s2RetestHalo: number;
  readonly srBoostHalo: number;
  readonly trimHalo: number;
  // Support and resistance boost
  readonly srBoostMax: number;
  /** Divides the strength of a level; 1 keeps the raw count, 20 the older 0..1 scale. */
  readonly srStrengthScale: number;
  // Over-extension
  readonly rail20: number;
  readonly rail60: number;
  readonly rail144: number;
  readonly rail250: number;
  readonly expFast: number;
  readonly expMid: number;
  readonly fragility: number;
  // Dip quality
  readonly rsiScale: number;
  readonly adxScale: number;
  // Decay without a known start
  readonly edxSlow250: number;
  readonly edxSlow333: number;
  // Rules
  /** S1, S2 and S3 end when both fast averages are below all slow ones. */
  readonly globalExit: boolean;
  /** A series that is in full bullish order at its first bar starts in S3. */
  readonly bootstrapS3: boolean;
  readonly s4ToS3: boolean;
  /** Raise the first-dip flag (off: the payload says false). */
  readonly firstDipBuy: boolean;
  /**
   * Faults of the reference kept for parity: momentum instead of decay, the first 500 bars of the episode, the clock
   * instead of a count of bars, the price boost in inverted order only.
   */
  readonly referenceFaults: boolean;
}

const CORRECTED: UptrendConfig = {
  profile: 'corrected',
  window: 1000,
  tsThreshold: 0.6,
  firstDipTs: 0.5,
  oxSell: 0.65,
  dxBuy: 0.6,
  adxFloor: 18,
  entryHalo: 1,
  s2RetestHalo: 0.5,
  srBoostHalo: 1,
  trimHalo: 1,
  srBoostMax: 0.25,
  srStrengthScale: 1,
  rail20: 1.5,
  rail60: 2,
  rail144: 1.5,
  rail250: 2,
  expFast: 0.0015,
  expMid: 0.001,
  fragility: 0.0008,
  rsiScale: 0.5,
  adxScale: 0.3,
  edxSlow250: 0.00025,
  edxSlow333: 0.0002,
  globalExit: false,
  bootstrapS3: false,
  s4ToS3: false,
  firstDipBuy: false,
  referenceFaults: false,
};

const PROFILES: Readonly<Record<UptrendProfile, UptrendConfig>> = {
  standard: {
    ...CORRECTED,
    profile: 'standard',
    tsThreshold: 0.58,
    s2RetestHalo: 1,
    globalExit: true,
    bootstrapS3: true,
    s4ToS3: true,
  },
  corrected: CORRECTED,
  reference: { ...CORRECTED, profile: 'reference', referenceFaults: true },
  v6: {
    ...CORRECTED,
    profile: 'v6',
    tsThreshold: 0.58,
    srBoostMax: 0.15,
    dxBuy: 0.65,
    globalExit: true,
    bootstrapS3: true,
  },
};

/**
 * The constants of a profile with the caller's changes.
 * @throws TidewatchError `bad_parameter` for a number that is not finite (but `window`) or negative
 */
export function uptrendConfig(
  profile: UptrendProfile = 'standard',
  changes: Partial<Omit<UptrendConfig, 'profile'>> = {},
): UptrendConfig {
  for (const [name, value] of Object.entries(changes)) {
    const infinite = name === 'window' && value === Number.POSITIVE_INFINITY;
    if (typeof value === 'number' && !infinite && !(Number.isFinite(value) && value >= 0)) {
      throw new TidewatchError('bad_parameter', `uptrend constant ${name} is ${value}`, {
        hint: 'give a finite number of at least 0',
      });
    }
  }
  return { ...PROFILES[profile], ...changes };
}
