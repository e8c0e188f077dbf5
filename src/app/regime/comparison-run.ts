/**
 * Any number of candidates (model × feature set × timeframe) walked forward and laid side by side: one table, one set
 * of curves, one run whose manifest says from which bars, plans, seeds and version it can be made again, byte for byte.
 * Each candidate is a run of its own and is not computed twice.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { WealthCurve } from '../../analysis/models/walk-forward/economic-value.js';
import type { Scorecard } from '../../analysis/models/walk-forward/scorecard.js';
import { TidewatchError } from '../../errors.js';
import type { Timeframe } from '../../market/timeframe.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';
import { VERSION } from '../../platform/package.js';
import type { Services } from '../services.js';
import type { RunManifest } from './run-store.js';
import { runWalkForward, type WalkForwardContext, type WalkForwardRequest } from './walk-forward-run.js';

/** One line of a comparison: what is walked forward, under the name it will have. */
export interface NamedCandidate {
  /** As it was typed. */
  readonly name: string;
  readonly request: WalkForwardRequest;
  /** As in `WalkForwardContext`. */
  readonly lastBar?: number;
}

interface ComparedCandidate {
  readonly name: string;
  readonly run_id: string;
  readonly instrument_id: string;
  readonly timeframe: Timeframe;
  readonly set: string;
  readonly features: readonly string[];
  /** SHA-256 of the bars, and of the run's tables. */
  readonly data_hash: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly scorecard: Scorecard;
  readonly revision: {
    readonly revised_by_refits: number;
    readonly revised_in_hindsight: number;
    readonly median_lag: number | null;
    readonly faked_per_bar: number;
  };
  readonly curve: WealthCurve;
}

/** `result.json` of a comparison: each candidate's walk-forward in figures. */
export interface Comparison {
  readonly schema_version: 1;
  readonly kind: 'comparison';
  /** In the order asked for. */
  readonly candidates: readonly ComparedCandidate[];
}

/** A finished comparison and the manifest by which it can be made again. */
export interface ComparisonRun {
  readonly run: RunManifest;
  readonly comparison: Comparison;
  /** SHA-256 of its result.json. */
  readonly sha256: string;
}

/** @throws TidewatchError as `runWalkForward`; `bad_parameter` without candidates */
export async function runComparison(
  services: Services,
  named: readonly NamedCandidate[],
  context: Omit<WalkForwardContext, 'onFold'>,
  onFold: (candidate: string, done: number, total: number) => void,
): Promise<ComparisonRun> {
  if (named.length === 0) throw new TidewatchError('bad_parameter', 'there is no candidate to compare');
  const candidates: ComparedCandidate[] = [];
  const manifests: RunManifest[] = [];
  for (const { name, request, lastBar } of named) {
    const { run, report } = await runWalkForward(services, request, {
      ...context,
      ...(lastBar === undefined ? {} : { lastBar }),
      onFold: (done, total) => onFold(`${name} ${request.timeframe}`, done, total),
    });
    const { revised_by_refits, revised_in_hindsight, detection, profit } = report.revision;
    manifests.push(run);
    candidates.push({
      name,
      run_id: run.run_id,
      instrument_id: run.data.instrument_id,
      timeframe: run.data.timeframe,
      set: String(run.config.set),
      features: report.features,
      data_hash: run.data.hash,
      outputs: run.outputs ?? {},
      scorecard: report.scorecard,
      revision: {
        revised_by_refits,
        revised_in_hindsight,
        median_lag: detection.median_lag,
        faked_per_bar: profit.faked_per_bar,
      },
      curve: report.curve,
    });
  }
  const comparison: Comparison = { schema_version: 1, kind: 'comparison', candidates };
  const content = `${JSON.stringify(comparison)}\n`;
  const sha256 = createHash('sha256').update(content).digest('hex');
  const first = manifests[0]!;
  const config = {
    candidates: manifests.map(({ run_id, data, config: { set, plan } }, i) => ({
      name: named[i]!.name,
      run_id,
      data_hash: data.hash,
      set: set!,
      plan: plan!,
    })),
  };
  const id = services.runs.id('comparison', first.data, JSON.stringify([VERSION, config]));
  writeFileAtomic(join(services.runs.folderOf(id), 'result.json'), content, 0o600);
  const run = services.runs.write({
    run_id: id,
    kind: 'comparison',
    created_at: services.clock.now(),
    version: VERSION,
    seed: first.seed,
    config,
    data: first.data,
    causality: proofsOf(manifests),
    model_id: null,
    outputs: { 'result.json': sha256 },
  });
  return { run, comparison, sha256 };
}

/** Each proof once: candidates on the same columns and bars share theirs. */
function proofsOf(manifests: readonly RunManifest[]): NonNullable<RunManifest['causality']> {
  const proofs = manifests.flatMap(({ causality = [] }) => causality);
  return [...new Map(proofs.map((proof) => [JSON.stringify(proof), proof])).values()];
}
