/**
 * Sizes of the long leg against a short alt basket (spec majors-alts-monitor §9).
 *
 * `beta_neutral` sets each major against the basket's beta on it; the net is free. `dollar_neutral` splits half of equity
 * between the majors so that the squared residual exposures are smallest; net 0, gross 1.
 */
import type { Basket } from './basket.js';
import type { NeutralProfile, UniverseSettings } from './neutral-settings.js';
import type { DualBeta } from './ridge-betas.js';

/** Gross of the alt leg before scaling, share of equity. */
const ALT_GROSS = 0.5;
/** Largest size of one major in beta-neutral mode. */
const MOST_PER_MAJOR = 0.75;
/** The reference lets gross exceed the cap by this factor before it scales. */
const REFERENCE_SLACK = 1.2;

/** Signed weights, shares of equity. */
export interface NeutralBook {
  /** One per basket name, negative. */
  readonly alts: Float64Array;
  readonly majors: readonly [number, number];
}

/** Betas and money that a book leaves open, shares of equity. */
export interface NeutralityError {
  readonly betaFirst: number;
  readonly betaSecond: number;
  /** Σ w. */
  readonly net: number;
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** Both legs of the book, scaled down to the gross cap. @param betas one pair per basket name */
export function solveNeutral(
  basket: Basket,
  betas: readonly DualBeta[],
  { neutralityMode, grossCap }: UniverseSettings,
  profile: NeutralProfile,
): NeutralBook {
  const alts = basket.weight.map((weight) => -ALT_GROSS * weight);
  let [first, second] = [0, 0];
  for (let i = 0; i < alts.length; i += 1) {
    first += alts[i]! * betas[i]![0];
    second += alts[i]! * betas[i]![1];
  }
  const majors: [number, number] =
    neutralityMode === 'dollar_neutral'
      ? [clamp(0.25 + 0.5 * (second - first), 0, ALT_GROSS), 0]
      : [clamp(-first, -MOST_PER_MAJOR, MOST_PER_MAJOR), clamp(-second, -MOST_PER_MAJOR, MOST_PER_MAJOR)];
  if (neutralityMode === 'dollar_neutral') majors[1] = ALT_GROSS - majors[0];
  const gross = ALT_GROSS + Math.abs(majors[0]) + Math.abs(majors[1]);
  const limit = profile === 'reference' ? REFERENCE_SLACK * grossCap : grossCap;
  if (gross <= limit) return { alts, majors };
  const scale = grossCap / gross;
  return { alts: alts.map((weight) => weight * scale), majors: [majors[0] * scale, majors[1] * scale] };
}

/**
 * What a book still has of each major's beta, and its net, as shares of equity; 0 is neutral (spec
 * majors-alts-monitor §9).
 */
export function neutralityError({ alts, majors }: NeutralBook, betas: readonly DualBeta[]): NeutralityError {
  let [betaFirst, betaSecond, net] = [majors[0], majors[1], majors[0] + majors[1]];
  for (let i = 0; i < alts.length; i += 1) {
    betaFirst += alts[i]! * betas[i]![0];
    betaSecond += alts[i]! * betas[i]![1];
    net += alts[i]!;
  }
  return { betaFirst, betaSecond, net };
}
