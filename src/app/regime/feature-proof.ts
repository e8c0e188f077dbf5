/**
 * The proof that the features of a run look at nothing later, made on the data of the run and kept with it. Off the
 * event loop, on the newest bars, which takes a fraction of a second; sets written in TypeScript cannot go to a worker
 * and are tried where they are.
 */
import type { CausalityProof } from '../../analysis/causality/causality-proof.js';
import { PROOF_BARS, proveCausality } from '../../analysis/causality/prove-causality.js';
import type { FeatureInputs } from '../../analysis/features/feature-inputs.js';
import type { FeatureRegistry } from '../../analysis/features/feature-sets.js';
import type { TaFlavour } from '../../analysis/indicators/ta-flavour.js';
import { TidewatchError } from '../../errors.js';
import { makeSeries, type Series } from '../../market/series.js';
import { runInWorker } from '../../platform/compute/run-in-worker.js';

export interface FeatureProofRequest {
  readonly registry: FeatureRegistry;
  /** Feature set by name. */
  readonly set: string;
  readonly flavour: TaFlavour;
  readonly inputs: FeatureInputs;
  readonly seed: number;
}

/** @throws TidewatchError `bad_parameter`, `no_data` */
export function proveFeatureSet(request: FeatureProofRequest, signal?: AbortSignal): Promise<CausalityProof> {
  const { registry, set, flavour, seed } = request;
  const { bars } = request.inputs;
  const inputs = { ...request.inputs, bars: newestBars(bars, PROOF_BARS) };
  if (registry.isWritten(set)) {
    const { timeframe } = bars;
    return Promise.resolve(proveCausality(registry.get(set, { timeframe, flavour }), inputs, { seed }));
  }
  return runInWorker(
    'proveFeatureSet',
    { set, definitions: registry.definitionsIn(set), flavour, inputs, options: { seed } },
    signal === undefined ? {} : { signal },
  );
}

/** Copied out: a view would take the columns of the whole series along to the worker. */
function newestBars(bars: Series, count: number): Series {
  const newest = (column: Float64Array): Float64Array => column.slice(-count);
  return makeSeries(bars.instrument, bars.timeframe, {
    time: newest(bars.time),
    open: newest(bars.open),
    high: newest(bars.high),
    low: newest(bars.low),
    close: newest(bars.close),
    volume: newest(bars.volume),
  });
}

/** @throws TidewatchError `lookahead` with the first finding */
export function requireNoLookahead(proof: CausalityProof): void {
  const [finding] = proof.findings;
  if (finding === undefined) return;
  const { column, ts, with_future, without_future, explanation } = finding;
  throw new TidewatchError(
    'lookahead',
    `the feature set ${proof.subject} looks ahead · ${column} at ${new Date(ts).toISOString()} is ${with_future ?? 'none'} with later data and ${without_future ?? 'none'} without: ${explanation}`,
    {
      hint: `see every finding with: tidewatch audit lookahead ${proof.subject}`,
      details: { feature_set: proof.subject, findings: proof.findings },
    },
  );
}
