/**
 * The five features of the regime model (spec hmm-regimes §4), window 14, all causal:
 *
 * | name       | formula                                                              | first bar |
 * |------------|----------------------------------------------------------------------|-----------|
 * | log_ret    | ln(c / c₋₁)                                                          | 1         |
 * | volatility | sample deviation of the last 14 log returns                          | 14        |
 * | vol_z      | (v − mean of the last 28) / (sample deviation of the last 28 + 1e-8) | 27        |
 * | adx        | ADX(14)                                                              | 27        |
 * | rsi        | RSI(14)                                                              | 14        |
 *
 * Gaps (bars missing that the instrument's calendar expects): indicators count bars, so they run on across missing bars. The log return over a gap spans more than one bar;
 * its row is dropped and a new segment begins, but volatility, ADX and RSI have seen it, as in the golden columns.
 * Start the series at least `warmUp` bars before the first row that matters: what the series began with must be
 * forgotten by then (never start at the window for live inference).
 */
import type { Series } from '../../market/series.js';
import { Adx } from '../indicators/adx.js';
import { RollingMoments } from '../indicators/rolling-moments.js';
import { Rsi } from '../indicators/rsi.js';
import { TA_FLAVOURS, type TaFlavour } from '../indicators/ta-flavour.js';
import { ZScore } from '../indicators/z-score.js';
import { type ColumnDefinition, columnsSchema } from './column-definition.js';
import { composedFeatures } from './composed-features.js';
import {
  CursorStream,
  type FeatureProgram,
  type FeatureSet,
  featureSetOf,
  foreignSnapshot,
  readSnapshot,
} from './feature-set.js';
import { assembleFeatureTable, type FeatureTable, gapsOf, type Market } from './feature-table.js';

/**
 * Column names in their fixed order: fraction, fraction, deviations, 0 to 100, 0 to 100 (spec hmm-regimes §4).
 */
export const REGIME_FEATURES = ['log_ret', 'volatility', 'vol_z', 'adx', 'rsi'] as const;

const WINDOW = 14;

/** Which library's ADX and RSI are meant. */
export interface RegimeFeatureOptions {
  /** Smoothing of ADX and RSI; `wilder` unless said. */
  readonly flavour?: TaFlavour;
}

const indicators = (flavour: TaFlavour) => ({
  volatility: new RollingMoments(WINDOW, 1),
  volumeZ: new ZScore(2 * WINDOW, { degreesOfFreedom: 1, floor: 1e-8 }),
  adx: new Adx(WINDOW, flavour),
  rsi: new Rsi(WINDOW, flavour),
});

/** Bars before the first row of interest that the values need (the spec asks for at least 250). */
export const REGIME_FEATURE_WARM_UP = Math.max(
  ...Object.values(indicators('wilder')).map((indicator) => indicator.warmUp),
);

/** The five features of a whole series. */
export function buildRegimeFeatures(series: Series, options: RegimeFeatureOptions = {}): FeatureTable {
  const columns = regimeColumns(series, options.flavour ?? 'wilder');
  return assembleFeatureTable(series, REGIME_FEATURES, columns, REGIME_FEATURE_WARM_UP);
}

/** One value per bar, NaN where undefined. The faster form of `definitions`, without columns in between. */
function regimeColumns(series: Series, flavour: TaFlavour): Float64Array[] {
  const { length, close } = series;
  const logReturns = new Float64Array(length);
  if (length > 0) logReturns[0] = Number.NaN;
  for (let bar = 1; bar < length; bar++) logReturns[bar] = Math.log(close[bar]! / close[bar - 1]!);
  const { volatility, volumeZ, adx, rsi } = indicators(flavour);
  const columns = [
    logReturns,
    volatility.batch(logReturns, { std: new Float64Array(length) }).std,
    volumeZ.batch(series.volume).z_score,
    adx.batch(series, { adx: new Float64Array(length) }).adx,
    rsi.batch(close).rsi,
  ];
  for (const bar of gapsOf(series)) logReturns[bar] = Number.NaN;
  return columns;
}

/** The same five as a composition: what streams run. */
function definitions(flavour: TaFlavour): ColumnDefinition[] {
  return columnsSchema.parse([
    { name: 'log_ret', indicator: 'log_return' },
    {
      name: 'volatility',
      indicator: 'moments',
      params: { length: WINDOW, degrees_of_freedom: 1 },
      line: 'std',
      input: 'log_ret',
    },
    {
      name: 'vol_z',
      indicator: 'z_score',
      params: { length: 2 * WINDOW, degrees_of_freedom: 1, floor: 1e-8 },
      input: 'volume',
    },
    { name: 'adx', indicator: 'adx', params: { period: WINDOW, flavour } },
    { name: 'rsi', indicator: 'rsi', params: { period: WINDOW, flavour } },
  ]);
}

function regimeProgram(flavour: TaFlavour): FeatureProgram {
  const name = flavour === 'wilder' ? 'hmm' : `hmm:${flavour}`;
  const composed = composedFeatures(name, definitions(flavour));
  return { ...composed, compute: ({ bars }) => regimeColumns(bars, flavour) };
}

/** The five features bar by bar; equal to `buildRegimeFeatures` row for row, bit for bit. */
export class RegimeFeatureStream extends CursorStream {
  constructor(market: Market, options: RegimeFeatureOptions = {}) {
    super(regimeProgram(options.flavour ?? 'wilder'), market);
  }

  /**
   * Continues from a snapshot, bit for bit.
   * @throws TidewatchError `unsupported_schema_version`
   */
  static restore(snapshot: unknown): RegimeFeatureStream {
    const state = readSnapshot(snapshot);
    const flavour = TA_FLAVOURS.find((candidate) => regimeProgram(candidate).name === state.set);
    if (flavour === undefined) throw foreignSnapshot();
    return new RegimeFeatureStream(state, { flavour }).load(state);
  }
}

/** The feature set `hmm` in one flavour: `hmm` is Wilder's, the others are named `hmm:<flavour>`. */
export function regimeFeatureSet(options: RegimeFeatureOptions = {}): FeatureSet {
  return featureSetOf(regimeProgram(options.flavour ?? 'wilder'));
}
