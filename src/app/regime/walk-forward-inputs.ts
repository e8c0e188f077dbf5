/** Bars of a home as the walk-forward engine reads them: a feature table, the return of each row, shared with workers. */
import type { CausalityProof } from '../../analysis/causality/causality-proof.js';
import type { FeatureTable } from '../../analysis/features/feature-table.js';
import type { TaFlavour } from '../../analysis/indicators/ta-flavour.js';
import { modelFamily } from '../../analysis/models/model-families.js';
import type { WalkForwardInput } from '../../analysis/models/walk-forward/fold-search.js';
import { TidewatchError } from '../../errors.js';
import type { Instrument } from '../../market/instrument.js';
import type { Series } from '../../market/series.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { shareColumn } from '../../platform/compute/worker-pool.js';
import { loadFeatureSources } from '../feature-sources.js';
import type { Services } from '../services.js';
import { seriesHash } from './data-hash.js';
import { proveFeatureSet, requireNoLookahead } from './feature-proof.js';
import type { RunManifest } from './run-store.js';
import { barsPerYear } from './trained-regime.js';

export interface InputRequest {
  readonly instrument: Instrument;
  readonly timeframe: Timeframe;
  /** Half-open range of rows, UTC ms; bars before it warm the features up. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Feature set by name. */
  readonly set: string;
  /** Family, which may read fewer columns than the set has. */
  readonly family: string;
  /** Of the moments at which the features are tried. */
  readonly seed: number;
}

export interface PreparedInput {
  readonly input: WalkForwardInput;
  readonly data: RunManifest['data'];
  /** For annualised figures; counted from the bars where the market closes. */
  readonly barsPerYear: number;
  /** That the features look at nothing later, tried on these bars. */
  readonly causality: CausalityProof;
}

/** Of sets whose name says none, as `FeatureRegistry.get` reads them. */
const USUAL_FLAVOUR: TaFlavour = 'wilder';
const YEAR_MS = 365 * 86_400_000;

/**
 * @throws TidewatchError `no_data`, `bad_parameter`, `too_few_rows` when no row is left, `lookahead` when the features
 *   look ahead
 */
export async function prepareInput(
  services: Services,
  request: InputRequest,
  signal?: AbortSignal,
): Promise<PreparedInput> {
  const { instrument, timeframe, from, to, set: name, seed } = request;
  const set = services.features.get(name, { timeframe });
  const front = set.warmUp * TIMEFRAME_MS[timeframe];
  const { series, kind } = await services.regimes.bars(instrument.id, timeframe, {
    ...(from === undefined || !Number.isFinite(front) ? {} : { from: from - front }),
    ...(to === undefined ? {} : { to }),
  });
  const { beside } = await loadFeatureSources(services.data.lake, set.needs, series, {
    ...(to === undefined ? {} : { to }),
  });
  const table = set.build(series, beside);
  const first = from === undefined ? 0 : table.time.findIndex((open) => open >= from);
  if (table.time.length === 0 || first < 0) {
    throw new TidewatchError('too_few_rows', `${series.length} bars give no row of ${name}`, {
      hint: 'take a longer range',
      details: { bars: series.length, feature_set: name },
    });
  }
  const inputs = { ...beside, bars: series };
  const proof = { registry: services.features, set: name, flavour: USUAL_FLAVOUR, inputs, seed };
  const causality = await proveFeatureSet(proof, signal);
  requireNoLookahead(causality);
  return {
    causality,
    input: share(columnsOf(table, modelFamily(request.family).features), rowReturns(series, table), first),
    data: {
      instrument_id: instrument.id,
      timeframe,
      source: kind,
      rows: series.length,
      first_ts: series.time[0]!,
      last_ts: series.time[series.length - 1]!,
      hash: seriesHash(series),
    },
    barsPerYear: barsPerYear(series).barsPerYear ?? YEAR_MS / TIMEFRAME_MS[timeframe],
  };
}

function columnsOf(table: FeatureTable, wanted: readonly string[] | undefined): FeatureTable {
  if (wanted === undefined) return table;
  const columns = wanted.map((name) => table.columns[table.names.indexOf(name)]);
  const missing = wanted.filter((_, i) => columns[i] === undefined);
  if (missing.length > 0) {
    throw new TidewatchError(
      'bad_parameter',
      `the feature set has no ${missing.join(', ')}, which the model reads`,
      {
        hint: 'use the feature set hmm',
        details: { missing },
      },
    );
  }
  return { ...table, names: wanted, columns: columns as Float64Array[] };
}

/** ln(close / close of the row before): what holding from one row to the next returned, gaps included. */
function rowReturns({ close }: Series, { bar }: FeatureTable): Float64Array {
  return Float64Array.from(bar, (at, row) => {
    const before = row === 0 ? at - 1 : bar[row - 1]!;
    return before < 0 ? Number.NaN : Math.log(close[at]! / close[before]!);
  });
}

/** Rows from `first` on, in memory that workers read without copying. */
function share(table: FeatureTable, returns: Float64Array, first: number): WalkForwardInput {
  const lengths: number[] = [];
  let start = 0;
  for (const length of table.lengths) {
    const kept = Math.min(length, start + length - first);
    if (kept > 0) lengths.push(kept);
    start += length;
  }
  const column = (values: Float64Array): Float64Array => shareColumn(values.subarray(first));
  return {
    table: {
      names: table.names,
      columns: table.columns.map(column),
      time: column(table.time),
      availableAt: column(table.availableAt),
      lengths,
    },
    returns: column(returns),
  };
}
