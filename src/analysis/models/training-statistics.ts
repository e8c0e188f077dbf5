/**
 * What a trained model's states are like, and what they are called (HMM spec §7): statistics of the training rows by the
 * path that a reader of the history will see, then labels, colours and expected durations.
 */
import { type FeatureTable, featureColumn } from '../features/feature-table.js';
import { decodeFiltered, type ServedRule } from './decoding.js';
import type { ModelFamily } from './families/model-family.js';
import type { FeatureRows } from './feature-observations.js';
import { labelColour, labelStates, labelVolatility } from './labels.js';
import { expectedDurations } from './markov-chain.js';
import type { Observations } from './observations.js';
import type { RegimeModel } from './regime-model.js';
import type { RecordedStatistics, RegimeRecord } from './regime-record.js';
import { mostProbablePath, type StateStatistics, stateStatistics } from './state-statistics.js';

type RecordedDecoding = NonNullable<RegimeRecord['diagnostics']['decoding']>;

/** How states are described. */
interface Description {
  /** Name of the return column. */
  readonly returnFeature: string;
  readonly barsPerYear: number;
  /** The most probable state unless given. */
  readonly rule: ServedRule | undefined;
}

/**
 * Statistics of the training rows by filtered state: what a reader of the history will see. A family that looks at
 * both sides has its decoded path described instead, and no next-bar return, which nobody could have had.
 * @param train the first rows of the table, scaled
 */
export function describeStates(
  family: ModelFamily,
  table: FeatureRows,
  model: RegimeModel,
  train: Observations,
  { returnFeature, barsPerYear, rule }: Description,
): { readonly statistics: StateStatistics[]; readonly decoding?: RecordedDecoding } {
  const { causal } = family.capabilities;
  const decoded = rule && decodeFiltered(model.filter(train), rule, train.lengths);
  const path = causal
    ? (decoded?.regime ?? mostProbablePath(model.filter(train).probability, model.states))
    : model.decode(train).path;
  const others = table.names.flatMap((name, i) =>
    name === returnFeature ? [] : [[name, table.columns[i]!.subarray(0, train.rows)] as const],
  );
  const statistics = stateStatistics({
    states: model.states,
    path,
    filteredPath: causal ? path : [],
    logReturn: featureColumn(table as FeatureTable, returnFeature).subarray(0, train.rows),
    others: Object.fromEntries(others),
    lengths: train.lengths,
    barsPerYear,
  });
  if (decoded === undefined) return { statistics };
  const { changesPer1000Bars, plainChangesPer1000Bars, meanDelayBars, maximumDelayBars } = decoded.report;
  return {
    statistics,
    decoding: {
      changes_per_1000_bars: changesPer1000Bars,
      plain_changes_per_1000_bars: plainChangesPer1000Bars,
      mean_delay_bars: meanDelayBars,
      maximum_delay_bars: maximumDelayBars,
    },
  };
}

/**
 * The statistics with names, labels and colours, as the record has them.
 * @param matrix transitions, K × K; null for a family that has none
 */
export function recordStatistics(
  statistics: readonly StateStatistics[],
  matrix: Float64Array | null,
  signAware: boolean,
): RecordedStatistics[] {
  const labels = labelStates(statistics, { signAware });
  const volatilityLabels = labelVolatility(statistics.map(({ volatility }) => volatility));
  const durations = matrix === null ? null : expectedDurations(matrix, statistics.length);
  return statistics.map((state, k) => ({
    state: k,
    label: labels[k]!,
    volatility_label: volatilityLabels[k]!,
    colour: labelColour(labels[k]!),
    count: state.count,
    share: state.share,
    avg_return: state.averageReturn,
    volatility: state.volatility,
    averages: { ...state.averages },
    t_statistic: state.tStatistic,
    hit_rate: state.hitRate,
    runs: state.runs,
    mean_run_length: state.meanRunLength,
    annualised_return: state.annualisedReturn,
    annualised_volatility: state.annualisedVolatility,
    max_drawdown: state.maxDrawdown,
    next_bar_return: state.nextBarReturn,
    next_bar_t_statistic: state.nextBarTStatistic,
    expected_duration: durations !== null && Number.isFinite(durations[k]!) ? durations[k]! : null,
  }));
}
