/**
 * The signal of a day (spec majors-alts-monitor §11): what the book would be if it were entered flat at that close.
 *
 * The corrected signal is the backtest's own pipeline on all history up to the day. The reference's is another model: the
 * last row by itself, three regimes, no gate, no open interest, no filters, fixed halves of majors.
 */
import { screenAlts } from '../../analysis/neutral/basket-screen.js';
import { SCORE_FEATURES } from '../../analysis/neutral/composite-score.js';
import { derivativesLag } from '../../analysis/neutral/neutral-settings.js';
import {
  isTraded,
  NEUTRAL_REGIMES,
  type NeutralRegime,
  REGIME_CODE,
} from '../../analysis/neutral/regime-state.js';
import { TidewatchError } from '../../errors.js';
import { isoDate } from '../../market/asset-panel.js';
import { bookScale } from './corrected-day-loop.js';
import type { GivenRegime } from './given-regimes.js';
import type { MajorsAltsInput } from './majors-alts-result.js';
import { DEFAULT_MAJORS_ALTS, type MajorsAltsSettings } from './panel-settings.js';
import { type DecidedRegimes, decideRegimes } from './run-majors-alts.js';
import { buildTarget } from './target-book.js';

type ByAsset = Readonly<Record<string, number>>;

/** What would be held from one day's close on: weights are signed shares of equity, days UTC day numbers. */
export interface MajorsAltsSignal {
  readonly asofDay: number;
  /** The day whose rows were used, when `asofDay` has none. */
  readonly dataDay: number | null;
  readonly regime: NeutralRegime;
  readonly score: number;
  /** Σ|w|. */
  readonly suggestedGross: number;
  readonly legWeights: { readonly majors: ByAsset; readonly alts: ByAsset };
  /** Paid per day by these weights, share of equity. */
  readonly expectedFundingDaily: number;
  /** z-scores by feature key (corrected), raw values of two of them (reference); null = missing. */
  readonly keyFeatures: Readonly<Record<string, number | null>>;
  /** What only the corrected signal tells. */
  readonly book: {
    readonly tradeable: boolean;
    /** Sums to 1; empty when no alt qualifies. */
    readonly basket: ByAsset;
    readonly betas: Readonly<Record<string, ByAsset>>;
  } | null;
}

const SETTLEMENTS = 3;

/** What a caller knows already. */
export interface SignalKnowledge {
  /** Regimes from elsewhere, by day, in place of those of the score. */
  readonly given?: ReadonlyMap<number, GivenRegime> | undefined;
  /** Of the same input, ended at the day, and the same settings. */
  readonly decided?: DecidedRegimes | undefined;
}

/**
 * @throws TidewatchError `no_data` when no major or alt has a price up to the day; `bad_parameter` from the settings
 */
export function majorsAltsSignal(
  input: MajorsAltsInput,
  settings: MajorsAltsSettings,
  asofDay: number,
  known: SignalKnowledge = {},
): MajorsAltsSignal {
  return settings.profile === 'reference' && known.given === undefined
    ? referenceSignal(input, settings, asofDay)
    : correctedSignal(input, settings, asofDay, known);
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** The last feature row up to a day, or an error. */
export function lastRow(days: Int32Array, asofDay: number): { row: number; dataDay: number | null } {
  const row = days.length - 1;
  if (row < 0) {
    throw new TidewatchError('no_data', `no major or alt has a price up to ${isoDate(asofDay)}`, {
      hint: 'choose a later day',
      details: { asof: isoDate(asofDay) },
    });
  }
  return { row, dataDay: days[row] === asofDay ? null : days[row]! };
}

function correctedSignal(
  input: MajorsAltsInput,
  settings: MajorsAltsSettings,
  asofDay: number,
  { given, decided = decideRegimes({ ...input, endDay: asofDay }, settings) }: SignalKnowledge,
): MajorsAltsSignal {
  const { view, features } = decided;
  const { row, dataDay } = lastRow(features.day, asofDay);
  const none = { score: 0, regime: REGIME_CODE.BALANCED };
  const { score, regime } =
    given === undefined
      ? { score: decided.score[row]!, regime: decided.regime[row]! }
      : (given.get(features.day[row]!) ?? none);
  const { assets, days } = view.panel;
  const t = features.panelRow[row]!;
  const tradeable = isTraded(regime);
  const target = buildTarget(view, t, settings, input.trackerBetas);
  const scale = target && tradeable ? bookScale({ view, settings }, target.weights, t, regime, score) : 0;
  const weightOf = (a: number): number => (target?.weights[a] ?? 0) * scale;
  // −0 is written as 0
  const named = (list: Iterable<number>): ByAsset =>
    Object.fromEntries(Array.from(list, (a) => [assets[a]!, weightOf(a) || 0]));
  const majors = settings.universe.majors;
  const held = [...view.majors.filter((a) => a >= 0), ...(target?.basket.asset ?? [])];
  const knownDay = features.day[row]! - view.lag;
  const at = days.indexOf(knownDay);
  let funding = 0;
  let gross = 0;
  for (const a of held) {
    const rate = at < 0 ? Number.NaN : view.panel.fundingRate[a * days.length + at]!;
    gross += Math.abs(weightOf(a));
    if (!Number.isNaN(rate)) funding += weightOf(a) * rate * SETTLEMENTS;
  }
  return {
    asofDay,
    dataDay,
    regime: NEUTRAL_REGIMES[regime]!,
    score,
    suggestedGross: gross,
    legWeights: {
      majors: named(view.majors.filter((a) => a >= 0)),
      alts: named(tradeable ? (target?.basket.asset ?? []) : []),
    },
    expectedFundingDaily: funding,
    keyFeatures: Object.fromEntries(
      Object.entries(SCORE_FEATURES).map(([key, column]) => [key, orNull(features.z[column][row]!)]),
    ),
    book: {
      tradeable,
      basket: Object.fromEntries(
        Array.from(target?.basket.asset ?? [], (a, i) => [assets[a]!, target!.basket.weight[i]!]),
      ),
      betas: Object.fromEntries(
        Array.from(target?.basket.asset ?? [], (a, i) => [
          assets[a]!,
          { [majors[0]!]: target!.betas[i]![0], [majors[1]!]: target!.betas[i]![1] },
        ]),
      ),
    },
  };
}

function referenceSignal(
  input: MajorsAltsInput,
  settings: MajorsAltsSettings,
  asofDay: number,
): MajorsAltsSignal {
  const { panel } = input;
  const { composite } = DEFAULT_MAJORS_ALTS.regime;
  const blind = { ...panel, openInterest: new Float64Array(panel.openInterest.length).fill(Number.NaN) };
  const startDay = asofDay - settings.features.lookbackDays;
  const simple: MajorsAltsSettings = {
    ...settings,
    regime: {
      ...settings.regime,
      mode: 'composite',
      regimes: 3,
      composite: { ...composite, weights: settings.regime.composite.weights },
    },
  };
  const { view, features } = decideRegimes({ ...input, panel: blind, startDay, endDay: asofDay }, simple);
  const { row, dataDay } = lastRow(features.day, asofDay);
  const t = features.panelRow[row]!;
  let score = 0;
  for (const [key, weight] of Object.entries(settings.regime.composite.weights)) {
    const column = SCORE_FEATURES[key];
    const z = column === undefined ? Number.NaN : features.z[column][row]!;
    if (!Number.isNaN(z)) score += weight * z;
  }
  const basket = screenAlts(view, t, settings.universe, settings.universe.basketSize);
  const days = panel.days.length;
  const at = panel.days.indexOf(features.day[row]! - derivativesLag(settings.features, 'reference'));
  let sum = 0;
  let rates = 0;
  for (let a = 0; a < panel.assets.length && at >= 0; a += 1) {
    const rate = panel.fundingRate[a * days + at]!;
    if (Number.isNaN(rate)) continue;
    sum += rate;
    rates += 1;
  }
  const { thresholdLow, thresholdHigh } = composite;
  return {
    asofDay,
    dataDay,
    regime: score < thresholdLow ? 'RISK_ON_ALTS' : score > thresholdHigh ? 'RISK_ON_MAJORS' : 'BALANCED',
    score,
    suggestedGross: 1 + (basket.length > 0 ? 1 : 0),
    legWeights: {
      majors: Object.fromEntries(settings.universe.majors.map((id) => [id, 0.5])),
      alts: Object.fromEntries(Array.from(basket, (a) => [panel.assets[a]!, 1 / basket.length])),
    },
    expectedFundingDaily: rates === 0 ? 0 : (SETTLEMENTS * sum) / rates,
    keyFeatures: {
      alt_breadth: orNull(features.raw.alt_breadth_pct_up[row]!),
      btc_dominance: orNull(features.raw.btc_dominance[row]!),
    },
    book: null,
  };
}
