/**
 * The variant of `category_path: msm` (spec majors-alts-monitor §11): always on, the largest alts against fixed weights of
 * majors, half of equity each, made anew every so many days. No filters, no betas, no regime, no stops.
 *
 * It answers whether the regime adds anything: what the plain trade earns after the same costs and funding. Costs, funding
 * and timing are those of the corrected book; dates are all trading dates, without a training period.
 */
import type { PanelView } from '../../analysis/neutral/alt-universe.js';
import { viewPanel } from '../../analysis/neutral/alt-universe.js';
import { alwaysOnReturn } from '../../analysis/neutral/always-on-return.js';
import type { Basket } from '../../analysis/neutral/basket.js';
import { lastValueAt, screenAlts } from '../../analysis/neutral/basket-screen.js';
import { neutralFeatures } from '../../analysis/neutral/feature-table.js';
import { derivativesLag } from '../../analysis/neutral/neutral-settings.js';
import { REGIME_CODE } from '../../analysis/neutral/regime-state.js';
import { tradingRows } from '../../analysis/neutral/trading-rows.js';
import { TidewatchError } from '../../errors.js';
import { heldReturn } from './book-inputs.js';
import { BookRecord, grossOf, type RecordedBook } from './book-record.js';
import type { MajorsAltsInput, MajorsAltsResult } from './majors-alts-result.js';
import { lastRow, type MajorsAltsSignal } from './majors-alts-signal.js';
import { panelKpis } from './panel-kpis.js';
import type { MajorsAltsSettings } from './panel-settings.js';
import { regimeMetrics } from './regime-metrics.js';
import { accrueFunding, tradeCost } from './trading-costs.js';

/** What is held and how often it is made anew (spec majors-alts-monitor §11). */
export interface FixedRebalanceSettings {
  /** Alts in the basket, the largest by market cap. */
  readonly topN: number;
  readonly weighting: 'equal' | 'cap';
  /** USD per day, median of seven rows. */
  readonly minVolumeUsd: number;
  /** Shares of the long leg by id; they are scaled to sum 1. */
  readonly majorWeights: Readonly<Record<string, number>>;
  /** Calendar days between rebalances. */
  readonly rebalanceDays: number;
}

/** Twenty alts in equal parts against bitcoin, made anew each week. */
export const DEFAULT_FIXED_REBALANCE: FixedRebalanceSettings = {
  topN: 20,
  weighting: 'equal',
  minVolumeUsd: 1_000,
  majorWeights: { BTC: 1 },
  rebalanceDays: 7,
};

/** The book day by day and its figures; returns are fractions of equity per day. */
export interface FixedRebalanceResult extends RecordedBook {
  readonly kpis: Readonly<Record<string, number>>;
  /** Return of the held basket (weights that sum to 1) less that of the first major, by row of `daily`. */
  readonly target: Float64Array;
}

const LEG = 0.5;
const SETTLEMENTS = 3;

/** @throws TidewatchError `bad_parameter` for a basket, a rebalance or majors that cannot be */
export function runFixedRebalance(
  input: MajorsAltsInput,
  settings: MajorsAltsSettings,
  variant: FixedRebalanceSettings = DEFAULT_FIXED_REBALANCE,
): FixedRebalanceResult {
  checkVariant(variant);
  const view = viewOf(input, settings);
  const { assets, days } = view.panel;
  const trading = tradingRows(view);
  const record = new BookRecord(view);
  const target = new Float64Array(trading.length);
  const flat = new Float64Array(assets.length);
  let held: Float64Array = flat;
  let share: Float64Array = flat;
  let madeOn = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < trading.length; row += 1) {
    const t = trading[row]!;
    const prev = row === 0 ? t : trading[row - 1]!;
    const pnl = heldReturn(view, held, prev, t);
    target[row] = heldReturn(view, share, prev, t);
    const accrual = row === 0 ? undefined : accrueFunding(view, held, prev, t, settings);
    if (accrual) record.accrual(accrual);
    const isDue = held === flat || days[t]! - madeOn >= variant.rebalanceDays;
    const made = isDue ? makeBook(view, t, variant) : undefined;
    const next: Float64Array = isDue ? (made?.weights ?? flat) : held;
    if (isDue) share = made?.share ?? flat;
    if (made) {
      record.target(t, { basket: made.basket, betas: [] });
      madeOn = days[t]!;
    }
    const trade = tradeCost(view, held, next, t, settings);
    const gross = grossOf(view, next);
    record.row(
      {
        t,
        regime: REGIME_CODE.RISK_ON_MAJORS,
        heldRegime: row === 0 ? -1 : REGIME_CODE.RISK_ON_MAJORS,
        exitReason: '',
        rebalanced: isDue && (made !== undefined || held !== flat),
        unfundedGross: accrual?.unfundedGross ?? 0,
        numbers: {
          score: 0,
          pnl,
          cost: trade.cost,
          funding: accrual?.funding ?? 0,
          alt_turnover: trade.altTurnover,
          major_turnover: trade.majorTurnover,
          alt_gross: gross.alt,
          major_gross: gross.major,
          total_gross: gross.alt + gross.major,
          beta_err_btc: 0,
          beta_err_eth: 0,
          net_exposure: gross.major - gross.alt,
        },
      },
      next,
    );
    held = next;
  }
  const book = record.finish();
  return { ...book, kpis: panelKpis(book.daily, settings.profile), target };
}

/** The same as a whole result: regimes are those of a book that is always on, the score is 0. */
export function fixedRebalanceRun(
  input: MajorsAltsInput,
  settings: MajorsAltsSettings,
  variant: FixedRebalanceSettings,
): MajorsAltsResult {
  const { kpis, target, ...book } = runFixedRebalance(input, settings, variant);
  const view = viewOf(input, settings);
  const { assets, days } = view.panel;
  const features = neutralFeatures(view, settings.features.burnInDays, settings.features.dominanceOf);
  const trading = tradingRows(view);
  const { missing, due, missingShare } = book.fundingCoverage;
  return {
    alts: Array.from(view.alts, (a) => assets[a]!),
    features,
    timeline: {
      day: features.day,
      score: new Float64Array(features.day.length),
      regime: Array.from(features.day, () => 'RISK_ON_MAJORS' as const),
    },
    ...book,
    kpis,
    regimeMetrics: regimeMetrics(book.daily, settings.profile),
    alwaysOn: {
      day: Int32Array.from(trading, (t) => days[t]!),
      return: alwaysOnReturn(view, trading, settings.universe),
    },
    target,
    gridSearch: null,
    unsupervised: null,
    warnings: [
      ...Object.keys(variant.majorWeights)
        .filter((id) => !settings.universe.majors.includes(id))
        .map((id) => `${id} is held long and is none of the majors: it may be in the basket too`),
      ...(missing === 0
        ? []
        : [
            `${missing} of ${due} held name-days (${(100 * missingShare).toFixed(2)} %) have no funding rate`,
          ]),
    ],
  };
}

/** The book that would be made at the close of a day. @throws TidewatchError `no_data`, `bad_parameter` */
export function fixedRebalanceSignal(
  input: MajorsAltsInput,
  settings: MajorsAltsSettings,
  variant: FixedRebalanceSettings,
  asofDay: number,
): MajorsAltsSignal {
  checkVariant(variant);
  const view = viewOf({ ...input, endDay: asofDay }, settings);
  const { assets, days, fundingRate } = view.panel;
  const trading = tradingRows(view);
  const { row, dataDay } = lastRow(
    Int32Array.from(trading, (t) => days[t]!),
    asofDay,
  );
  const t = trading[row]!;
  const book = makeBook(view, t, variant);
  const weights = book?.weights ?? new Float64Array(assets.length);
  const held = Array.from(weights.keys()).filter((a) => weights[a] !== 0);
  const leg = (isLong: boolean): Record<string, number> =>
    Object.fromEntries(held.filter((a) => weights[a]! > 0 === isLong).map((a) => [assets[a]!, weights[a]!]));
  const known = days.indexOf(days[t]! - view.lag);
  const rate = (a: number): number => (known < 0 ? 0 : fundingRate[a * days.length + known]! || 0);
  return {
    asofDay,
    dataDay,
    regime: 'RISK_ON_MAJORS',
    score: 0,
    suggestedGross: held.reduce((sum, a) => sum + Math.abs(weights[a]!), 0),
    legWeights: { majors: leg(true), alts: leg(false) },
    expectedFundingDaily: held.reduce((sum, a) => sum + weights[a]! * rate(a) * SETTLEMENTS, 0),
    keyFeatures: {},
    book: {
      tradeable: book !== undefined,
      basket: Object.fromEntries(
        Array.from(book?.basket.asset ?? [], (a, i) => [assets[a]!, book!.basket.weight[i]!]),
      ),
      betas: {},
    },
  };
}

const viewOf = (
  { panel, excluded, startDay, endDay }: MajorsAltsInput,
  settings: MajorsAltsSettings,
): PanelView =>
  viewPanel(panel, {
    profile: settings.profile,
    majors: settings.universe.majors,
    excluded,
    lag: derivativesLag(settings.features, settings.profile),
    startDay,
    endDay,
  });

function checkVariant({ topN, rebalanceDays, majorWeights, minVolumeUsd }: FixedRebalanceSettings): void {
  const weights = Object.values(majorWeights);
  const isSound =
    topN >= 1 &&
    rebalanceDays >= 1 &&
    minVolumeUsd >= 0 &&
    weights.some((weight) => weight > 0) &&
    weights.every((weight) => weight >= 0 && Number.isFinite(weight));
  if (isSound) return;
  throw new TidewatchError('bad_parameter', 'the fixed-rebalance book cannot be made as configured', {
    hint: 'give at least one name, one day between rebalances, and weights of majors that are not negative',
  });
}

/** Signed weights, and basket less first major in shares of 1; undefined when a leg is empty. */
function makeBook(
  view: PanelView,
  t: number,
  { topN, weighting, minVolumeUsd, majorWeights }: FixedRebalanceSettings,
): { weights: Float64Array; share: Float64Array; basket: Basket } | undefined {
  const { assets, days, marketCap, close } = view.panel;
  const height = days.length;
  const capOf = (a: number): number =>
    marketCap[a * height + lastValueAt(marketCap, a * height, view.from, t)]!;
  const traded = screenAlts(view, t, { minMcapUsd: 0, minVolumeUsd, basketSize: topN }).sort();
  // in id order before a stable sort: equal caps by id
  const asset = Int32Array.from(
    Array.from(traded)
      .sort((a, b) => capOf(b) - capOf(a))
      .slice(0, topN)
      .sort((a, b) => a - b),
  );
  const long = Object.entries(majorWeights)
    .map(([id, weight]) => [assets.indexOf(id), weight] as const)
    .filter(([a, weight]) => a >= 0 && weight > 0 && !Number.isNaN(close[a * height + t]));
  if (asset.length === 0 || long.length === 0) return undefined;
  const size = Float64Array.from(asset, (a) => (weighting === 'cap' ? capOf(a) : 1));
  const total = size.reduce((sum, value) => sum + value, 0);
  const weight: Float64Array = size.map((value) => (total > 0 ? value / total : 1 / size.length));
  const weights = new Float64Array(assets.length);
  const share = new Float64Array(assets.length);
  asset.forEach((a, i) => {
    weights[a] = -LEG * weight[i]!;
    share[a] = weight[i]!;
  });
  const whole = long.reduce((sum, [, value]) => sum + value, 0);
  for (const [a, value] of long) weights[a]! += (LEG * value) / whole;
  const first = view.majors[0]!;
  if (first >= 0) share[first]! -= 1;
  return { weights, share, basket: { asset, weight } };
}
